// How long a headline is, beside what fits in a mail's subject. A hint: nothing is stopped.
export const startCounting = (form, desk) => {
  const field = form.elements.title;
  const most = Number(desk.dataset.headline);
  if (!most || !field || field.type === "hidden") return;
  const told = document.createElement("p");
  told.className = "headline-count small soft";
  told.id = "headline-count";
  field.after(told);
  field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), told.id].filter(Boolean).join(" "));
  const show = () => {
    const count = [...field.value.trim()].length;
    told.hidden = !count;
    told.classList.toggle("long", count > most);
    told.textContent = (count > most ? desk.dataset.wordsLong : desk.dataset.wordsCount).replace("#", count);
  };
  field.addEventListener("input", show);
  form.addEventListener("changed", show);
  show();
};
