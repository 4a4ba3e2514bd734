// The office's look, live: the example cards are drawn anew when something is changed.
const form = document.querySelector("[data-look-form]");
const shown = document.querySelector("[data-shown]");

const look = async () => {
  const data = new FormData(form);
  for (const name of [...data.keys()]) if (name.startsWith("file-")) data.delete(name);
  let answer;
  try {
    answer = await (await fetch(form.dataset.look, {
      method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" },
    })).json();
  } catch {
    return;
  }
  if (answer.html) shown.innerHTML = answer.html;
  for (const field of form.querySelectorAll("[data-field]")) {
    const fault = field.querySelector("[data-fault]");
    const sentence = answer.faults?.[field.dataset.field];
    fault.replaceChildren();
    if (!sentence) continue;
    fault.append(Object.assign(document.createElement("p"), { className: "wrong", textContent: sentence }));
  }
};

let timer;
form?.addEventListener("input", (event) => {
  const { target } = event;
  if (target.type === "file") return;
  if (target.dataset.for) document.getElementById(target.dataset.for).value = target.value;
  else if (/^#[0-9a-f]{6}$/i.test(target.value)) {
    const picker = form.querySelector(`[data-for="${target.id}"]`);
    if (picker) picker.value = target.value;
  }
  clearTimeout(timer);
  timer = setTimeout(look, 200);
});
