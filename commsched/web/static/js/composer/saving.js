// Saving by itself. What cannot be saved is kept in this browser until it can, and offered again.
import { forget as drop, openKept, read, write } from "./kept.js";
import { fillRows } from "./rows.js";
import { forgetSent } from "./sent.js";
import { fieldsOf, later, Offline, post, SignedOut } from "./send.js";

// What belongs to the page and not to what is written. It changes when something is saved, so it is not looked at.
const PAGES_OWN = ["form_token", "stamp", "item", "once", "new_version"];
// A day counts as what was understood of it: that it is then written in words changes nothing.
const meant = (form, name, value) => (name.endsWith("_day") && form.elements[name].dataset.iso) || value;
const plain = (form) => [...fieldsOf(form)]
  .filter(([name]) => !PAGES_OWN.includes(name)).map(([name, value]) => [name, meant(form, name, value)]);
const PATIENCE = 10000;

// Pictures are more than their field: what the page shows of each is kept with it.
const shots = (form) => [...form.querySelectorAll("[data-shots] [data-picture]")].map((row) => ({
  id: row.dataset.picture, src: row.querySelector("img").getAttribute("src"),
  name: row.querySelector("label .soft").textContent.replace("· ", ""), alt: row.querySelector("textarea").value,
}));

const documents = (form) => [...form.querySelectorAll("[data-documents] [data-document]")].map((row) => ({
  id: row.dataset.document, title: row.querySelector("input.input").value,
  words: row.querySelector("[data-document-words]").textContent, url: row.querySelector("a").getAttribute("href"),
}));

export const startSaving = async (form) => {
  const words = form.querySelector("[data-keep-words]");
  const offer = document.getElementById("kept-offer");
  const came = JSON.stringify(plain(form)); // before anything is waited for: what is typed meanwhile is not saved
  let first = form.dataset.unsaved ? "" : came; // a press that rearranged the page saved nothing
  const kept = await openKept(`writing:${form.dataset.keptAs}`);
  let { name } = kept;
  let busy = null; // the saving that is under way
  let waiting = false; // a press waits for it
  let again = false;
  let stopped = false;
  let leaving = false;

  const keepHere = (sent = false) => {
    const stamp = form.querySelector('[name="stamp"]').value;
    const once = form.elements.once?.value;
    write(name, { at: Date.now(), sent, stamp, once, fields: plain(form), pictures: shots(form), documents: documents(form) });
  };
  const forget = () => drop(name);
  const dirty = () => JSON.stringify(plain(form)) !== first;

  const took = (told) => {
    form.querySelector('[name="stamp"]').value = told.stamp;
    if (!form.querySelector('[name="item"]').value) {
      form.querySelector('[name="item"]').value = told.id;
      form.action = told.edit;
      form.dataset.keep = told.keep;
      history.replaceState(null, "", told.edit);
      forget();
      name = name.replace(/new-\w+(\.\w+)?$/, told.id);
    }
  };

  const save = async () => {
    if (stopped || leaving || waiting || !dirty()) return;
    if (form.dataset.live) {
      words.textContent = form.dataset.wordsUnsaved;
      return;
    }
    if (busy) {
      again = true;
      return;
    }
    busy = saveNow();
    await busy;
  };
  const saveNow = async () => {
    const sent = JSON.stringify(plain(form));
    words.textContent = form.dataset.wordsSaving;
    try {
      const { status, body } = await post(form, form.dataset.keep, fieldsOf(form));
      if (status === 409) {
        stopped = true;
        words.textContent = body.conflict ? form.dataset.wordsConflict : body.words || form.dataset.wordsConflict;
        words.classList.add("over");
      } else if (body.saved) {
        took(body);
        first = sent;
        if (dirty()) keepHere();
        else forget();
        const clock = new Date().toLocaleTimeString("sv", { hour: "2-digit", minute: "2-digit" });
        words.textContent = `${form.dataset.wordsSaved} ${clock}`;
      } else {
        words.textContent = Object.values(body.faults || {})[0] || form.dataset.wordsUnsaved;
      }
    } catch (error) {
      if (error instanceof SignedOut) words.textContent = form.dataset.wordsSignedOut;
      else if (error instanceof Offline) {
        words.textContent = form.dataset.wordsOffline;
        retry();
      } else throw error;
    } finally {
      busy = null;
      if (again) {
        again = false;
        soon();
      }
    }
  };
  const soon = later(2000, save);
  const retry = later(15000, save);

  form.addEventListener("changed", () => {
    if (dirty()) keepHere();
    soon();
  });
  // The item that a saving under way makes is the one that a press is about: the press waits for its answer.
  const waitAndPress = async (button) => {
    waiting = true;
    const label = button?.querySelector("span");
    const before = label?.textContent;
    if (label) label.textContent = form.dataset.wordsSaving;
    button?.setAttribute("aria-busy", "true");
    await Promise.race([busy.catch(() => {}), new Promise((done) => { setTimeout(done, PATIENCE); })]);
    button?.removeAttribute("aria-busy");
    if (label) label.textContent = before;
    busy = null;
    waiting = false;
    form.requestSubmit(button);
  };
  form.addEventListener("submit", (event) => {
    if (waiting || busy) {
      event.preventDefault();
      if (!waiting) waitAndPress(event.submitter);
      return;
    }
    leaving = true;
    keepHere(true);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && dirty()) event.preventDefault();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) leaving = false;
  });

  // What earlier visits could not save, one after the other.
  const stamp = form.querySelector('[name="stamp"]').value;
  forgetSent(name);
  let copy;
  let of;
  // A press may come back with more on the page than it was sent with, such as the fields of another language.
  const stands = new Set(JSON.parse(came).map(String));
  const arrived = () => copy.sent && (copy.stamp !== stamp
    || copy.fields.every((field) => !field[1] || stands.has(String(field))));
  const worth = (one) => {
    copy = read(one);
    return copy && JSON.stringify(copy.fields) !== came && !arrived();
  };
  const next = () => {
    offer.hidden = true;
    while (kept.left.length && !worth(kept.left[0])) drop(kept.left.shift());
    if (!kept.left.length || document.querySelector(".form-wrong, .field .wrong")) return;
    of = (field) => copy.fields.filter(([known]) => known === field).map(([, value]) => value);
    const text = copy.fields.find(([field, value]) => ["text", "title", "lead"].includes(field) && value.trim());
    const when = new Date(copy.at).toLocaleString("sv", { dateStyle: "short", timeStyle: "short" });
    offer.querySelector("em").textContent = text ? `”${text[1].slice(0, 80)}${text[1].length > 80 ? "…" : ""}”` : when;
    offer.hidden = false;
  };
  offer.addEventListener("click", (event) => {
    const press = event.target.closest("[data-kept]")?.dataset.kept;
    if (!press) return;
    const from = kept.left.shift();
    if (from !== name || press === "drop") drop(from);
    if (press === "drop") {
      next();
      return;
    }
    offer.hidden = true;
    if (copy.once && !copy.sent && form.elements.once) form.elements.once.value = copy.once; // it may have been saved
    const rows = fillRows(form, of);
    for (const field of form.elements) {
      if (!field.name || [...PAGES_OWN, "do", "files", "media", "new_documents"].includes(field.name)) continue;
      if (rows.has(field.name) || field.closest("[data-picture], [data-document]")) continue;
      const values = of(field.name);
      if (field.type === "checkbox") field.checked = values.includes(field.value);
      else if (values.length === 1) [field.value] = values;
      if (field.matches("[data-day]")) field.dispatchEvent(new Event("filled"));
    }
    for (const part of form.querySelectorAll("details.part")) {
      part.open ||= [...part.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value.trim());
    }
    form.dispatchEvent(new CustomEvent("pictures", { detail: copy.pictures ?? [] }));
    form.dispatchEvent(new CustomEvent("documents", { detail: copy.documents ?? [] }));
    form.dispatchEvent(new Event("change"));
    form.dispatchEvent(new Event("changed"));
  });
  next();
  if (dirty()) form.dispatchEvent(new Event("changed"));
};
