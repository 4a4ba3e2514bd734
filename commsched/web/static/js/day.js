// A day as a field in the office's language: what is typed stays text that the office reads ("3/12", "i morgon"), what
// is understood is written as words, and a month to choose from opens beside it. Without a script it is a plain field.

const language = () => document.documentElement.lang || "sv";
const iso = (day) => {
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
};
const read = (text) => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  return parts && new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
};
const shifted = (day, days) => new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);

// "tors 3 dec", with its year where that is not this one: the office reads it back as the same day.
export const inWords = (text) => {
  const day = read(text);
  if (!day) return text;
  const year = day.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  const form = { weekday: "short", day: "numeric", month: "short", year };
  return new Intl.DateTimeFormat(language(), form).format(day).replace(/[.,]/g, "");
};

const put = (field, text) => {
  field.dataset.iso = text;
  field.value = inWords(text);
};

// The office has understood the day: it is written in words as soon as nobody writes in the field.
export const understood = (field, text) => {
  if (!read(text)) return;
  field.dataset.iso = text;
  if (document.activeElement !== field) field.value = inWords(text);
};

const button = (day, chosen, about) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = day.getDate();
  made.dataset.date = iso(day);
  made.tabIndex = iso(day) === iso(chosen) ? 0 : -1;
  made.classList.toggle("other", day.getMonth() !== about.getMonth());
  if (iso(day) === iso(new Date())) made.setAttribute("aria-current", "date");
  if (iso(day) === iso(chosen)) made.setAttribute("aria-pressed", "true");
  made.setAttribute("aria-label", new Intl.DateTimeFormat(language(), { dateStyle: "full" }).format(day));
  return made;
};

const month = (sheet, at) => {
  const first = new Date(at.getFullYear(), at.getMonth(), 1);
  const monday = shifted(first, -((first.getDay() + 6) % 7));
  const head = new Intl.DateTimeFormat(language(), { month: "long", year: "numeric" }).format(at);
  sheet.querySelector("[data-month]").textContent = head;
  const short = new Intl.DateTimeFormat(language(), { weekday: "short" });
  const names = [...Array(7)].map((_, place) => Object.assign(document.createElement("span"), {
    textContent: short.format(shifted(monday, place)).slice(0, 2), ariaHidden: "true",
  }));
  const days = [...Array(42)].map((_, place) => button(shifted(monday, place), at, at));
  sheet.querySelector("[data-days]").replaceChildren(...names, ...days);
};

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const openSheet = (field, opener) => {
  document.querySelector(".day-sheet")?.remove();
  const sheet = document.getElementById("day-sheet").content.firstElementChild.cloneNode(true);
  let at = read(field.dataset.iso || field.value) ?? new Date();
  const show = (day, focus) => {
    at = day;
    month(sheet, at);
    if (focus) sheet.querySelector(`[data-date="${iso(at)}"]`).focus();
  };
  const close = (focus) => {
    sheet.remove();
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("click", outside, true);
    focus?.focus();
  };
  const outside = (event) => {
    if (!sheet.contains(event.target) && !opener.contains(event.target)) close();
  };
  sheet.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    const day = event.target.closest("[data-date]");
    if (step) show(new Date(at.getFullYear(), at.getMonth() + Number(step.dataset.step), 1));
    if (!day) return;
    put(field, day.dataset.date);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close(field);
  });
  sheet.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close(opener);
    }
    if (!STEPS[event.key] || !event.target.dataset.date) return;
    event.preventDefault();
    show(shifted(read(event.target.dataset.date), STEPS[event.key]), true);
  });
  opener.closest(".day-box").append(sheet);
  opener.setAttribute("aria-expanded", "true");
  document.addEventListener("click", outside, true);
  show(at, true);
};

export const startDays = (root) => {
  const template = document.getElementById("day-open");
  for (const field of root.querySelectorAll("[data-day]")) {
    const box = Object.assign(document.createElement("div"), { className: "day-box" });
    const opener = template.content.firstElementChild.cloneNode(true);
    field.before(box);
    box.append(field, opener);
    put(field, field.value);
    field.addEventListener("input", (event) => { if (event.isTrusted) delete field.dataset.iso; });
    field.addEventListener("filled", () => put(field, field.value));
    opener.addEventListener("click", () => openSheet(field, opener));
  }
};
