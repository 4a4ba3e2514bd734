// The arrow keys carry a post, Enter puts it down; while the panel is open they walk between the posts instead.
import { board, clear, mark, nowThere, outside, say, shift, spoken, timeOf, windowOf, words } from "./page.js";
import { dialog, move } from "./moving.js";
import { panelIsOpen } from "./panel.js";

const DAY = 1440;
const STEPS = {
  month: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -7 * DAY, ArrowDown: 7 * DAY },
  week: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -15, ArrowDown: 15 },
  list: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -15, ArrowDown: 15 },
};
let carried = null;
export const isCarrying = () => carried !== null;

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
  const holds = await windowOf(chip);
  if (carried?.wall !== wall) return;
  const day = board.querySelector(`.day[data-day="${wall.slice(0, 10)}"]`) ?? board.querySelector(`[data-day="${wall.slice(0, 10)}"]`);
  const box = day?.querySelector(`[data-hour="${wall.slice(11, 13)}"]`) ?? day;
  clear();
  if (box) mark(box, wall, holds);
  box?.scrollIntoView({ block: "nearest" });
  const note = wall < nowThere() ? ` ${words.past}` : holds?.approved ? ` ${outside(holds, wall) ? words.outside : words.inside}.` : "";
  say(words.to.replace("{when}", spoken(wall)) + note);
};

export const startKeys = () => {
  board.addEventListener("keydown", (event) => {
    const chip = event.target.closest?.(".ev-a")?.closest(".ev[draggable]");
    if (!chip || panelIsOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[board.dataset.view][event.key];
    if (step && timeOf(chip)) {
      event.preventDefault();
      carry(chip, event.shiftKey && Math.abs(step) < DAY ? step * 4 : step);
    } else if (event.key === "Enter" && carried) {
      event.preventDefault();
      event.stopPropagation();
      const { wall } = carried;
      leave();
      move(chip, wall);
    } else if (event.key === "Escape" && carried) {
      leave();
      say(words.left);
    }
  });
  board.addEventListener("focusout", (event) => {
    if (carried && !dialog.open && !carried.chip.contains(event.relatedTarget)) leave();
  });
};
