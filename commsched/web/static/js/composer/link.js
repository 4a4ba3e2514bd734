// The page that the link leads to is read once the address has stood still for a moment, so that its card is seen
// without a press. Each address once; a press reads it again.
import { fieldsOf, later, post } from "./send.js";

export const startLink = (form, show) => {
  const read = new Set();
  let wanted = "";

  const written = () => new URLSearchParams([...fieldsOf(form)].map(([name, value]) => [name, String(value)])).toString();

  // Reading a page takes a while; what was written meanwhile is judged anew, and nothing newer is taken away.
  const look = async (button) => {
    const data = fieldsOf(form);
    const before = written();
    data.set("do", "look:");
    button?.setAttribute("aria-busy", "true");
    try {
      const { body } = await post(form, form.dataset.check, data);
      if (written() === before) show(body, data);
      else form.dispatchEvent(new CustomEvent("changed"));
    } catch {
      button?.removeAttribute("aria-busy"); // the saving part says what is wrong with the connection
    }
  };

  const settled = later(900, () => {
    if (!wanted || read.has(wanted)) return;
    read.add(wanted);
    look();
  });

  form.addEventListener("told", (event) => {
    wanted = event.detail.look_up;
    settled();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-look-up]");
    if (!button) return;
    event.preventDefault();
    look(button);
  });
};
