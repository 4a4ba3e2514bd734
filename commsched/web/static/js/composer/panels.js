// One box, one text at a time: a tab for what all channels say, and one for each chosen channel. Without a script the
// channels' own texts stand below in folds of their own.

const MIRROR = "mirrors";

export const startPanels = (form) => {
  const tabs = form.querySelector("[data-tabs]");
  const main = form.querySelector('[name="text"]');
  const button = (name) => tabs.querySelector(`[data-tab="${name}"]`);
  const pane = (name) => form.querySelector(name === "all" ? '[data-pane="all"]' : `[data-panel="${name}"]`);
  const shown = () => tabs.querySelector('[aria-selected="true"]').dataset.tab;
  const own = (panel) => panel.querySelector('[name="own"]');
  const text = (panel) => panel.querySelector("[data-own] textarea");

  // A channel without a text of its own shows the common one; it becomes its own with the first change.
  const mirror = (panel) => {
    const field = text(panel);
    if (own(panel).checked || (field.value && !(MIRROR in field.dataset))) return;
    field.dataset[MIRROR] = "";
    field.value = main.value;
  };
  const unmirror = (panel) => {
    const field = text(panel);
    if (!(MIRROR in field.dataset)) return;
    delete field.dataset[MIRROR];
    if (!own(panel).checked) field.value = "";
  };

  const open = (name, focus = false) => {
    for (const tab of tabs.children) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      const panel = pane(tab.dataset.tab);
      panel.classList.toggle("away", !chosen);
      if (tab.dataset.tab === "all") continue;
      if (chosen) mirror(panel);
      else unmirror(panel);
    }
    form.dispatchEvent(new CustomEvent("tab", { detail: name }));
    if (focus) button(name).focus();
  };

  const update = () => {
    let many = 0;
    for (const box of form.querySelectorAll('[name="channels"]')) {
      const panel = pane(box.value);
      if (!panel) continue;
      panel.hidden = !box.checked;
      button(box.value).hidden = !box.checked;
      const time = form.querySelector(`[data-own-time="${box.value}"]`);
      if (time) time.hidden = !box.checked;
      many += box.checked ? 1 : 0;
      button(box.value).querySelector("[data-own-mark]").hidden = !own(panel).checked;
    }
    const times = form.querySelector("[data-own-times]");
    if (times) times.hidden = many < 2 && ![...times.querySelectorAll("[data-moment] input")].some((field) => field.value);
    if (button(shown()).hidden) open("all");
  };

  for (const panel of form.querySelectorAll("[data-panel]")) {
    panel.open = true;
    const field = text(panel);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `tab-${panel.dataset.panel}`);
    field.addEventListener("input", () => {
      if (!(MIRROR in field.dataset)) return;
      delete field.dataset[MIRROR];
      own(panel).checked = true;
      update();
    });
    own(panel).addEventListener("change", () => {
      if (own(panel).checked && !field.value) field.value = main.value;
      if (own(panel).checked) {
        delete field.dataset[MIRROR];
        field.focus();
      }
    });
  }
  pane("all").setAttribute("role", "tabpanel");
  pane("all").setAttribute("aria-labelledby", "tab-all");

  tabs.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab]");
    if (tab) open(tab.dataset.tab);
  });
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const there = [...tabs.children].filter((tab) => !tab.hidden);
    const place = there.findIndex((tab) => tab.dataset.tab === shown());
    open(there[(place + step + there.length) % there.length].dataset.tab, true);
  });
  form.addEventListener("change", update);
  form.addEventListener("submit", () => {
    for (const panel of form.querySelectorAll("[data-panel]")) unmirror(panel);
  });
  update();
  open("all");
};

// What the office made of a channel's text: its own, or none (``null``), and then it shows the common one.
export const setOwn = (panel, text, common) => {
  const field = panel.querySelector("[data-own] textarea");
  const box = panel.querySelector('[name="own"]');
  if (text === null && !box.checked) return;
  box.checked = text !== null;
  delete field.dataset[MIRROR];
  if (text === null && !panel.classList.contains("away")) field.dataset[MIRROR] = "";
  field.value = text ?? (MIRROR in field.dataset ? common : "");
};

// What a mirrored text says is nobody's own: it is not sent.
export const withoutMirrors = (form, data) => {
  for (const field of form.querySelectorAll(`[data-${MIRROR}]`)) data.set(field.name, "");
  return data;
};
