// What the calendar's modules share: the page's own words and clock, and what a chip says of itself.

export const board = document.querySelector("[data-cal]");
export const words = document.querySelector("[data-words]")?.dataset ?? {};
const live = document.querySelector("[data-live]");
const language = document.documentElement.lang;

// What is refused without a dialog is shown for a moment, too.
export const tell = (text) => {
  const note = document.querySelector("[data-cal-note]");
  note.textContent = text;
  note.hidden = false;
  setTimeout(() => { note.hidden = true; }, 6000);
};

export const say = (text) => {
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
};

// Wall times stay wall times: they are only ever shifted as text, through UTC, where no clock changes.
const asDate = (wall) => new Date(`${wall}:00Z`);
const asWall = (date) => date.toISOString().slice(0, 16);
// The office's clock, as the page was made: no day or hour before it takes a post.
let began = performance.now();
export const setClock = (wall) => {
  board.dataset.now = wall;
  began = performance.now();
};
export const nowThere = () => asWall(new Date(asDate(board.dataset.now).getTime() + performance.now() - began));
export const shift = (wall, minutes) => asWall(new Date(asDate(wall).getTime() + minutes * 60000));
export const spoken = (wall) =>
  new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: "UTC", hour12: false }).format(asDate(wall));
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// The page is kept small: a chip's number, day and time are read from where they stand anyway.
export const idOf = (chip) => chip.querySelector(".ev-a").id.slice(1);
export const itemOf = (chip) => idOf(chip).split("-")[0];
export const timeOf = (chip) => {
  const day = chip.closest("[data-day]")?.dataset.day;
  return day ? `${day}T${chip.querySelector("time").textContent}` : "";
};
export const titleOf = (chip) => chip.querySelector(".ev-t").textContent;
// A chip of channels that have that time for themselves is i12-3-17: they are moved, and no others.
export const address = (chip) => {
  const [item, ...channels] = idOf(chip).split("-");
  const alone = channels.map((channel) => `channel=${channel}`).join("&");
  return `${board.dataset.base}${item}/move${alone ? `?${alone}` : ""}`;
};
// Every chip that is in view, in the order of the page.
export const chips = () => [...document.querySelectorAll(".ev:not(.outside)")].filter((chip) => chip.getClientRects().length);

export const arm = () => {
  for (const handle of document.querySelectorAll(".ev-m")) handle.closest(".ev").draggable = true;
};

// Where the approval holds, asked once for each chip that is lifted.
const known = new Map();
export const windowOf = (chip) => {
  if (!known.has(chip)) {
    known.set(
      chip,
      fetch(address(chip), { headers: { Accept: "application/json" } })
        .then((answer) => (answer.ok ? answer.json() : {}))
        .catch(() => ({})),
    );
  }
  return known.get(chip);
};
export const outside = (holds, wall) => Boolean(holds?.approved && holds.start && (wall < holds.start || wall > holds.end));

// -- the page is drawn anew after a deed: back where one was ---------------------------------------------------------

const KEPT = "calendar-moved";

export const landed = (chip, said = "") => {
  sessionStorage.setItem(KEPT, JSON.stringify({ id: chip ? idOf(chip) : "", said, y: window.scrollY }));
  location.reload();
};

export const takeKept = () => {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return kept ? JSON.parse(kept) : null;
};

// -- where a post is about to come to stand --------------------------------------------------------------------------

export const clear = () => {
  for (const box of document.querySelectorAll(".over")) box.classList.remove("over", "outside");
  for (const hint of document.querySelectorAll(".over-say")) hint.remove();
};

export const mark = (box, wall, holds, copy = false) => {
  const lost = !copy && outside(holds, wall);
  const late = wall < nowThere();
  const state = `${lost || late}${copy}`;
  if (box.classList.contains("over") && box.dataset.marked === state) return;
  clear();
  box.dataset.marked = state;
  box.classList.add("over");
  box.classList.toggle("outside", lost || late);
  if (!late && !copy && !holds?.approved) return;
  const hint = document.createElement("span");
  hint.className = "over-say";
  hint.textContent = late ? words.past : copy ? words.copy : lost ? words.outside : words.inside;
  box.append(hint);
};
