// A press on a chip opens what it stands for beside the calendar. Without a script it is a link to its page.
import { board, chips, itemOf, landed, say, titleOf, words } from "./page.js";
import { startDays } from "../day.js";

const panel = document.querySelector("[data-panel]");
const body = panel?.querySelector("[data-panel-body]");
let shown = null;

export const panelIsOpen = () => Boolean(shown);

export const closePanel = () => {
  if (!shown) return;
  const chip = shown;
  chip.classList.remove("open");
  panel.hidden = true;
  document.documentElement.classList.remove("with-panel");
  shown = null;
  chip.querySelector(".ev-a").focus({ preventScroll: true });
};

const fill = async (chip) => {
  const answer = await fetch(`${board.dataset.base}${itemOf(chip)}/panel`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (shown !== chip) return;
  if (!answer?.ok || answer.redirected) {
    window.location.assign(chip.querySelector(".ev-a").href);
    return;
  }
  body.innerHTML = await answer.text();
  for (const form of body.querySelectorAll("form")) form.noValidate = true;
  startDays(body);
  panel.scrollTop = 0;
};

export const openPanel = async (chip) => {
  shown?.classList.remove("open");
  shown = chip;
  chip.classList.add("open");
  panel.hidden = false;
  document.documentElement.classList.add("with-panel");
  chip.scrollIntoView({ block: "nearest" });
  await fill(chip);
  if (shown === chip) panel.focus({ preventScroll: true });
  say(titleOf(chip));
};

const walk = (by) => {
  const all = chips();
  const next = all[all.indexOf(shown) + by];
  if (next) openPanel(next);
};

// A form of the panel is sent in the background; where it leads is this same calendar, drawn anew with what was said.
const submit = async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.leaves !== undefined) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const answer = await fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") {
    landed(shown);
    return;
  }
  const page = answer ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const wrong = body.querySelector("[data-panel-wrong]");
  wrong.textContent = page?.querySelector("main .form-wrong, main .wrong, main [role=alert]")?.textContent.trim() || words.failed;
  wrong.hidden = false;
  wrong.scrollIntoView({ block: "nearest" });
};

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export const startPanel = () => {
  if (!panel) return;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".ev-a");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const chip = link.closest(".ev");
    if (chip === shown) closePanel();
    else openPanel(chip);
  });
  panel.addEventListener("submit", submit);
  panel.querySelector("[data-panel-close]").addEventListener("click", closePanel);
  document.addEventListener("keydown", (event) => {
    if (!shown || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") closePanel();
    const typing = event.target.closest?.("input, select, textarea, summary");
    if (!STEPS[event.key] || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    walk(STEPS[event.key]);
  });
};
