// Documents of a release: chosen or dropped, called something, moved, taken out. Returns what takes files in, or nothing
// where the form has no place for them.
export const startDocuments = (form, changed, send) => {
  const list = form.querySelector("[data-documents]");
  if (!list) return undefined;
  const fold = list.closest("details");
  const field = form.querySelector("#f-documents");
  const template = document.getElementById("document-row");

  const number = () => {
    const rows = [...list.children];
    rows.forEach((row, place) => {
      row.querySelector('[value^="document-up:"]').disabled = place === 0;
      row.querySelector('[value^="document-down:"]').disabled = place === rows.length - 1;
    });
    const note = fold.querySelector(".part-note");
    if (note) note.textContent = rows.length || "";
  };

  const add = (kept) => {
    if (list.querySelector(`[data-document="${kept.id}"]`)) return;
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.document = kept.id;
    row.querySelector('[name="documents"]').value = kept.id;
    const title = row.querySelector("input.input");
    title.name = title.id = `document-title-${kept.id}`;
    title.value = kept.title;
    row.querySelector("label").htmlFor = title.id;
    const words = row.querySelector("[data-document-words]");
    words.textContent = kept.words;
    words.href = kept.url;
    for (const button of row.querySelectorAll("button")) button.value = button.value.replace(/:.*/, `:${kept.id}`);
    list.append(row);
    number();
  };

  const attach = async (files) => {
    if (!files.length) return;
    fold.open = true;
    const told = form.querySelector('[data-fault="documents"]');
    told.replaceChildren();
    const place = form.querySelector("[data-documents-way]");
    const refused = await send(files, (answer) => {
      answer.documents.forEach(add);
      if (answer.documents.length) changed();
    }, { as: "document", place });
    const line = (textContent) => Object.assign(document.createElement("p"), { className: "wrong", textContent });
    told.replaceChildren(...refused.map(line));
  };

  field.addEventListener("change", () => {
    const files = [...field.files];
    field.value = "";
    attach(files);
  });

  list.addEventListener("click", (event) => {
    const press = event.target.closest('button[name="do"]');
    if (!press) return;
    event.preventDefault();
    const row = press.closest("[data-document]");
    const verb = press.value.split(":")[0];
    const next = row.nextElementSibling || row.previousElementSibling;
    if (verb === "document-drop") row.remove();
    if (verb === "document-up") row.previousElementSibling?.before(row);
    if (verb === "document-down") row.nextElementSibling?.after(row);
    number();
    const focus = verb === "document-drop" ? (next?.querySelector("input.input") ?? field) : press;
    focus.focus();
    changed();
  });

  // brought back from this browser's memory
  form.addEventListener("documents", (event) => {
    for (const row of [...list.children]) row.remove();
    event.detail.forEach(add);
    if (event.detail.length) fold.open = true;
    number();
  });
  return attach;
};
