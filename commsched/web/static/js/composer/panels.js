// A channel's own panel is there while the channel is chosen.

export const startPanels = (form) => {
  const group = form.querySelector("[data-panels]");
  const update = () => {
    let any = false;
    let chosen = 0;
    for (const box of form.querySelectorAll('[name="channels"]')) {
      const panel = document.getElementById(`panel-${box.value}`);
      if (!panel) continue;
      panel.hidden = !box.checked;
      const time = form.querySelector(`[data-own-time="${box.value}"]`);
      if (time) time.hidden = !box.checked;
      any ||= box.checked;
      chosen += box.checked ? 1 : 0;
      panel.querySelector("[data-own-mark]").hidden = !panel.querySelector('[name="own"]').checked;
    }
    if (group) group.hidden = !any;
    const times = form.querySelector("[data-own-times]");
    if (times) times.hidden = chosen < 2 && !times.open;
  };
  form.addEventListener("change", (event) => {
    update();
    if (event.target.name !== "own" || !event.target.checked) return;
    const text = form.querySelector(`#own-${event.target.value}`);
    if (!text.value) text.value = form.querySelector('[name="text"]').value;
    text.focus();
  });
  update();
};
