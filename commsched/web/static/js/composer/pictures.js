// Pictures: chosen, dropped, pasted, picked from the library, described, moved by mouse or by button.
import { startWay } from "./way.js";

export const startPictures = (form, changed) => {
  const list = form.querySelector("[data-shots]");
  const zone = form.querySelector("[data-drop]");
  const told = form.querySelector('[data-fault="pictures"]');
  const template = document.getElementById("shot-row");

  const number = () => {
    const rows = [...list.children];
    rows.forEach((row, place) => {
      row.querySelector('[value^="up:"]').disabled = place === 0;
      row.querySelector('[value^="down:"]').disabled = place === rows.length - 1;
    });
  };

  const add = (picture) => {
    if (list.querySelector(`[data-picture="${picture.id}"]`)) return;
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.picture = picture.id;
    row.querySelector('[name="media"]').value = picture.id;
    row.querySelector("img").src = picture.src;
    row.querySelector("[data-shot-page]").href = `${form.dataset.pictures}${picture.id}/details`;
    const text = row.querySelector("textarea");
    text.name = text.id = `alt-${picture.id}`;
    text.value = picture.alt || "";
    const label = row.querySelector("label");
    label.htmlFor = text.id;
    label.querySelector(".soft").textContent = picture.name ? `· ${picture.name}` : "";
    for (const button of row.querySelectorAll("button")) button.value = button.value.replace(/:.*/, `:${picture.id}`);
    list.append(row);
    number();
    text.focus();
    changed();
  };

  const say = (sentences) => {
    told.replaceChildren(...sentences.map((sentence) => {
      const words = document.createElement("p");
      words.className = "wrong";
      words.textContent = sentence;
      return words;
    }));
  };

  const send = startWay(form);
  const upload = async (files) => {
    if (!files.length) return;
    say([]);
    const films = [];
    const refused = await send(files, (answer) => {
      films.push(...(answer.videos || []).map(() => form.dataset.wordsVideo));
      for (const one of answer.pictures) add({ ...one, src: `${form.dataset.pictures}${one.sha256}?small=1` });
    });
    say([...refused, ...films]);
  };

  form.querySelector("#f-files").addEventListener("change", (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    upload(files);
  });
  const pictures = (items) => [...(items || [])].filter((file) => file.type.startsWith("image/"));
  form.addEventListener("paste", (event) => {
    const files = pictures(event.clipboardData?.files);
    if (files.length) event.preventDefault();
    upload(files);
  });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("dropping");
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("dropping");
  });
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("dropping");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    upload([...event.dataTransfer.files]);
  });

  form.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    const press = event.target.closest('[data-shots] button[name="do"]');
    if (!pick && !press) return;
    event.preventDefault();
    if (pick) {
      add({ id: pick.dataset.pick, src: pick.dataset.src, alt: pick.dataset.alt, name: pick.dataset.name });
      return;
    }
    const row = press.closest("[data-picture]");
    const verb = press.value.split(":")[0];
    const next = row.nextElementSibling || row.previousElementSibling;
    if (verb === "drop") row.remove();
    if (verb === "up") row.previousElementSibling?.before(row);
    if (verb === "down") row.nextElementSibling?.after(row);
    number();
    (verb === "drop" ? (next || zone).querySelector("textarea, label") : press).focus();
    changed();
  });

  // back from the tab where a crop was moved: look again
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && list.children.length) changed();
  });

  let dragged;
  list.addEventListener("pointerdown", (event) => {
    for (const row of list.children) row.draggable = event.target.tagName === "IMG";
  });
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-picture]");
    event.dataTransfer.effectAllowed = "move";
    dragged?.classList.add("dragged");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-picture]");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  });
  list.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = undefined;
    number();
    changed();
  });
};
