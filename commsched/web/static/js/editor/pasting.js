// Pasting in a textarea: what the clipboard has of links and lists comes along as text, or as Markdown where the field
// is one of Markdown.
import { asLines, asMarkdown } from "./paste.js";

export const startPasting = (form, isMarkdown) => {
  form.addEventListener("paste", (event) => {
    const field = event.target.closest?.("textarea");
    const html = event.clipboardData?.getData("text/html") ?? "";
    if (!field || !html || !event.clipboardData.getData("text/plain").trim()) return;
    const text = isMarkdown(field) ? asMarkdown(html) : asLines(html);
    if (!text) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // text is meant, whatever else the clipboard has
    document.execCommand("insertText", false, text); // so that it can be undone
  }, { capture: true });
};
