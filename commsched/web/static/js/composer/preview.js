// What the publisher would say, a moment after the last letter.
import { understood } from "../day.js";
import { startDivide } from "./divide.js";
import { startLink } from "./link.js";
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

const fillRing = (ring, room) => {
  ring.hidden = !room?.words;
  if (!room?.words) return;
  ring.querySelector(".ring-used").setAttribute("stroke-dasharray", `${room.share} 100`);
  ring.querySelector("[data-ring-words]").textContent = room.words;
  ring.classList.toggle("near", room.share > 90);
  ring.classList.toggle("over", room.over);
};

// One look at a time. The one of the channel whose text is written, or the one that was asked for last.
const startLooks = (form, side) => {
  let wanted = "";
  const of = (element, name) => element.dataset[name].split(" ").includes(wanted);
  const show = () => {
    const tabs = [...side.querySelectorAll("[data-look-tab]")];
    const there = tabs.find((tab) => of(tab, "lookTab")) ?? tabs[0];
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === there));
      tab.tabIndex = tab === there ? 0 : -1;
    }
    for (const look of side.querySelectorAll("[data-look]")) {
      look.classList.toggle("later", Boolean(there) && look.dataset.look !== there.dataset.lookTab);
    }
  };
  side.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-look-tab]");
    if (!tab) return;
    [wanted] = tab.dataset.lookTab.split(" ");
    show();
  });
  side.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = [...side.querySelectorAll("[data-look-tab]")];
    const place = tabs.indexOf(event.target);
    if (!step || place < 0) return;
    event.preventDefault();
    const next = tabs[(place + step + tabs.length) % tabs.length];
    [wanted] = next.dataset.lookTab.split(" ");
    show();
    next.focus();
  });
  form.addEventListener("tab", (event) => {
    if (event.detail !== "all") wanted = event.detail;
    show();
  });
  return { show };
};

export const startPreview = (form) => {
  const side = document.querySelector(".composer-side");
  const looks = startLooks(form, side);
  let under;

  // ``asked`` is what was judged: a day that was typed since then is left as it is.
  const show = (told, asked) => {
    fill(side.querySelector("[data-previews]"), told.previews);
    fill(side.querySelector("[data-problems]"), told.problems);
    fill(form.querySelector("[data-wholes]"), told.wholes);
    fill(form.querySelector("[data-link]"), told.link);
    looks.show();
    for (const place of form.querySelectorAll("[data-clash]")) {
      fill(place, place.dataset.clash === told.clash_field ? told.clash : "");
    }
    const embargo = form.querySelector("[data-embargo-told]");
    if (embargo) fill(embargo, told.embargo);
    form.querySelector("[data-bar-words]").textContent = told.bar.words;
    const press = form.querySelector("[data-bar-press]");
    press.textContent = told.bar.label;
    press.closest("button").setAttribute("aria-label", told.bar.press);
    form.querySelector("[data-when-words]").textContent = told.bar.when;
    for (const place of form.querySelectorAll('[data-moment] [data-fault], [data-fault="link"]')) {
      fault(form, place.dataset.fault, told.faults[place.dataset.fault]);
    }
    for (const [name, day] of Object.entries(told.days)) {
      const field = form.querySelector(`[name="${name}_day"]`);
      if (field?.value && field.value === (asked?.get(field.name) ?? field.value)) understood(field, day);
    }
    for (const ring of form.querySelectorAll("[data-ring]")) fillRing(ring, told.rings[ring.dataset.ring]);
  };

  const look = async () => {
    under?.abort();
    under = new AbortController();
    try {
      const asked = fieldsOf(form);
      const { body } = await post(form, form.dataset.check, asked, under.signal);
      show(body, asked);
      form.dispatchEvent(new CustomEvent("told", { detail: body }));
    } catch {
      // the saving part says what is wrong with the connection
    }
  };

  startDivide(form, show);
  startLink(form, show);
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
