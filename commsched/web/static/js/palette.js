// The small window: what is typed is asked for at once; arrows choose, Enter opens, and without a hit it searches.

const dialog = document.getElementById("palette");
const field = document.getElementById("palette-q");
const hits = document.getElementById("palette-hits");
const said = dialog?.querySelector("[data-count-said]");
const PAUSE = 120;
let timer = 0;
let asked = 0;
let pending = Promise.resolve();

const options = () => [...hits.querySelectorAll("[role=option]")];
const chosen = () => hits.querySelector('[aria-selected="true"]');

const choose = (option) => {
  chosen()?.setAttribute("aria-selected", "false");
  if (!option) {
    field.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const ask = async () => {
  asked += 1;
  const mine = asked;
  const answer = await fetch(`${dialog.dataset.src}?q=${encodeURIComponent(field.value)}`, { redirect: "manual" });
  if (mine !== asked || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  if (mine !== asked) return;
  hits.replaceChildren(...fresh.childNodes);
  options().forEach((option, number) => {
    option.id = `hit-${number}`;
  });
  choose(options()[0]);
  said.textContent = `${said.dataset.words} ${options().length}`;
};

const soon = (wait) => {
  clearTimeout(timer);
  pending = new Promise((done) => {
    timer = setTimeout(() => ask().catch(() => {}).finally(done), wait);
  });
};

const move = (step) => {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
};

const open = async () => {
  await pending;
  const option = chosen();
  if (option) option.click();
  else location.assign(`${dialog.dataset.search}?q=${encodeURIComponent(field.value)}`);
};

export const openPalette = () => {
  if (!dialog) return false;
  if (!dialog.open) dialog.showModal();
  field.select();
  soon(0);
  return true;
};

if (dialog) {
  field.addEventListener("input", () => soon(PAUSE));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      open();
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openPalette();
  });
}
