// Somebody of the office's book becomes a row without a visit to the office. Without a script the button posts the form.
import { fillLast } from "./rows.js";

export const startContacts = (form, changed) => {
  form.addEventListener("click", (event) => {
    const press = event.target.closest('button[name="do"][value^="contact:"]');
    const place = /^contact:(\d+)$/u.exec(press?.value ?? "")?.[1];
    if (!place) return;
    event.preventDefault();
    const of = (name) => form.elements[name.replace("contact-", `book-${place}-`)].value;
    const group = form.querySelector('[data-rows="contact"]');
    fillLast(group, of).focus();
    press.remove();
    changed();
  });
};
