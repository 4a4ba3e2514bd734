// Two buttons for the press: the text to the clipboard, and the page to a printer. Nothing is followed, nothing is kept.
const told = document.querySelector("[data-told]");

const say = (link, copied) => {
  const words = link.querySelector("span");
  const before = words.textContent;
  words.textContent = copied;
  told.textContent = copied;
  setTimeout(() => { words.textContent = before; told.textContent = ""; }, 4000);
};

for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    if (!navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const text = await (await fetch(link.href)).text();
      await navigator.clipboard.writeText(text);
      say(link, link.dataset.copy);
    } catch {
      window.location.assign(link.href);
    }
  });
}

for (const button of document.querySelectorAll("[data-copy-text]")) {
  button.parentElement.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copyText);
    say(button, button.dataset.copied);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.parentElement.hidden = false;
  button.addEventListener("click", () => window.print());
}
