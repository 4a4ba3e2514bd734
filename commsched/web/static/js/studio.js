// The studio, live: every change is drawn in all sizes. Without this the button "Show it" does the same.
const form = document.querySelector("[data-studio]");
const alt = form.querySelector("#f-alt");
const proposed = form.querySelector('[name="proposed"]');
const others = form.querySelector("[data-others]");
const sizes = form.querySelector("[data-sizes]");
const page = form.querySelector("#f-page");

const wrong = (sentence) => {
  const words = document.createElement("p");
  words.className = "wrong";
  words.textContent = sentence;
  return words;
};

const say = (answer) => {
  for (const field of form.querySelectorAll("[data-field]")) {
    const sentence = answer.faults?.[field.dataset.field];
    field.querySelector("[data-fault]").replaceChildren(...(sentence ? [wrong(sentence)] : []));
    const input = field.querySelector(".input");
    if (sentence) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
  others.replaceChildren(...(answer.others || []).map(wrong));
};

const show = (answer) => {
  for (const card of answer.cards) form.querySelector(`[data-size="${card.size}"]`).src = card.src;
  sizes.classList.remove("old");
  say(answer);
  if (answer.alt === undefined) return;
  if (alt.value.trim() === proposed.value.trim()) alt.value = answer.alt;
  proposed.value = answer.alt;
  if (page) page.max = answer.pages - 1;
};

let asked;
const look = async () => {
  asked?.abort();
  asked = new AbortController();
  const data = new FormData(form);
  for (const name of [...data.keys()]) if (name === "do" || name.startsWith("file-")) data.delete(name);
  try {
    const answer = await fetch(form.dataset.look, {
      method: "POST", body: data, credentials: "same-origin", signal: asked.signal,
      headers: { Accept: "application/json" },
    });
    show(await answer.json());
  } catch (error) {
    if (error.name === "AbortError") return;
    sizes.classList.add("old");
    others.replaceChildren(wrong(form.dataset.wordsOffline));
  }
};

const count = (field) => {
  const shown = field?.querySelector("[data-count]");
  if (!shown) return;
  const signs = [...new Intl.Segmenter().segment(field.querySelector(".input").value)].length;
  shown.firstElementChild.textContent = signs;
  shown.toggleAttribute("data-over", signs > Number(shown.dataset.most));
};

let timer;
const soon = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
};

form.addEventListener("input", (event) => {
  if (event.target === alt || event.target.name === "sizes" || event.target.type === "file") return;
  count(event.target.closest("[data-field]"));
  soon(event.target.type === "radio" ? 0 : 180);
});

// Enter in a line must not press the first button of the form.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=file])")) {
    event.preventDefault();
    soon(0);
  }
});

const choose = (name, picture) => {
  const list = form.querySelector(`[data-photos="${name}"]`);
  let radio = list.querySelector(`[value="${picture.id}"]`);
  if (!radio) {
    const label = list.lastElementChild.cloneNode(false);
    label.className = "photo";
    radio = Object.assign(document.createElement("input"), { type: "radio", name: `picture-${name}`, value: picture.id });
    const image = Object.assign(document.createElement("img"), {
      src: `${form.dataset.pictures}${picture.sha256}?small=1`, alt: picture.alt || picture.name,
    });
    label.append(radio, image);
    list.firstElementChild.after(label);
  }
  radio.checked = true;
  soon(0);
};

for (const input of form.querySelectorAll("[data-file]")) {
  input.addEventListener("change", async () => {
    const fault = input.closest("[data-field]").querySelector("[data-fault]");
    const data = new FormData();
    data.set("form_token", form.querySelector('[name="form_token"]').value);
    data.set("files", input.files[0]);
    input.value = "";
    fault.textContent = form.dataset.wordsUploading;
    try {
      const answer = await fetch(form.dataset.upload, {
        method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" },
      });
      const told = await answer.json();
      fault.replaceChildren(...told.refused.map(wrong));
      for (const picture of told.pictures) choose(input.dataset.file, picture);
    } catch {
      fault.replaceChildren(wrong(form.dataset.wordsOffline));
    }
  });
}

// What was typed before this script had come is shown too.
const typed = [...form.querySelectorAll("input[type=text], input:not([type]), textarea")];
if (typed.some((field) => field.value !== field.defaultValue)) soon(0);
