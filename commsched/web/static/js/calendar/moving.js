// Moving a post: at once where the approval holds, else asked about in the dialog. Each ends in the same plain form.
import { address, board, capital, idOf, landed, nowThere, outside, say, spoken, tell, timeOf, titleOf, windowOf, words } from "./page.js";
import { startDays } from "../day.js";

export const dialog = document.querySelector("[data-move]");
const form = dialog?.querySelector("[data-move-form]");
let asking = null;
let typed = {};

const send = async (chip, fields) => {
  const body = new FormData();
  body.set("form_token", board.dataset.token);
  for (const [key, value] of Object.entries(fields)) body.set(key, value);
  try {
    const answer = await fetch(address(chip), { method: "POST", body, headers: { Accept: "application/json" } });
    return { ok: answer.ok, ...(await answer.json()) };
  } catch {
    return { ok: false, code: "refused", said: words.failed };
  }
};

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

const show = (answer, wall) => {
  const fields = dialog.querySelector("[data-move-fields]");
  dialog.querySelector("[data-move-say]").textContent = answer?.said ?? "";
  const question = answer && answer.code !== "refused";
  fields.hidden = Boolean(question);
  for (const field of fields.querySelectorAll("input")) field.disabled = Boolean(question);
  if (answer?.code === "needs-approval") {
    buttons([{ label: words.again, act: () => go(asking, wall, { ...typed, ask_again: "1" }) }]);
  } else if (answer?.code === "clock") {
    buttons(answer.choices.map((choice) => ({ label: choice.label, act: () => go(asking, choice.at) })));
  } else {
    buttons([{ label: words.go }]);
  }
  dialog.querySelector("[data-move-actions] button")?.focus();
};

export const open = (chip, { wall = timeOf(chip), answer = null } = {}) => {
  if (asking !== chip) typed = {};
  asking = chip;
  const [day, clock] = (wall || "").split("T");
  form.action = address(chip);
  if (wall) {
    form.elements.day.value = day;
    form.elements.clock.value = clock;
    form.elements.day.dispatchEvent(new Event("filled"));
  } else if (!answer) {
    form.elements.day.value = "";
    form.elements.clock.value = "09:00";
  }
  const alone = idOf(chip).includes("-") ? [...chip.querySelectorAll(".nets title")].map((name) => name.textContent) : [];
  dialog.querySelector("[data-move-title]").textContent = [titleOf(chip), ...alone].join(" · ");
  show(answer, wall);
  if (!dialog.open) dialog.showModal();
};

export const go = async (chip, wall, more = {}) => {
  const answer = await send(chip, { at: wall, ...more });
  if (answer.ok) landed(chip, answer.said);
  else open(chip, { wall, answer });
};

// A move that loses the approval is asked about before it is made.
export const move = async (chip, wall) => {
  if (!wall || wall === timeOf(chip)) return;
  if (wall < nowThere()) {
    say(words.past);
    tell(words.past);
    return;
  }
  if (outside(await windowOf(chip), wall)) {
    open(chip, { wall, answer: { code: "needs-approval", said: `${capital(spoken(wall))}. ${words.question}` } });
  } else {
    go(chip, wall);
  }
};

export const startMoving = () => {
  if (form) startDays(form);
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const { day, clock } = form.elements;
    typed = day.dataset.iso ? {} : { day: day.value, clock: clock.value };  // the office reads what is in words
    go(asking, day.dataset.iso ? `${day.dataset.iso}T${clock.value}` : "", typed);
  });
  dialog?.addEventListener("close", () => asking?.querySelector(".ev-a").focus());
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".ev-m");
    if (!button) return;
    event.preventDefault();
    open(button.closest(".ev"));
  });
};
