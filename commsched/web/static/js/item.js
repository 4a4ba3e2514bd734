// The page follows what happens to its item: a small question every few seconds, and the page itself when the answer
// differs from the one that the page was drawn with. Nothing is exchanged under somebody's hands: not while a field in it has the focus or a fold is open.
const said = document.querySelector("[data-live-said]");
const parts = () => [...document.querySelectorAll("[data-live]")];
const SOON = 1500;
const LATER = 15000;
let mark = said?.dataset.mark ?? "";
let etag = "";
let soon = false;

const inUse = () => parts().some((part) => part.contains(document.activeElement) || part.querySelector("details[open]:not([data-shown])"));

const fetchPage = async () => {
  const answer = await fetch(window.location.href, { cache: "no-store", redirect: "manual" });
  if (answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts()) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = said.dataset.words; });
};

const look = async () => {
  if (document.hidden) return LATER;
  const headers = etag ? { Accept: "application/json", "If-None-Match": etag } : { Accept: "application/json" };
  const answer = await fetch(said.dataset.src, { cache: "no-store", redirect: "manual", headers });
  if (answer.status === 304) return soon ? SOON : LATER;
  if (answer.status !== 200) return LATER;
  const told = await answer.json();
  if (told.mark !== mark) {
    if (inUse()) return SOON;
    await fetchPage();
  }
  mark = told.mark;
  etag = answer.headers.get("ETag") ?? "";
  soon = told.soon;
  return soon ? SOON : LATER;
};

const turn = () => look().catch(() => LATER).then((wait) => setTimeout(turn, wait));
if (said) turn();
