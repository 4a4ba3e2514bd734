// A line that says what stops it leads to the field: folds and tabs on the way are opened, and the caret put in it.

const first = (place) => {
  if (place.matches("input, textarea, select")) return place;
  const empty = [...place.querySelectorAll("[data-picture] textarea")].find((field) => !field.value.trim());
  return empty ?? place.querySelector("input:not([type=hidden], [type=file]), textarea, select, button");
};

const reveal = (form, place) => {
  for (let around = place.closest("details"); around; around = around.parentElement.closest("details")) {
    around.open = true;
  }
  const panel = place.closest("[data-panel], [data-pane]");
  if (panel) form.querySelector(`[data-tab="${panel.dataset.panel ?? "all"}"]`)?.click();
  const sheet = place.closest("[data-when-sheet]");
  const opener = form.querySelector("[data-when-open]");
  if (sheet && opener.checkVisibility() && opener.getAttribute("aria-expanded") !== "true") opener.click();
};

export const startLead = (form) => {
  document.querySelector("[data-problems]").addEventListener("click", (event) => {
    const link = event.target.closest("[data-to]");
    const place = link && document.getElementById(link.dataset.to);
    if (!place) return;
    event.preventDefault();
    event.stopPropagation();
    reveal(form, place);
    const field = first(place);
    (field ?? place).focus({ preventScroll: true });
    (field ?? place).scrollIntoView({ block: "center" });
  });
};
