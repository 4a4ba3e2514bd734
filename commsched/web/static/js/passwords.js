// A password can be looked at while it is typed. Without JavaScript the field is the plain one.

for (const field of document.querySelectorAll('input[type="password"][data-show]')) {
  const row = document.createElement("div");
  row.className = "password-row";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet";
  button.textContent = field.dataset.show;
  button.setAttribute("aria-controls", field.id);
  button.setAttribute("aria-pressed", "false");
  field.before(row);
  row.append(field, button);
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.textContent = shown ? field.dataset.show : field.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
  });
  // Sent as a password, so that no browser remembers it as a word.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
  });
}
