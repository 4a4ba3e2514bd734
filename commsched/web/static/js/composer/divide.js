// A text that is too long becomes a thread where one stands, and comes back as it was. The office divides it: the
// script only puts the answer in the fields.
import { fieldsOf, post } from "./send.js";
import { setOwn } from "./panels.js";

const put = (form, texts) => {
  const main = form.querySelector('[name="text"]');
  if (main.value !== texts.text) {
    main.value = texts.text;
    main.dispatchEvent(new Event("input", { bubbles: true }));
  }
  for (const [name, text] of Object.entries(texts)) {
    const panel = form.querySelector(`[name="${name}"]`)?.closest("[data-panel]");
    if (panel) setOwn(panel, text, main.value);
  }
  form.dispatchEvent(new Event("change"));
};

export const startDivide = (form, show) => {
  form.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-divide]");
    if (!button || button.dataset.plain) return;
    event.preventDefault();
    const data = fieldsOf(form);
    data.set("do", button.value);
    button.setAttribute("aria-busy", "true");
    try {
      const { body } = await post(form, form.dataset.check, data);
      put(form, body.texts);
      show(body);
    } catch {
      button.dataset.plain = "1";
      button.click();
    }
  });
};
