// Moving posts in the calendar: by dragging, by the arrow keys, or in a dialog. Each ends in the same plain form.

const board = document.querySelector("[data-cal]");
const live = document.querySelector("[data-live]");
const dialog = document.querySelector("[data-move]");
const form = dialog?.querySelector("[data-move-form]");
const words = document.querySelector("[data-words]")?.dataset ?? {};
const language = document.documentElement.lang;
const KEPT = "calendar-moved";

// What is refused without a dialog is shown for a moment, too.
const tell = (text) => {
  const note = document.querySelector("[data-cal-note]");
  note.textContent = text;
  note.hidden = false;
  setTimeout(() => { note.hidden = true; }, 6000);
};

const say = (text) => {
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = text));
};

// Wall times stay wall times: they are only ever shifted as text, through UTC, where no clock changes.
const asDate = (wall) => new Date(`${wall}:00Z`);
const asWall = (date) => date.toISOString().slice(0, 16);
// The office's clock, as the page was made: no day or hour before it takes a post.
let began = performance.now();
const nowThere = () => asWall(new Date(asDate(board.dataset.now).getTime() + performance.now() - began));
const shift = (wall, minutes) => asWall(new Date(asDate(wall).getTime() + minutes * 60000));
const spoken = (wall) =>
  new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: "UTC", hour12: false }).format(asDate(wall));

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// The page is kept small: a chip's number, day and time are read from where they stand anyway.
const idOf = (chip) => chip.querySelector(".ev-a").id.slice(1);
const timeOf = (chip) => {
  const day = chip.closest("[data-day]")?.dataset.day;
  return day ? `${day}T${chip.querySelector("time").textContent}` : "";
};
// A chip of channels that have that time for themselves is i12-3-17: they are moved, and no others.
const address = (chip) => {
  const [item, ...channels] = idOf(chip).split("-");
  const alone = channels.map((channel) => `channel=${channel}`).join("&");
  return `${board.dataset.base}${item}/move${alone ? `?${alone}` : ""}`;
};
const arm = () => {
  for (const handle of document.querySelectorAll(".ev-m")) handle.closest(".ev").draggable = true;
};
arm();

// Where the approval holds, asked once for each chip that is lifted.
const known = new Map();
const windowOf = (chip) => {
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
const outside = (holds, wall) => Boolean(holds?.approved && holds.start && (wall < holds.start || wall > holds.end));

const send = async (chip, fields) => {
  const body = new FormData();
  body.set("form_token", board.dataset.token);
  for (const [key, value] of Object.entries(fields)) body.set(key, value);
  try {
    const answer = await fetch(address(chip), { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    return { ok: answer.ok, ...told };
  } catch {
    return { ok: false, code: "refused", said: words.failed };
  }
};

const landed = (chip, told) => {
  sessionStorage.setItem(KEPT, JSON.stringify({ id: idOf(chip), said: told.said, y: window.scrollY }));
  location.reload();
};

// -- the dialog ------------------------------------------------------------------------------------------------------

let asking = null;

const buttons = (list) => {
  const row = dialog.querySelector("[data-move-actions]");
  const leave = row.querySelector("[data-close]");
  row.replaceChildren(
    ...list.map(({ label, act }) => {
      const button = document.createElement("button");
      button.className = "button main-action";
      button.dataset.again = "";
      button.type = act ? "button" : "submit";
      button.textContent = label;
      if (act) button.addEventListener("click", act);
      return button;
    }),
    leave,
  );
};

const open = (chip, { wall = timeOf(chip), told = null } = {}) => {
  asking = chip;
  const [day, clock] = (wall || "").split("T");
  form.action = address(chip);
  form.elements.day.value = day || "";
  form.elements.clock.value = clock || "09:00";
  const alone = idOf(chip).includes("-") ? [...chip.querySelectorAll(".nets title")].map((name) => name.textContent) : [];
  dialog.querySelector("[data-move-title]").textContent = [chip.querySelector(".ev-t").textContent, ...alone].join(" · ");
  show(told, wall);
  if (!dialog.open) dialog.showModal();
};

const show = (told, wall) => {
  const fields = dialog.querySelector("[data-move-fields]");
  dialog.querySelector("[data-move-say]").textContent = told?.said ?? "";
  const question = told && told.code !== "refused";
  fields.hidden = Boolean(question);
  for (const field of fields.querySelectorAll("input")) field.disabled = Boolean(question);
  if (told?.code === "needs-approval") {
    buttons([{ label: words.again, act: () => go(asking, wall, { ask_again: "1" }) }]);
  } else if (told?.code === "clock") {
    buttons(told.choices.map((choice) => ({ label: choice.label, act: () => go(asking, choice.at) })));
  } else {
    buttons([{ label: words.go }]);
  }
  dialog.querySelector("[data-move-actions] button")?.focus();
};

const go = async (chip, wall, more = {}) => {
  const told = await send(chip, { at: wall, ...more });
  if (told.ok) landed(chip, told);
  else open(chip, { wall, told });
};

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { day, clock } = form.elements;
  go(asking, `${day.value}T${clock.value}`);
});

dialog?.addEventListener("close", () => asking?.querySelector(".ev-a").focus());

// A move that loses the approval is asked about before it is made.
const move = async (chip, wall) => {
  if (!wall || wall === timeOf(chip)) return;
  if (wall < nowThere()) {
    say(words.past);
    tell(words.past);
    return;
  }
  if (outside(await windowOf(chip), wall)) {
    open(chip, { wall, told: { code: "needs-approval", said: `${capital(spoken(wall))}. ${words.question}` } });
  } else {
    go(chip, wall);
  }
};

board?.addEventListener("click", (event) => {
  const button = event.target.closest(".ev-m");
  if (!button) return;
  event.preventDefault();
  open(button.closest(".ev"));
});
document.querySelector(".cal-loose")?.addEventListener("click", (event) => {
  const button = event.target.closest(".ev-m");
  if (!button) return;
  event.preventDefault();
  open(button.closest(".ev"));
});

// -- dragging --------------------------------------------------------------------------------------------------------

let lifted = null;
let holds = null;

const placeAt = (target) => {
  const day = target.closest?.("[data-day]");
  if (!day || !board.contains(day)) return null;
  const clock = timeOf(lifted).slice(11) || "09:00";
  const slot = target.closest("[data-hour]");
  const hour = slot ? `${slot.dataset.hour}:${clock.slice(3)}` : clock;
  return { box: slot ?? day, wall: `${day.dataset.day}T${hour}` };
};

const clear = () => {
  for (const box of document.querySelectorAll(".over")) box.classList.remove("over", "outside");
  for (const hint of document.querySelectorAll(".over-say")) hint.remove();
};

const mark = (box, wall) => {
  const lost = outside(holds, wall);
  const late = wall < nowThere();
  if (box.classList.contains("over") && box.classList.contains("outside") === (lost || late)) return;
  clear();
  box.classList.add("over");
  box.classList.toggle("outside", lost || late);
  if (!late && !holds?.approved) return;
  const hint = document.createElement("span");
  hint.className = "over-say";
  hint.textContent = late ? words.past : lost ? words.outside : words.inside;
  box.append(hint);
};

document.addEventListener("dragstart", (event) => {
  const chip = event.target.closest?.(".ev[draggable]");
  if (!chip) return;
  lifted = chip;
  holds = null;
  windowOf(chip).then((found) => (holds = found));
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", idOf(chip));
  requestAnimationFrame(() => chip.classList.add("lifted"));
});

document.addEventListener("dragover", (event) => {
  const there = lifted && placeAt(event.target);
  if (!there) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  mark(there.box, there.wall);
});

document.addEventListener("drop", (event) => {
  const there = lifted && placeAt(event.target);
  if (!there) return;
  event.preventDefault();
  move(lifted, there.wall);
});

document.addEventListener("dragend", () => {
  lifted?.classList.remove("lifted");
  lifted = null;
  clear();
});

// -- the keyboard ----------------------------------------------------------------------------------------------------

const DAY = 1440;
const STEPS = {
  month: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -7 * DAY, ArrowDown: 7 * DAY },
  week: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -15, ArrowDown: 15 },
  list: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -15, ArrowDown: 15 },
};
let carried = null;

const leave = () => {
  carried?.chip.classList.remove("lifted");
  carried = null;
  clear();
};

const carry = async (chip, minutes) => {
  if (!carried || carried.chip !== chip) {
    leave();
    carried = { chip, wall: timeOf(chip) };
    chip.classList.add("lifted");
  }
  carried.wall = shift(carried.wall, minutes);
  const { wall } = carried;
  holds = await windowOf(chip);
  if (carried?.wall !== wall) return;
  const day = board.querySelector(`[data-day="${wall.slice(0, 10)}"]`);
  const box = day?.querySelector(`[data-hour="${wall.slice(11, 13)}"]`) ?? day;
  clear();
  if (box) mark(box, wall);
  box?.scrollIntoView({ block: "nearest" });
  const note = wall < nowThere() ? ` ${words.past}` : holds?.approved ? ` ${outside(holds, wall) ? words.outside : words.inside}.` : "";
  say(words.to.replace("{when}", spoken(wall)) + note);
};

board?.addEventListener("keydown", (event) => {
  const chip = event.target.closest?.(".ev-a")?.closest(".ev[draggable]");
  if (!chip || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = STEPS[board.dataset.view][event.key];
  if (step && timeOf(chip)) {
    event.preventDefault();
    carry(chip, event.shiftKey && Math.abs(step) < DAY ? step * 4 : step);
  } else if (event.key === "Enter" && carried) {
    event.preventDefault();
    const { wall } = carried;
    leave();
    move(chip, wall);
  } else if (event.key === "Escape" && carried) {
    leave();
    say(words.left);
  }
});

board?.addEventListener("focusout", (event) => {
  if (carried && !dialog.open && !carried.chip.contains(event.relatedTarget)) leave();
});

// -- after a move: back where one was; on a phone, where the month is a list, at today -------------------------------

const kept = sessionStorage.getItem(KEPT);
const narrow = window.matchMedia("(width < 50rem)").matches;
if (narrow && !kept && !location.hash && !location.search.includes("day=")) {
  board?.querySelector(".day.today")?.scrollIntoView({ block: "start" });
}
if (kept) {
  sessionStorage.removeItem(KEPT);
  const { id, said, y } = JSON.parse(kept);
  window.scrollTo(0, y);
  const link = document.getElementById(`i${id}`);
  const hidden = link?.closest("details:not([open])");
  if (hidden) hidden.open = true;
  link?.closest(".ev").classList.add("landed");
  link?.focus({ preventScroll: Boolean(y) });
  say(said);
}

// -- the calendar follows what happens; an unchanged page costs next to nothing --------------------------------------

const EVERY = 10000;
let etag = "";

const inHand = () => lifted || carried || dialog?.open || board.contains(document.activeElement) || document.hidden;

const refresh = async () => {
  if (!board || inHand()) return;
  const headers = etag ? { "If-None-Match": etag } : {};
  const answer = await fetch(window.location.href, { headers, cache: "no-store", redirect: "manual" });
  if (answer.status !== 200 || inHand()) return;
  const first = !etag;
  etag = answer.headers.get("ETag") ?? "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-cal]");
  if (!fresh || (first && fresh.innerHTML === drawn)) return;
  board.dataset.now = fresh.dataset.now;
  began = performance.now();
  board.replaceChildren(...fresh.childNodes);
  arm();
};
const drawn = board?.innerHTML;
setInterval(() => refresh().catch(() => {}), EVERY);
