// What is on its way to the office: a bar for each file, and one sentence for all. While there is any, nothing is sent
// or saved by a press, since it would go without it, and closing the page is asked about.
import { Lost, upload } from "../upload.js";

export const startWay = (form) => {
  const list = form.querySelector("[data-way]");
  const template = document.getElementById("way-row");
  const verdict = document.querySelector("[data-problems-way]");
  const bar = form.querySelector("[data-bar-way]");
  const words = form.dataset;
  const going = new Set();

  const share = () => {
    const sum = (name) => [...going].reduce((so_far, one) => so_far + one[name], 0);
    return `${Math.floor((100 * sum("here")) / Math.max(1, sum("size")))} %`;
  };
  const sentence = () => {
    const text = going.size === 1 ? words.wordsWayOne : words.wordsWayMany.replace("##", going.size);
    return text.replace("#", share());
  };
  const show = () => {
    const under = going.size > 0;
    form.classList.toggle("under-way", under);
    verdict.hidden = !under;
    bar.hidden = !under;
    if (!under) return;
    verdict.querySelector("strong").textContent = sentence();
    bar.textContent = sentence();
  };

  const begin = (file, place) => {
    const row = template.content.firstElementChild.cloneNode(true);
    const one = { row, here: 0, size: file.size, stop: new AbortController() };
    row.querySelector("[data-way-name]").textContent = file.name;
    const button = row.querySelector("button");
    button.setAttribute("aria-label", `${button.textContent.trim()} ${file.name}`);
    button.addEventListener("click", () => one.stop.abort());
    place.append(row);
    going.add(one);
    show();
    return one;
  };

  const end = (one) => {
    one.row.remove();
    going.delete(one);
    show();
  };

  const told = (one) => ({
    signal: one.stop.signal,
    here: (bytes) => {
      one.here = Math.min(bytes, one.size);
      one.row.querySelector("progress").value = one.here / one.size;
      one.row.querySelector("[data-way-share]").textContent = `${Math.floor((100 * one.here) / one.size)} %`;
      show();
    },
    waits: (yes) => { one.row.querySelector("[data-way-waits]").hidden = !yes; },
  });

  // One file after the other. ``taken`` gets each answer; resolves to what could not be taken, in words. Documents have
  // their bars in a ``place`` of their own.
  const send = async (files, taken, { as = "", place = list } = {}) => {
    const refused = [];
    const line = files.map((file) => [file, begin(file, place)]);
    for (const [file, one] of line) {
      try {
        if (!one.stop.signal.aborted) {
          const answer = await upload(file, words.uploads, told(one), as);
          refused.push(...answer.refused);
          taken(answer);
        }
      } catch (error) {
        if (error instanceof Lost) refused.push(words.wordsWayLost.replace("#", file.name));
        else if (error.name !== "AbortError") throw error;
      } finally {
        end(one);
      }
    }
    return refused;
  };

  form.addEventListener("submit", (event) => {
    if (!going.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    [...going][0].row.scrollIntoView({ block: "nearest" });
  });
  window.addEventListener("beforeunload", (event) => {
    if (going.size) event.preventDefault();
  });
  return send;
};
