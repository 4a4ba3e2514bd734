// Keys: Ctrl K finds and does, / searches, N writes, G and a letter goes, ? lists them. Single letters never work in a
// field or with another key held, and can be switched off in this browser.

import { openPalette } from "./palette.js";

const OFF = "single keys off";
const WAIT = 1500;
let going = 0;

const isOff = () => {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
};

const types = (node) => node.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=textbox]");

const list = document.getElementById("keys");
const box = document.getElementById("keys-on");

const go = (key) => {
  const entry = document.querySelector(`.rail [data-key="${CSS.escape(key)}"]`);
  if (entry) entry.click();
  return Boolean(entry);
};

const write = () => {
  if (list.dataset.write) location.assign(list.dataset.write);
  return Boolean(list.dataset.write);
};

const single = (key) => {
  if (going && Date.now() - going < WAIT) {
    going = 0;
    return go(key);
  }
  going = key === "g" ? Date.now() : 0;
  if (key === "n") return write();
  if (key === "/") return openPalette();
  if (key === "?" && list) list.showModal();
  return key === "?";
};

if (list) {
  box.checked = !isOff();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(OFF, box.checked ? "" : "1");
    } catch {
      // a browser that keeps nothing has the keys on
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const modified = event.ctrlKey || event.metaKey;
    if (modified && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (modified || event.altKey || isOff() || types(event.target) || document.querySelector("dialog[open]")) return;
    if (single(event.key.toLowerCase())) event.preventDefault();
  });
}
