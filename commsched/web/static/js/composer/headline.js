// A headline is one line that wraps: Enter leads on to the next field, and pasted line breaks become spaces. A form
// without this takes the breaks out when it is sent.
export const startHeadline = (form) => {
  const field = form.querySelector("[data-one-line]");
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    form.querySelector("#f-lead")?.focus();
  });
  field?.addEventListener("input", () => {
    if (!field.value.includes("\n")) return;
    const place = field.selectionStart;
    field.value = field.value.replaceAll("\n", " ");
    field.setSelectionRange(place, place);
  });
};
