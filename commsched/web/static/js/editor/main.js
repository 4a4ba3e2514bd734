// What helps writing, beside the composer's fields. The textareas stay the truth: what is done here is written in them,
// and without any of it they are plain fields.
import { startPasting } from "./pasting.js";
import { startRich } from "./rich.js";

const form = document.getElementById("composer");
const desk = document.getElementById("editor");
if (form && desk) {
  const rich = desk.dataset.rich.split(" ").filter(Boolean);
  startPasting(form, (field) => rich.includes(field.name));
  for (const name of rich) {
    const field = form.elements[name];
    if (field) startRich(form, field, desk);
  }
}
