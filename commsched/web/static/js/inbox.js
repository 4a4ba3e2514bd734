// Keeps what is being written of an answer, and says who else is writing. Without this script a button keeps it.
const form = document.querySelector("[data-answer]");
const box = form?.querySelector('textarea[name="text"]');
const EVERY = 5000;

function begin() {
  const writing = document.querySelector("[data-writing]");
  const said = form.querySelector("[data-kept-said]");
  const version = form.elements.version.value;
  let kept = box.value;
  let sending = false;
  form.addEventListener("submit", () => { sending = true; });

  const tell = async (answer) => {
    if (!answer.ok) return;
    const now = await answer.json();
    const words = String(now.version) === version ? now.writing : form.dataset.changed;
    if (writing.textContent !== words) writing.textContent = words;
  };
  const keep = async () => {
    const text = box.value;
    const body = new FormData(form);
    const answer = await fetch(form.dataset.draft, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) {
      kept = text;
      said.textContent = form.dataset.kept;
    }
    await tell(answer);
  };
  const round = async () => {
    if (sending || document.hidden) return;
    try {
      if (box.value !== kept) await keep();
      else await tell(await fetch(form.dataset.now));
    } catch {
      said.textContent = ""; // without a network the text stands in its field
    }
  };
  box.addEventListener("input", () => { said.textContent = ""; });
  setInterval(round, EVERY);
}

if (box) begin();
