// Saving by itself. What cannot be saved is kept in this browser until it can, and offered again.
import { forgetSent } from "./sent.js";
import { fieldsOf, later, Offline, post, SignedOut } from "./send.js";

const plain = (form) => [...fieldsOf(form)].filter(([name]) => !["form_token", "stamp"].includes(name));

export const startSaving = (form) => {
  const words = form.querySelector("[data-keep-words]");
  const offer = document.getElementById("kept-offer");
  let name = `writing:${form.dataset.keptAs}`;
  let first = JSON.stringify(plain(form));
  let busy = false;
  let again = false;
  let stopped = false;
  let leaving = false;

  const keepHere = (sent = false) => {
    const stamp = form.querySelector('[name="stamp"]').value;
    try {
      localStorage.setItem(name, JSON.stringify({ at: Date.now(), sent, stamp, fields: plain(form) }));
    } catch {
      // no room, or not allowed: the page itself still has it
    }
  };
  const forget = () => {
    try {
      localStorage.removeItem(name);
    } catch {
      // nothing was kept
    }
  };
  const dirty = () => JSON.stringify(plain(form)) !== first;

  const took = (told) => {
    form.querySelector('[name="stamp"]').value = told.stamp;
    if (!form.querySelector('[name="item"]').value) {
      form.querySelector('[name="item"]').value = told.id;
      form.action = told.edit;
      form.dataset.keep = told.keep;
      history.replaceState(null, "", told.edit);
      forget();
      name = name.replace(/new-\w+$/, told.id);
    }
  };

  const save = async () => {
    if (stopped || leaving || !dirty()) return;
    if (form.dataset.live) {
      words.textContent = form.dataset.wordsUnsaved;
      return;
    }
    if (busy) {
      again = true;
      return;
    }
    busy = true;
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
        if (!dirty()) forget();
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
      busy = false;
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
  form.addEventListener("submit", () => {
    leaving = true;
    keepHere(true);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && dirty()) event.preventDefault();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) leaving = false;
  });

  // What an earlier visit could not save.
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(name) || "null");
  } catch {
    kept = null;
  }
  const stamp = form.querySelector('[name="stamp"]').value;
  forgetSent(name);
  if (kept && (JSON.stringify(kept.fields) === first || (kept.sent && kept.stamp !== stamp))) forget();
  else if (kept && !document.querySelector(".form-wrong, .field .wrong")) {
    const text = kept.fields.find(([field, value]) => ["text", "title"].includes(field) && value.trim());
    offer.querySelector("em").textContent = text ? `“${text[1].slice(0, 80)}”` : new Date(kept.at).toLocaleString("sv", { dateStyle: "short", timeStyle: "short" });
    offer.hidden = false;
  }
  offer.addEventListener("click", (event) => {
    const press = event.target.closest("[data-kept]")?.dataset.kept;
    if (!press) return;
    offer.hidden = true;
    if (press === "drop") {
      forget();
      return;
    }
    const of = (field) => kept.fields.filter(([known]) => known === field).map(([, value]) => value);
    for (const field of form.elements) {
      if (!field.name || ["form_token", "stamp", "item", "do", "files", "media"].includes(field.name)) continue;
      const values = of(field.name);
      if (field.type === "checkbox") field.checked = values.includes(field.value);
      else if (values.length === 1) [field.value] = values;
    }
    form.dispatchEvent(new Event("change"));
    form.dispatchEvent(new Event("changed"));
  });
};
