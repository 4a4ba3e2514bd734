// Pictures: chosen, dropped, pasted, picked from the library, described, moved by mouse or by button.

// Vertical tabs, form feeds and their kin are Office's line breaks; a field would keep them as signs nobody sees.
const LINES = /[\v\f\u0085\u2028\u2029]/g;
const pasteLines = (event, text) => {
  const field = event.target.closest("textarea, input");
  if (!field || text.search(LINES) < 0) return;
  event.preventDefault();
  document.execCommand("insertText", false, text.replace(LINES, field.tagName === "TEXTAREA" ? "\n" : " "));
};

export const startPictures = (form, changed, send, attach) => {
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
    const caption = row.querySelector('[name^="caption-"]');
    if (caption) caption.name = `caption-${picture.id}`;
    const usual = row.querySelector("[data-usual]");
    usual.dataset.usual = usual.querySelector("[data-usual-words]").textContent = picture.alt || "";
    const label = row.querySelector("label");
    label.htmlFor = text.id;
    label.querySelector(".soft").textContent = picture.name ? `· ${picture.name}` : "";
    for (const button of row.querySelectorAll("button")) button.value = button.value.replace(/:.*/, `:${picture.id}`);
    list.append(row);
    number();
    text.focus();
    changed();
  };

  const say = (wrong, notes = []) => {
    const line = (className) => (textContent) => Object.assign(document.createElement("p"), { className, textContent });
    told.replaceChildren(...wrong.map(line("wrong")), ...notes.map(line("soft small")));
  };

  const small = (one) => `${form.dataset.pictures}${one.sha256}?small=1`;
  // A new picture that looks like an old one: both are shown, and the old one may take the new one's place.
  const ask = (fresh, old) => {
    const row = document.getElementById("like-row").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-like-words]").textContent = form.dataset.wordsLike.replace("#", fresh.name);
    row.querySelector("[data-like-new]").src = small(fresh);
    Object.assign(row.querySelector("[data-like-old]"), { src: small(old), alt: old.alt || old.name });
    row.querySelector("[data-like-name]").textContent = old.name;
    row.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-like]")?.dataset.like;
      if (!choice) return;
      row.remove();
      const shot = list.querySelector(`[data-picture="${fresh.id}"]`);
      if (choice === "old") {
        add({ ...old, src: small(old) });
        const instead = list.querySelector(`[data-picture="${old.id}"]`);
        shot?.replaceWith(instead);
        number();
        changed();
      }
      list.querySelector(`[data-picture="${choice === "old" ? old.id : fresh.id}"] textarea`)?.focus();
    });
    form.querySelector("[data-likes]").append(row);
  };

  const upload = async (all) => {
    const files = attach ? all.filter((file) => /^(image|video)\//.test(file.type)) : all;
    if (files.length < all.length) attach(all.filter((file) => !files.includes(file)));
    if (!files.length) return;
    say([]);
    const films = [];
    const known = [];
    const refused = await send(files, (answer) => {
      films.push(...(answer.videos || []).map(() => form.dataset.wordsVideo));
      for (const one of answer.pictures) {
        if (one.note) known.push(one.note);
        if (one.again) known.push(form.dataset.wordsAgain.replace("#", one.name));
      }
      for (const one of answer.pictures) {
        add({ ...one, src: small(one) });
        if (!one.again && one.old) ask(one, one.old);
      }
    });
    say([...refused, ...films], known);
  };

  form.querySelector("#f-files").addEventListener("change", (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    upload(files);
  });
  const pictures = (items) => [...(items || [])].filter((file) => file.type.startsWith("image/"));
  // Office programs put text and a picture of the text on the clipboard: where there is text, it is text that is
  // meant, unless it is only the file's own name.
  form.addEventListener("paste", (event) => {
    const files = pictures(event.clipboardData?.files);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text.trim() && !files.some((file) => file.name === text.trim())) {
      pasteLines(event, text);
      return;
    }
    if (files.length) event.preventDefault();
    upload(files);
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("dropping");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("dropping");
  });
  // anywhere on the page: a picture dropped beside the box must not open in place of what is being written
  document.addEventListener("drop", (event) => {
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

  const bank = form.querySelector("[data-bank]");
  let asked = 0;
  let wait = 0;
  const look = async () => {
    const mine = (asked += 1);
    try {
      const answer = await fetch(`${bank.dataset.bank}?q=${encodeURIComponent(bank.value)}`);
      if (!answer.ok || mine !== asked) return;
      form.querySelector("[data-library-grid]").innerHTML = await answer.text();
    } catch {
      /* without a network what is shown stays */
    }
  };
  bank?.addEventListener("input", (event) => {
    event.stopPropagation(); // looking for a picture changes nothing of the post
    clearTimeout(wait);
    wait = setTimeout(look, 200);
  });
  bank?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // the form is not sent by it
  });

  // what the picture bank says of a picture is offered where the post says something else
  const offer = (row) => {
    const usual = row.querySelector("[data-usual]");
    usual.hidden = !usual.dataset.usual || row.querySelector("textarea").value.trim() === usual.dataset.usual.trim();
  };
  list.addEventListener("input", (event) => offer(event.target.closest("[data-picture]")));
  list.addEventListener("click", (event) => {
    if (!event.target.closest("[data-use-usual]")) return;
    const row = event.target.closest("[data-picture]");
    const text = row.querySelector("textarea");
    text.value = row.querySelector("[data-usual]").dataset.usual;
    offer(row);
    text.focus();
    changed();
  });

  // back from the tab where a crop was moved: look again
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && list.children.length) changed();
  });

  // brought back from this browser's memory
  form.addEventListener("pictures", (event) => {
    const wanted = event.detail.map((one) => String(one.id));
    for (const row of [...list.children]) if (!wanted.includes(row.dataset.picture)) row.remove();
    for (const one of event.detail) {
      add(one);
      const row = list.querySelector(`[data-picture="${one.id}"]`);
      row.querySelector("textarea").value = one.alt;
      list.append(row);
    }
    number();
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
