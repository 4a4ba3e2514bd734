// The calendar follows what happens; an unchanged page costs next to nothing. It never moves under somebody's hands.
import { arm, board, setClock, takeKept, say } from "./page.js";
import { dialog } from "./moving.js";
import { inHand as dragged } from "./dragging.js";
import { isCarrying } from "./keys.js";
import { panelIsOpen } from "./panel.js";
import { chosen, showChosen } from "./several.js";

const EVERY = 10000;
let etag = "";
let drawn = board?.innerHTML;

const busy = () =>
  dragged() || isCarrying() || dialog?.open || panelIsOpen() || chosen.size > 0 || board.contains(document.activeElement) || document.hidden;

const draw = (page) => {
  const fresh = page.querySelector("[data-cal]");
  if (!fresh) return;
  setClock(fresh.dataset.now);
  board.replaceChildren(...fresh.childNodes);
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other && other.innerHTML !== part.innerHTML) part.innerHTML = other.innerHTML;
  }
  arm();
  showChosen();
};

const read = async (address, headers = {}) => {
  const answer = await fetch(address, { headers, cache: "no-store", redirect: "manual" });
  if (answer.status !== 200) return null;
  etag = answer.headers.get("ETag") ?? "";
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};

const refresh = async () => {
  if (!board || busy()) return;
  const first = !etag;
  const page = await read(window.location.href, etag ? { "If-None-Match": etag } : {});
  if (!page || busy()) return;
  if (first && page.querySelector("[data-cal]")?.innerHTML === drawn) return;
  draw(page);
};

// More weeks are added below what stands there, so that nothing moves under somebody who drags or reads.
const extend = (page) => {
  const place = board.querySelector(".month, .agenda");
  for (const piece of page.querySelectorAll(".month-week, .agenda > .day")) {
    const day = piece.matches(".day") ? piece : piece.querySelector(".day");
    if (!document.getElementById(day.id)) place.append(piece);
  }
  const link = page.querySelector("[data-more]")?.closest(".cal-more");
  board.querySelector("[data-more]").closest(".cal-more").replaceWith(...(link ? [link] : []));
  arm();
  showChosen();
};

let asking = false;
const more = async (link) => {
  if (asking) return;
  asking = true;
  const page = await read(link.href).catch(() => null);
  if (page && link.isConnected) {
    const focused = document.activeElement === link;
    history.replaceState(null, "", link.href);
    extend(page);
    if (focused) board.querySelector("[data-more]")?.focus();
  }
  asking = false;
};

const reached = () => {
  const link = board.querySelector("[data-more]");
  if (link && !dialog?.open && link.getBoundingClientRect().top < window.innerHeight) more(link);
};

// After a deed: back where one was; on a phone, where the weeks are a list, at today.
const comeBack = () => {
  const kept = takeKept();
  const narrow = window.matchMedia("(width < 50rem)").matches;
  if (!kept) {
    const today = narrow && !location.hash && !location.search.includes("day=") && board.querySelector(".day.today");
    if (today && today.getBoundingClientRect().top > window.innerHeight / 2) today.scrollIntoView({ block: "start" });
    return;
  }
  window.scrollTo(0, kept.y);
  const link = kept.id && document.getElementById(`i${kept.id}`);
  if (link) {
    const hidden = link.closest("details:not([open])");
    if (hidden) hidden.open = true;
    link.closest(".ev").classList.add("landed");
    link.focus({ preventScroll: Boolean(kept.y) });
  }
  if (kept.said) say(kept.said);
};

export const startLive = () => {
  board.addEventListener("click", (event) => {
    const link = event.target.closest("[data-more]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    more(link);
  });
  comeBack();
  document.addEventListener("scroll", reached, { passive: true });
  setInterval(() => refresh().catch(() => {}), EVERY);
};
