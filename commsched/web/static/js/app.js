// Small comforts. Every page works without them.

import "./installable.js";
import "./keys.js";
import "./rail.js";

const closeOthers = (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], .bar details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
};

document.addEventListener("click", (event) => {
  closeOthers(event);
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(".toast").remove();
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open], .bar details[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What has to be corrected is where one looks, however far down the page it stands.
document.querySelector('main [aria-invalid="true"]')?.focus();

// A menu that opens at the edge of the window is brought into view.
document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.menu[open]")) event.target.lastElementChild.scrollIntoView({ block: "nearest" });
}, true);

// A form with data-confirm asks once more before it is sent; a sent form cannot be sent twice by a double click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented || form.method === "get") return;
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([data-again])")) button.disabled = true;
  });
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("form button:disabled")) button.disabled = false;
});

// Selects that are filters send themselves.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosend]")) event.target.form.requestSubmit();
});

// A file that the server would cut off on its way, without a word, is not sent. Its most is in MB.
document.addEventListener("change", (event) => {
  const { files, dataset } = event.target;
  const words = dataset?.most && event.target.parentElement.querySelector("[data-too-large]");
  if (!words) return;
  const size = Math.max(0, ...[...files].map((file) => Math.ceil(file.size / 1_048_576)));
  words.hidden = size <= Number(dataset.most);
  words.textContent = words.hidden ? "" : words.dataset.tooLarge.replace("#", size);
  if (!words.hidden) event.target.value = "";
});

// What is missing is told by the server, in the person's own language and by the field, not in the browser's.
for (const form of document.forms) form.noValidate = true;
for (const button of document.querySelectorAll("[data-dismiss]")) button.hidden = false;
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
document.documentElement.classList.add("js");
