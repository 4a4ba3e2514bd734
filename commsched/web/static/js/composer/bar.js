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
