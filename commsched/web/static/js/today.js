// The living part of the first page is asked for every few seconds; an unchanged answer costs next to nothing.

const part = document.querySelector("[data-live-part]");
const told = document.querySelector("[data-changed]");
const EVERY = 5000;
let etag = "";

// What waits for one's yes is told in the rail and in the tab too.
const tell = (count) => {
  for (const mark of document.querySelectorAll("[data-to-approve]")) {
    mark.textContent = count;
    mark.hidden = !Number(count);
  }
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = Number(count) ? `(${count}) ${title}` : title;
};

const refresh = async () => {
  if (document.hidden || part.contains(document.activeElement)) return;
  const headers = etag ? { "If-None-Match": etag } : {};
  const answer = await fetch(part.dataset.src, { headers, cache: "no-store", redirect: "manual" });
  if (answer.status !== 200) return;
  const first = !etag;
  etag = answer.headers.get("ETag") ?? "";
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  if (fresh.innerHTML.trim() === part.innerHTML.trim()) return;
  part.replaceChildren(...fresh.childNodes);
  tell(part.querySelector("[data-count]").dataset.count);
  if (!first) told.textContent = told.dataset.words;
};

setInterval(() => refresh().catch(() => {}), EVERY);
document.addEventListener("visibilitychange", () => refresh().catch(() => {}));
