// Choosing among the unused: all at once, and how much it would free.
const form = document.querySelector("[data-cleanup]");
const all = form?.querySelector("[data-all]");
const told = form?.querySelector("[data-told]");
const boxes = [...(form?.querySelectorAll('[name="picture"]') || [])];
const first = told?.textContent;

const tell = () => {
  const chosen = boxes.filter((box) => box.checked);
  const bytes = chosen.reduce((sum, box) => sum + Number(box.dataset.size), 0);
  told.textContent = chosen.length
    ? form.dataset.words.replace("##", `${Math.ceil(bytes / 2 ** 20)} MB`).replace("#", chosen.length)
    : first;
  all.checked = chosen.length === boxes.length;
  all.indeterminate = chosen.length > 0 && !all.checked;
};

if (all) {
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  form.addEventListener("change", (event) => event.target !== all && tell());
  tell();
}
