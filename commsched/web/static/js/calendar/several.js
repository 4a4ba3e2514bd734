// Several at once: Shift-click or X chooses a chip, the bar says how many. What is done to them is told first, on a page
// that works without a script too; in the list each has a box to tick.
import { board, chips, itemOf, say, titleOf, words } from "./page.js";

export const chosen = new Set();
const bar = document.getElementById("several");
let last = null;

const boxes = () => [...document.querySelectorAll(".ev-x")];

export const showChosen = () => {
  for (const chip of document.querySelectorAll(".ev:not(.outside)")) chip.classList.toggle("picked", chosen.has(itemOf(chip)));
  for (const box of boxes()) box.checked = chosen.has(box.value);
  if (!bar) return;
  bar.hidden = chosen.size === 0;
  bar.querySelector("[data-count]").textContent = chosen.size;
  const named = new Set(boxes().map((box) => box.value));
  bar.querySelector("[data-items]").replaceChildren(
    ...[...chosen].filter((item) => !named.has(item)).map((item) => {
      const field = document.createElement("input");
      [field.type, field.name, field.value] = ["hidden", "item", item];
      return field;
    }),
  );
};

const toggle = (chip, on = !chosen.has(itemOf(chip))) => {
  if (on) chosen.add(itemOf(chip));
  else chosen.delete(itemOf(chip));
  last = chip;
  showChosen();
  say(`${titleOf(chip)}: ${on ? words.chosen : words.unchosen}. ${chosen.size}`);
};

// Shift with an earlier choice takes everything between the two, as in any list of files.
const reach = (chip) => {
  const all = chips();
  const [from, to] = [all.indexOf(last), all.indexOf(chip)].sort((a, b) => a - b);
  if (!last || !chosen.size || from < 0 || board.dataset.view !== "list") toggle(chip);
  else for (const between of all.slice(from, to + 1)) toggle(between, true);
};

const clearAll = () => {
  chosen.clear();
  showChosen();
};

export const startSeveral = () => {
  if (!bar) return;
  for (const box of boxes()) if (box.checked) chosen.add(box.value);
  showChosen();
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".ev-a");
    if (!link || !event.shiftKey || event.button) return;
    event.preventDefault();
    reach(link.closest(".ev"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(".ev-x")) toggle(event.target.closest(".ev"), event.target.checked);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen.size && !document.querySelector("dialog[open]")) clearAll();
    const chip = event.target.closest?.(".ev-a")?.closest(".ev");
    if (!chip || (event.key !== "x" && event.key !== " ") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    toggle(chip);
  });
  bar.querySelector("[data-clear]").addEventListener("click", clearAll);
};
