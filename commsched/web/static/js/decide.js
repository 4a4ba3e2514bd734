// Choosing a day means the choice "another day".
const form = document.getElementById("decide");
form?.querySelector("[data-until-day]")?.addEventListener("change", (event) => {
  if (event.target.value) form.querySelector("[data-until]").value = "day";
});

// What was just decided can be taken back for some seconds; whoever is about to press is not hurried.
const regret = document.querySelector("[data-regret]");
const gone = () => {
  if (regret.matches(":hover, :focus-within")) setTimeout(gone, 1000);
  else regret.remove();
};
if (regret) {
  setTimeout(gone, Number(regret.dataset.regret) * 1000);
  // a reload must not offer it again
  const address = new URL(location.href);
  address.searchParams.delete("regret");
  history.replaceState(history.state, "", address);
}

// Words that are marked in the text can be exchanged for others.
const instead = document.querySelector("[data-propose]");
const marked = () => {
  const chosen = getSelection();
  const node = chosen.anchorNode?.parentElement;
  const words = chosen.toString().trim();
  return node?.closest(".look-card, .diff-text") && words.length > 1 && words.length <= 500 ? words : "";
};
if (instead) {
  const base = instead.getAttribute("href");
  document.addEventListener("selectionchange", () => {
    const words = marked();
    instead.hidden = !words;
    if (words) instead.href = `${base}?words=${encodeURIComponent(words)}`;
  });
}
