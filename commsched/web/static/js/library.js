// Many pictures at once: dropped anywhere, pasted or chosen; sent one by one, and gone on with where one broke off.
import { Lost, upload } from "./upload.js";

const form = document.querySelector("[data-many]");
const input = form?.querySelector('[type="file"]');
const progress = form?.querySelector("[data-progress]");
const words = progress?.querySelector("p");

let busy = false;
window.addEventListener("beforeunload", (event) => {
  if (busy) event.preventDefault();
});
const add = async (files) => {
  if (busy || !files.length) return;
  busy = true;
  progress.hidden = false;
  progress.querySelector("[data-told]")?.remove();
  const refused = [];
  const taken = [];
  const films = [];
  const all = files.reduce((sum, file) => sum + file.size, 0);
  let before = 0;
  try {
    for (const [place, file] of files.entries()) {
      const at = form.dataset.wordsAt.replace("##", files.length).replace("#", place + 1);
      const answer = await upload(file, form.dataset.uploads, {
        here: (bytes) => { progress.firstElementChild.value = (before + bytes) / all; },
        waits: (yes) => { words.textContent = yes ? form.dataset.wordsOffline : at; },
      });
      before += file.size;
      refused.push(...answer.refused);
      taken.push(...answer.pictures);
      films.push(...(answer.videos || []));
    }
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    refused.push(form.dataset.wordsLost);
  }
  busy = false;
  progress.firstElementChild.value = 1;
  const like = taken.filter((one) => one.like.length).map((one) => one.id);
  const again = taken.filter((one) => one.again).map((one) => one.id);
  const notes = taken.map((one) => one.note).filter(Boolean);
  const next = like.length ? form.dataset.alike + like.join(",") : window.location.pathname;
  if (refused.length || notes.length) tell(refused, notes, taken.length + films.length, files.length, next);
  else if (films.length && files.length === 1) window.location.assign(films[0].url);
  else if (like.length) window.location.assign(next);
  else if (again.length) window.location.assign(form.dataset.again + again.join(","));
  else window.location.reload();
};

// Some were refused, or are not kept as they were: the page stays, so that why can be read, and says that the others
// are in.
const tell = (refused, notes, added, all, next) => {
  const line = (text) => Object.assign(document.createElement("p"), { textContent: text, className: "small" });
  const wrong = form.querySelector("template").content.firstElementChild;
  const told = refused.map((sentence) => {
    const said = wrong.cloneNode(true);
    said.querySelector("span").textContent = sentence;
    return said;
  });
  if (added) {
    const first = line(`${form.dataset.wordsAdded.replace("##", all).replace("#", added)} `);
    first.append(Object.assign(document.createElement("a"), { href: next, textContent: form.dataset.wordsSee }));
    told.unshift(first, ...notes.map(line));
  }
  words.replaceChildren();
  const box = Object.assign(document.createElement("div"), { role: "status", className: "stack tight" });
  box.dataset.told = "";
  box.append(...told);
  progress.append(box);
  input.value = "";
};

if (form) {
  const fit = (list) => [...(list || [])].filter((file) => /^(image|video)\//.test(file.type));
  input.addEventListener("change", () => add([...input.files]));
  document.addEventListener("paste", (event) => add(fit(event.clipboardData?.files)));
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}
