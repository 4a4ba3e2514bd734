// What helps writing, beside the composer's fields. The textareas stay the truth: what is done here is written in them,
// and without any of it they are plain fields.
import { startCounting } from "./counter.js";
import { startEmoji } from "./emoji.js";
import { startPasting } from "./pasting.js";
import { startRich } from "./rich.js";
import { startSuggesting } from "./suggest.js";
import { fieldTarget, richTarget } from "./targets.js";

const WRITTEN = /^(?:text|lead|short|facts|about|own-\d+|title|event-people|v-[\w-]+-(?:title|lead|text|facts|short|about))$/u;

const start = async (form, desk) => {
  const names = desk.dataset.rich.split(" ").filter(Boolean);
  const rich = new Map();
  const targetOf = (field) => (rich.get(field)?.shown ? richTarget(rich.get(field)) : fieldTarget(field));
  startPasting(form, (field) => names.includes(field.name));
  startCounting(form);

  // the field that was written in last is the one that buttons write in
  let last = form.elements.text;
  form.addEventListener("focusin", (event) => {
    const over = [...rich].find(([, each]) => each.shown && each.box.contains(event.target));
    if (over) [last] = over;
    else if (WRITTEN.test(event.target.name ?? "")) last = event.target;
  });
  const target = () => last && targetOf(last);

  const { look } = startSuggesting(form, desk, targetOf);
  const bar = document.getElementById("help-tools").content.firstElementChild.cloneNode(true);
  (form.querySelector("[data-tools]") ?? form.elements.text.parentElement).append(bar);
  startEmoji(bar.querySelector('[data-help="emoji"]'), target);
  bar.addEventListener("mousedown", (event) => { if (event.target.closest('[data-help="sign"]')) event.preventDefault(); });
  bar.addEventListener("click", (event) => {
    const sign = event.target.closest('[data-help="sign"]')?.dataset.sign;
    if (!sign) return;
    const here = target();
    here.element.focus();
    here.replace(0, /(?:^|\s)$/u.test(here.before()) ? sign : ` ${sign}`);
    look(target());
  });

  for (const name of names) {
    const field = form.elements[name];
    const made = field && await startRich(form, field, desk);
    if (made) rich.set(field, made);
  }
};

const form = document.getElementById("composer");
const desk = document.getElementById("editor");
if (form && desk) start(form, desk);
