// What the publisher would say, a moment after the last letter.
import { fieldsOf, later, post } from "./send.js";

const fill = (element, html) => {
  if (element && element.dataset.shown !== html) {
    element.innerHTML = html;
    element.dataset.shown = html;
  }
};

const fault = (form, name, sentence) => {
  const place = form.querySelector(`[data-fault="${name}"]`);
  if (!place) return;
  place.replaceChildren();
  if (!sentence) return;
  const words = document.getElementById("wrong-words").content.cloneNode(true);
  words.querySelector("span").textContent = sentence;
  place.append(words);
};

export const startPreview = (form) => {
  const side = document.querySelector(".composer-side");
  let under;

  const show = (told) => {
    fill(side.querySelector("[data-previews]"), told.previews);
    fill(side.querySelector("[data-problems]"), told.problems);
    fill(form.querySelector("[data-clash]"), told.clash);
    form.querySelector("[data-bar-words]").textContent = told.bar.words;
    form.querySelector("[data-bar-press]").textContent = told.bar.press;
    for (const place of form.querySelectorAll("[data-moment] [data-fault]")) {
      fault(form, place.dataset.fault, told.faults[place.dataset.fault]);
    }
    for (const place of form.querySelectorAll("[data-count]")) {
      const count = told.counts[place.dataset.count];
      place.textContent = count ? (count.limit ? `${count.count}/${count.limit}` : count.count) : "";
      place.classList.toggle("over", Boolean(count?.limit && count.count > count.limit));
    }
  };

  const look = async () => {
    under?.abort();
    under = new AbortController();
    try {
      show((await post(form, form.dataset.check, fieldsOf(form), under.signal)).body);
    } catch {
      // the saving part says what is wrong with the connection
    }
  };

  form.addEventListener("changed", later(350, look));
  // "kl 8" and "7,30" are understood; what was understood is written back when one leaves the field
  for (const clock of form.querySelectorAll(".clock")) {
    clock.addEventListener("change", () => {
      const found = /^(?:kl\.?\s*)?(\d{1,2}?)(?:\s*[:.,]?\s*(\d{2})|[:.,](\d))?$/i.exec(clock.value.trim());
      if (!found || Number(found[1]) > 23 || Number(found[2] ?? found[3] ?? 0) > 59) return;
      clock.value = `${found[1].padStart(2, "0")}:${(found[2] ?? found[3] ?? "0").padStart(2, "0")}`;
    });
  }
  // a new day or time makes an earlier answer about the clocks worthless
  for (const part of form.querySelectorAll("[data-moment] input:not([type=hidden])")) {
    part.addEventListener("input", () => {
      for (const hidden of part.closest("[data-moment]").querySelectorAll("input[type=hidden]")) hidden.value = "";
    });
  }
  form.addEventListener("click", (event) => {
    const choice = event.target.closest('[data-clash] button[name="do"]');
    if (!choice) return;
    event.preventDefault();
    const [, name, moment] = /^time:([^:]+):(.*)$/.exec(choice.value);
    form.querySelector(`[name="${name}_exact"]`).value = moment;
    form.dispatchEvent(new Event("changed"));
    form.querySelector(`[name="${name}_time"]`).focus();
  });
  look();
};
