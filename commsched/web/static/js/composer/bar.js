// The bar is the control. On a narrow page the time's choices open above it; Ctrl+Enter sends from anywhere.

export const startBar = (form) => {
  const open = form.querySelector("[data-when-open]");
  const sheet = form.querySelector("[data-when-sheet]");
  const show = (yes) => {
    open.setAttribute("aria-expanded", String(yes));
    sheet.classList.toggle("shown", yes);
  };
  open.addEventListener("click", () => {
    const yes = open.getAttribute("aria-expanded") !== "true";
    show(yes);
    if (yes) sheet.querySelector("button, input").focus();
  });
  // A choice fills in the time; a time that is typed is instead of "as soon as it is approved".
  const soon = form.querySelector('[name="when_approved"]');
  const fields = ["day", "time", "fold", "exact"].map((part) => form.querySelector(`[name="publish_${part}"]`));
  const put = (...values) => {
    fields.forEach((field, place) => { field.value = values[place] ?? ""; });
    form.dispatchEvent(new Event("changed"));
  };
  sheet.addEventListener("click", (event) => {
    const slot = event.target.closest("[data-slot-day]");
    if (!slot) return;
    event.preventDefault();
    soon.checked = false;
    put(slot.dataset.slotDay, slot.dataset.slotTime);
    fields[0].dispatchEvent(new Event("filled", { bubbles: true }));
  });
  soon.addEventListener("change", () => {
    if (soon.checked) put();
  });
  for (const field of fields.slice(0, 2)) {
    field.addEventListener("input", () => {
      if (field.value) soon.checked = false;
    });
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-when]")) show(false);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sheet.classList.contains("shown")) {
      show(false);
      open.focus();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) {
      event.preventDefault();
      form.requestSubmit(form.querySelector('.action-bar button[value="submit"]'));
    }
  });
};
