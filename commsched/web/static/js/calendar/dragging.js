// Dragging: to a day or an hour; with Alt a copy is made there; at the edges the page goes on to other weeks.
import { board, clear, idOf, itemOf, landed, mark, nowThere, say, tell, timeOf, windowOf, words } from "./page.js";
import { move } from "./moving.js";

let lifted = null;
let holds = null;
export const inHand = () => lifted !== null;

const placeAt = (target) => {
  const day = target.closest?.("[data-day]");
  if (!day || !board.contains(day)) return null;
  const clock = timeOf(lifted).slice(11) || "09:00";
  const slot = target.closest("[data-hour]");
  const hour = slot ? `${slot.dataset.hour}:${clock.slice(3)}` : clock;
  return { box: slot ?? day, wall: `${day.dataset.day}T${hour}` };
};

// A copy is a draft of its own at that time; the page stays, and says where it is.
const copy = async (chip, wall) => {
  if (wall < nowThere()) {
    say(words.past);
    tell(words.past);
    return;
  }
  const body = new FormData();
  body.set("form_token", board.dataset.token);
  body.set("publish_day", wall.slice(0, 10));
  body.set("publish_time", wall.slice(11));
  const answer = await fetch(board.dataset.copy.replace("/0/", `/${itemOf(chip)}/`), { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer && (answer.ok || answer.type === "opaqueredirect")) landed(null, words.copied);
  else tell(words.failed);
};

// Held at the edge of the window the page scrolls, and at its end more weeks come.
const EDGE = 56;
const nudge = (event) => {
  if (event.clientY > window.innerHeight - EDGE) window.scrollBy({ top: 14 });
  else if (event.clientY < EDGE && window.scrollY > 0) window.scrollBy({ top: -14 });
};

export const startDragging = () => {
  document.addEventListener("dragstart", (event) => {
    const chip = event.target.closest?.(".ev[draggable]");
    if (!chip) return;
    lifted = chip;
    holds = null;
    windowOf(chip).then((found) => (holds = found));
    event.dataTransfer.effectAllowed = board.dataset.copy ? "copyMove" : "move";
    event.dataTransfer.setData("text/plain", idOf(chip));
    requestAnimationFrame(() => chip.classList.add("lifted"));
  });
  document.addEventListener("dragover", (event) => {
    if (!lifted) return;
    nudge(event);
    const there = placeAt(event.target);
    if (!there) return;
    event.preventDefault();
    const copies = event.altKey && Boolean(board.dataset.copy);
    event.dataTransfer.dropEffect = copies ? "copy" : "move";
    mark(there.box, there.wall, holds, copies);
  });
  document.addEventListener("drop", (event) => {
    const there = lifted && placeAt(event.target);
    if (!there) return;
    event.preventDefault();
    if (event.altKey && board.dataset.copy) copy(lifted, there.wall);
    else move(lifted, there.wall);
  });
  document.addEventListener("dragend", () => {
    lifted?.classList.remove("lifted");
    lifted = null;
    clear();
  });
};
