// How long a headline is as the subject of a mail, and a short version as a newspaper prints it. A hint: nothing is
// stopped. The rule is the office's (core.press.lengths): every number and word stands in the page, and what stands
// before a headline comes anew with each answer of the check.
const signs = (text) => [...text].length;
const plain = (field) => (field.tagName === "TEXTAREA" ? field.value : field.value.replace(/[\r\n]+/gu, " ")).trim().normalize("NFC");

const subject = (text, told) => {
  const corrects = told.word && !text.toLowerCase().startsWith(told.word.toLowerCase());
  return `${told.notice}${corrects ? `${told.word}: ` : ""}${text}`;
};

export const lengthOf = (text, told) => {
  const count = text ? signs(subject(text, told)) : 0;
  const state = count > Number(told.most) ? "over" : count > Number(told.good) ? "long" : "fits";
  const before = count - signs(text);
  const words = [told.head.replace("#", count), before ? told.before.replace("#", before) : "", told[state] ?? ""];
  return { count, state, words: words.join("") };
};

export const startCounting = (form) => {
  const show = (place) => {
    const field = form.elements[place.dataset.length];
    if (!field) return;
    const { count, state, words } = lengthOf(plain(field), place.dataset);
    place.hidden = !count;
    place.dataset.state = state;
    place.textContent = words;
  };
  const places = () => [...form.querySelectorAll("[data-length]")];
  for (const place of places()) {
    const field = form.elements[place.dataset.length];
    field?.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), place.id].filter(Boolean).join(" "));
  }
  form.addEventListener("input", (event) => {
    const place = form.querySelector(`[data-length="${CSS.escape(event.target.name ?? "")}"]`);
    if (place) show(place);
  });
  form.addEventListener("changed", () => places().forEach(show));
  form.addEventListener("told", ({ detail }) => {
    for (const place of places()) {
      const told = detail.lengths?.[place.dataset.length];
      if (told) Object.assign(place.dataset, { notice: told.notice, word: told.word });
      show(place);
    }
  });
  places().forEach(show);
};
