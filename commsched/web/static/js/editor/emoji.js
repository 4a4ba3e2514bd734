// The emoji picker: those that an office uses, by Swedish and English words.
import { EMOJI } from "./emoji-data.js";

const RECENT = "emoji-recent";
const recent = () => {
  try {
    return JSON.parse(localStorage.getItem(RECENT) || "[]");
  } catch {
    return [];
  }
};
const remember = (sign) => {
  try {
    localStorage.setItem(RECENT, JSON.stringify([sign, ...recent().filter((each) => each !== sign)].slice(0, 16)));
  } catch { /* a browser that keeps nothing shows them all */ }
};
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export const startEmoji = (button, target) => {
  const panel = document.getElementById("emoji-panel").content.firstElementChild.cloneNode(true);
  const search = panel.querySelector("input");
  const grid = panel.querySelector("[data-emoji]");
  const swedish = document.documentElement.lang.startsWith("sv");
  panel.hidden = true;
  button.after(panel);

  const fill = () => {
    const wishes = fold(search.value).split(/\s+/u).filter(Boolean);
    const last = recent();
    const fits = (text) => wishes.every((wish) => fold(text).split(" ").some((word) => word.startsWith(wish)));
    const rows = EMOJI.filter(([, ...words]) => words.some(fits));
    const first = ([sign, ...words]) => (wishes.length ? words.some((text) => fold(text).startsWith(wishes[0])) : last.includes(sign));
    rows.sort((one, other) => Number(first(other)) - Number(first(one)));
    grid.replaceChildren(...rows.map(([sign, sv, en]) => {
      const words = swedish ? sv : en;
      const cell = Object.assign(document.createElement("button"), { type: "button", className: "emoji", textContent: sign, title: words });
      cell.setAttribute("aria-label", words);
      return cell;
    }));
    panel.querySelector("[data-none]").hidden = rows.length > 0;
  };
  const close = (back) => {
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (back) target()?.element.focus();
  };
  const open = () => {
    search.value = "";
    fill();
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    search.focus();
  };

  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (panel.hidden ? open() : close(true)));
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // it is no part of what is written
    fill();
  });
  search.addEventListener("change", (event) => event.stopPropagation());
  panel.addEventListener("keydown", (event) => {
    const cells = [...grid.children];
    const at = cells.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
    if (event.key === "Escape") close(true);
    else if (event.key === "Enter" && document.activeElement === search) cells[0]?.click();
    else if (step && (at >= 0 || event.key === "ArrowDown")) cells[Math.max(0, Math.min(cells.length - 1, at < 0 ? 0 : at + step))]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  grid.addEventListener("click", (event) => {
    const sign = event.target.closest(".emoji")?.textContent;
    if (!sign) return;
    remember(sign);
    close(false);
    target()?.replace(0, sign);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target)) close(false);
  });
};
