// A rich document as Markdown. What is as it was read keeps the very lines it was read from, so that nothing changes
// but what a person changed.
import { inline } from "./inline.js";

const LISTS = ["bulletList", "orderedList"];
const indented = (text, width) => text.split("\n").map((line, place) => (place && line ? " ".repeat(width) + line : line)).join("\n");
const listOf = (text) => /^\s*([-*+]|\d+[.)])(?:\s|$)/u.exec(text)?.[1].at(-1);

const item = (node, mark) => {
  const parts = (node.content ?? []).filter((part, place) => place || node.content.length === 1 || part.content?.length);
  const said = joined(parts, (before, after) => {
    const plain = before.type === "paragraph" && LISTS.includes(after.type);
    const starts = after.type === "bulletList" || (after.attrs?.start ?? 1) === 1;
    return plain && starts && inline(after.content?.[0]?.content?.[0]?.content) ? "\n" : "\n\n";
  });
  return `${mark} ${indented(said, mark.length + 1)}`.trimEnd();
};

const loose = (list) => (list.content ?? []).some(({ content = [] }) => content.slice(1).some((part) => !LISTS.includes(part.type)));

const list = (node, before) => {
  const bullets = node.type === "bulletList";
  const mark = bullets ? (before === "-" ? "*" : "-") : before === "." ? ")" : ".";
  const start = node.attrs?.start ?? 1;
  const items = (node.content ?? []).map((each, place) => item(each, bullets ? mark : `${start + place}${mark}`));
  return items.join(loose(node) ? "\n\n" : "\n");
};

const heading = (node) => {
  const words = inline(node.content).replace(/\\?\n/gu, " ").replace(/(^|\s)(#+)$/u, "$1\\$2");
  return `${"#".repeat(node.attrs?.level ?? 2)} ${words}`.trimEnd();
};

const fence = (node) => {
  const text = (node.content ?? []).map((part) => part.text).join("");
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map((run) => run[0].length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}\n${text}${text ? "\n" : ""}${ticks}`;
};

// A table, its first row the heading. A cell is one line; a bar in it is no border.
const row = (node, width) => {
  const cells = (node.content ?? []).map((cell) => (cell.content ?? []).map((part) => inline(part.content)).join(" ")
    .replace(/\\?\n/gu, " ").replace(/\|/gu, "\\|").trim());
  while (cells.length < width) cells.push("");
  return `| ${cells.join(" | ")} |`;
};
const table = (node) => {
  const rows = node.content ?? [];
  const width = Math.max(...rows.map((each) => each.content?.length ?? 0));
  const [head, ...rest] = rows.map((each) => row(each, width));
  return [head, `|${" --- |".repeat(width)}`, ...rest].join("\n");
};

export const block = (node, before = "") => {
  if (node.type === "heading") return heading(node);
  if (node.type === "codeBlock") return fence(node);
  if (node.type === "horizontalRule") return "---";
  if (node.type === "table") return table(node);
  if (node.type === "blockquote") return joined(node.content ?? [], () => "\n\n").split("\n").map((line) => `> ${line}`.trimEnd()).join("\n") || ">";
  if (LISTS.includes(node.type)) return list(node, before);
  return inline(node.content);
};

const joined = (nodes, between) => {
  let out = "";
  let last = null;
  for (const node of nodes) {
    const same = last && LISTS.includes(node.type) && last.node.type === node.type;
    const said = block(node, same ? listOf(last.said) : "");
    if (!said && node.type === "paragraph" && (last || nodes.length > 1)) continue;
    out += (last ? between(last.node, node) : "") + said;
    last = { node, said };
  }
  return out;
};

// What an editor adds to a node and Markdown does not say is left out of the comparison.
const plain = (node) => ({
  type: node.type,
  attrs: node.type === "heading" ? node.attrs.level : node.type === "orderedList" ? node.attrs?.start ?? 1 : 0,
  text: node.text,
  marks: (node.marks ?? []).map((mark) => `${mark.type} ${mark.attrs?.href ?? ""} ${mark.attrs?.title ?? ""}`).sort(),
  content: (node.content ?? []).map(plain),
});
const known = (node) => JSON.stringify(plain(node));

// ``blocks`` are what the office read: each block with its source. Returns what the document says now.
export const writer = (blocks) => {
  const places = new Map();
  blocks.forEach((each, place) => {
    const key = known(each.node);
    places.set(key, [...(places.get(key) ?? []), place]);
  });
  const find = (node, last) => {
    const here = places.get(known(node)) ?? [];
    return here.find((place) => place === last + 1) ?? here.find((place) => place > last) ?? here[0] ?? -1;
  };
  return (doc) => {
    const nodes = (doc.content ?? []).filter((node) => node.type !== "paragraph" || node.content?.length);
    let out = "";
    let last = -2;
    let before = null;
    let said = "";
    for (const node of nodes) {
      const place = find(node, Math.max(last, -1));
      const follows = before && place >= 0 && place === last + 1;
      const gap = last >= 0 ? /\n*$/u.exec(blocks[last].source)[0] : "";
      if (before) out += follows || gap.length > 1 ? gap : "\n\n";
      else if (place === 0) out += /^\n*/u.exec(blocks[0].source)[0];
      const list = before?.type === node.type && LISTS.includes(node.type);
      const again = place >= 0 && !(list && !follows && listOf(blocks[place].source) === listOf(said));
      said = again ? blocks[place].source.replace(/^\n+|\n+$/gu, "") : block(node, list ? listOf(said) : "");
      out += said;
      last = again ? place : -2;
      before = node;
    }
    if (last >= 0 && last === blocks.length - 1) out += /\n*$/u.exec(blocks[last].source)[0];
    return out;
  };
};
