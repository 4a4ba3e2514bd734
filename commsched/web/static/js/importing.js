// A page that follows a file while it is taken in. Without this it has a button that looks again.
const place = document.querySelector("[data-progress]");
const PAUSE = 2000;

async function look() {
  try {
    const answer = await fetch(place.dataset.progress, { cache: "no-store", redirect: "manual" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("progress");
    if (!fresh) return;
    if (fresh.dataset.running !== "yes") {
      location.reload();
      return;
    }
    place.replaceChildren(document.importNode(fresh, true));
  } catch {
    // the network is gone for a while
  }
  setTimeout(look, PAUSE);
}

if (place) setTimeout(look, PAUSE);
