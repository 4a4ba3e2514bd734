// What Word, Google Docs and Outlook put on the clipboard, as plain and honest HTML: paragraphs, headings, lists,
// links, bold and italic. Nothing of how it looked there comes along.
import { block } from "./markdown.js";

const WORD_LIST = /mso-list:\s*l(\d+)\s+level(\d+)/iu;
const BULLET = /^[\s\u00a0]*(?:[·•▪◦‣o§\uf0b7\uf0a7–-]|\d{1,3}[.)]|[a-z][.)])[\s\u00a0]+/iu;
const NUMBER = /^[\s\u00a0]*(?:\d{1,3}|[a-z])[.)]/iu;

// Styles are read and never applied, and nothing that runs is even parsed: the page's policy forbids both.
const inert = (tag) => tag.replace(/\sstyle\s*=/giu, " data-style=").replace(/\son\w+\s*=/giu, " data-off=");
const parsed = (html) => {
  const bare = html.replace(/<!--\[if[\s\S]*?<!\[endif\]-->|<(style|script)\b[\s\S]*?<\/\1>/giu, "").replace(/<[^>]*>/gu, inert);
  return new DOMParser().parseFromString(bare, "text/html").body;
};
const styleOf = (node, name) => {
  const said = (node.dataset.style ?? "").split(";").map((rule) => rule.split(":"));
  return said.findLast(([key]) => key.trim().toLowerCase() === name)?.[1]?.trim().toLowerCase() ?? "";
};
const rename = (node, name) => {
  const fresh = node.ownerDocument.createElement(name);
  fresh.append(...node.childNodes);
  node.replaceWith(fresh);
  return fresh;
};

const unsaid = (body) => {
  for (const node of body.querySelectorAll("style, script, meta, link, title, xml, img, svg, object, iframe")) node.remove();
  const comments = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_COMMENT);
  const gone = [];
  while (comments.nextNode()) gone.push(comments.currentNode);
  for (const node of gone) node.remove();
  for (const node of [...body.querySelectorAll("*")]) {
    if (node.tagName.includes(":")) node.replaceWith(...(node.textContent.trim() ? node.childNodes : []));
  }
};

// Word writes "font-weight: bold" on spans, Google Docs wraps everything in a <b> that is not bold.
const weights = (body) => {
  for (const node of [...body.querySelectorAll("b, strong, i, em")]) {
    const [fontWeight, fontStyle] = [styleOf(node, "font-weight"), styleOf(node, "font-style")];
    const light = /^[bs]/iu.test(node.tagName) ? /^(?:normal|[1-5]00)$/u.test(fontWeight) : fontStyle === "normal";
    if (light) node.replaceWith(...node.childNodes);
  }
  for (const node of [...body.querySelectorAll("span, font, td")]) {
    const [fontWeight, fontStyle] = [styleOf(node, "font-weight"), styleOf(node, "font-style")];
    if (/^(?:bold|bolder|[6-9]00)$/u.test(fontWeight) && !node.closest("h1, h2, h3, h4, h5, h6")) wrap(node, "strong");
    if (fontStyle === "italic") wrap(node, "em");
  }
};
const wrap = (node, name) => {
  if (!node.textContent.trim()) return;
  const around = node.ownerDocument.createElement(name);
  around.append(...node.childNodes);
  node.append(around);
};

const links = (body) => {
  for (const link of [...body.querySelectorAll("a")]) {
    let href = link.getAttribute("href") ?? "";
    try {
      const address = new URL(href);
      const wrapped = /(^|\.)google\.[a-z.]+$/u.test(address.hostname) && address.pathname === "/url" ? address.searchParams.get("q") : null;
      const safe = /\.safelinks\.protection\.outlook\.com$/u.test(address.hostname) ? address.searchParams.get("url") : null;
      href = wrapped ?? safe ?? href;
    } catch { /* an anchor within the document, or no address at all */ }
    if (/^(?:https?:|mailto:|tel:)/iu.test(href)) link.setAttribute("href", href);
    else link.replaceWith(...link.childNodes);
  }
};

// Word's lists are paragraphs that say which list and level they are of, each with its own sign before the words.
const unbullet = (paragraph) => {
  const text = paragraph.textContent;
  const number = NUMBER.test(text);
  for (const node of [...paragraph.querySelectorAll("span")]) {
    if (/mso-list:\s*ignore/iu.test(node.dataset.style ?? "")) node.remove();
  }
  const first = paragraph.ownerDocument.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT).nextNode();
  if (first && paragraph.textContent === text) first.data = first.data.replace(BULLET, "");
  return number;
};

const wordLists = (body) => {
  let open = [];
  let last = null;
  for (const paragraph of [...body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")]) {
    const said = WORD_LIST.exec(paragraph.dataset.style ?? "");
    const between = last && [...betweenOf(last, paragraph)].some((node) => node.textContent.trim());
    if (!said || between) open = [];
    last = said ? paragraph : null;
    if (!said) continue;
    const level = Number(said[2]);
    const kind = unbullet(paragraph) ? "ol" : "ul";
    open = open.filter((each) => each.level <= level);
    let list = open.at(-1);
    if (!list || list.level < level || (list.level === level && list.kind !== kind && list.number !== said[1])) {
      const node = body.ownerDocument.createElement(kind);
      if (list && list.level < level) list.node.lastElementChild.append(node);
      else paragraph.before(node);
      list = { level, kind, node, number: said[1] };
      open = [...open.filter((each) => each.level < level), list];
    }
    const entry = body.ownerDocument.createElement("li");
    entry.append(...paragraph.childNodes);
    list.node.append(entry);
    const stood = body.ownerDocument.createTextNode("");
    paragraph.replaceWith(stood);
    last = list.node;
    last.ends = stood;
  }
};
const betweenOf = function* (from, until) {
  for (let node = (from.ends ?? from).nextSibling; node && node !== until; node = node.nextSibling) yield node;
};

// A list within a list stands beside its entries in Google Docs and Outlook: it belongs to the entry before it.
const nestedLists = (body) => {
  for (const list of [...body.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol")]) {
    const before = list.previousElementSibling;
    if (before?.tagName === "LI") before.append(list);
    else {
      const entry = list.ownerDocument.createElement("li");
      list.before(entry);
      entry.append(list);
    }
  }
};

const headings = (body) => {
  for (const node of [...body.querySelectorAll("p.MsoTitle")]) rename(node, "h2");
  for (const node of [...body.querySelectorAll("h1")]) rename(node, "h2");
  for (const node of [...body.querySelectorAll("h1, h2, h3, h4, h5, h6")]) {
    for (const bold of [...node.querySelectorAll("b, strong")]) bold.replaceWith(...bold.childNodes);
  }
};

// A table of figures or facts, as Word and Excel have it: at least two rows and two columns, with nothing in its cells
// but words. What only places things on a page is none.
const isTable = (table) => {
  const rows = [...table.rows];
  return rows.length > 1 && rows.some((row) => row.cells.length > 1) && !table.parentElement.closest("table")
    && !table.querySelector("table, ul, ol, h1, h2, h3, h4, h5, h6, blockquote");
};
const tables = (body) => {
  for (const old of [...body.querySelectorAll("table")].filter(isTable)) {
    const width = Math.max(...[...old.rows].map((row) => row.cells.length));
    const fresh = body.ownerDocument.createElement("table");
    [...old.rows].forEach((from, number) => {
      const row = fresh.insertRow();
      for (let place = 0; place < width; place += 1) {
        const cell = row.appendChild(body.ownerDocument.createElement(number ? "td" : "th"));
        const words = from.cells[place];
        for (const part of [...(words?.querySelectorAll("p, div") ?? [])]) part.replaceWith(...part.childNodes, " ");
        for (const line of [...(words?.querySelectorAll("br") ?? [])]) line.replaceWith(" ");
        if (words) cell.append(...words.childNodes);
      }
    });
    fresh.dataset.kept = "1";
    old.replaceWith(fresh);
  }
};

// Other tables become lines; what only looked is left behind.
const plain = (body) => {
  for (const row of [...body.querySelectorAll("table:not([data-kept]) tr")]) {
    const line = row.ownerDocument.createElement("p");
    [...row.querySelectorAll("td, th")].forEach((cell, place) => {
      if (place) line.append(" · ");
      for (const block of [...cell.querySelectorAll("p, div")]) block.replaceWith(...block.childNodes, " ");
      line.append(...cell.childNodes);
    });
    row.replaceWith(line);
  }
  for (const node of [...body.querySelectorAll("table:not([data-kept]), table:not([data-kept]) tbody, thead, tfoot, span, font, div:not(:has(> p, > ul, > ol, > h2, > h3, > div))")].reverse()) {
    if (node.tagName === "DIV") rename(node, "p");
    else node.replaceWith(...node.childNodes);
  }
  for (const node of body.querySelectorAll("*")) {
    for (const { name } of [...node.attributes]) if (!["href", "start"].includes(name)) node.removeAttribute(name);
  }
  for (const node of [...body.querySelectorAll("p, li, h2, h3, h4, h5, h6")]) {
    if (!node.textContent.replace(/\u00a0/gu, " ").trim()) node.remove();
  }
};

const tidy = (html, withTables = false) => {
  const body = parsed(html);
  unsaid(body);
  weights(body);
  links(body);
  wordLists(body);
  nestedLists(body);
  headings(body);
  if (withTables) tables(body);
  plain(body);
  return body;
};

const spaced = (body) => {
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/[\t\n\r ]+/gu, " ").replace(/\u00a0/gu, " ");
  return body;
};

export const tidied = (html) => spaced(tidy(html, true)).innerHTML;

const address = (link) => {
  const href = link.getAttribute("href").replace(/^mailto:|^tel:/u, "");
  const words = link.textContent.trim();
  const bare = (text) => text.replace(/^https?:\/\//iu, "").replace(/\/$/u, "");
  return bare(words) === bare(href) ? href : `${words} (${href})`;
};

const BLOCKS = /^(?:P|H[1-6]|BLOCKQUOTE|PRE|DIV)$/u;
const lines = (node, depth, out) => {
  for (const child of node.childNodes) {
    if (/^[OU]L$/u.test(child.tagName ?? "")) {
      if (!depth && out.at(-1)) out.push("");
      [...child.children].forEach((entry, place) => {
        const mark = child.tagName === "OL" ? `${place + (child.start || 1)}.` : "–";
        out.push(`${"  ".repeat(depth)}${mark} `);
        lines(entry, depth + 1, out);
      });
      if (!depth) out.push("");
    } else if (BLOCKS.test(child.tagName ?? "")) {
      if (!depth && out.length && out.at(-1) !== "") out.push("");
      if (!depth) out.push("");
      lines(child, depth, out);
    } else if (child.tagName === "BR") out.push("");
    else if (child.tagName === "A") out[out.length - 1] += address(child);
    else if (child.nodeType === Node.ELEMENT_NODE) lines(child, depth, out);
    else out[out.length - 1] += child.data.replace(/[\s\u00a0]+/gu, " ");
  }
  return out;
};

// The same as plain text, for a post: lists as lines, links with their addresses. Empty where the clipboard's own plain
// text says as much.
export const asLines = (html) => {
  const body = tidy(html);
  if (!body.querySelector("a[href], li")) return "";
  const said = lines(body, 0, [""]).map((line) => line.replace(/ +/gu, (space, at) => (at ? " " : space)).trimEnd());
  return said.join("\n").replace(/\n{3,}/gu, "\n\n").trim();
};

// The same as a document, by the names of the editor's nodes, and that as Markdown.
const inlines = (node, marks = []) => [...node.childNodes].flatMap((child) => {
  if (child.nodeType === Node.TEXT_NODE) return child.data ? [{ type: "text", text: child.data, marks }] : [];
  if (child.tagName === "BR") return [{ type: "hardBreak" }];
  const own = { B: { type: "bold" }, STRONG: { type: "bold" }, I: { type: "italic" }, EM: { type: "italic" } }[child.tagName]
    ?? (child.tagName === "A" ? { type: "link", attrs: { href: child.getAttribute("href"), title: "", auto: "" } } : null);
  return inlines(child, own ? [...marks, own] : marks);
});
const OUTER = /^(?:P|H[1-6]|UL|OL|BLOCKQUOTE|DIV|PRE|TABLE)$/u;
const nodesOf = (parent) => {
  const out = [];
  let loose = null;
  for (const child of parent.childNodes) {
    const name = child.tagName ?? "";
    if (!OUTER.test(name)) {
      const around = parent.ownerDocument.createElement("p");
      around.append(child.cloneNode(true));
      if (!loose && !around.textContent.trim()) continue;
      loose ??= out[out.push({ type: "paragraph", content: [] }) - 1];
      loose.content.push(...inlines(around));
      continue;
    }
    loose = null;
    if (name === "DIV") out.push(...nodesOf(child));
    else if (name === "BLOCKQUOTE") out.push({ type: "blockquote", content: nodesOf(child) });
    else if (name === "TABLE") {
      const cells = (row) => [...row.cells].map((cell) => ({ type: "tableCell", content: [{ type: "paragraph", content: inlines(cell) }] }));
      out.push({ type: "table", content: [...child.rows].map((row) => ({ type: "tableRow", content: cells(row) })) });
    } else if (/^[UO]L$/u.test(name)) {
      const content = [...child.children].map((entry) => ({ type: "listItem", content: nodesOf(entry) }));
      out.push({ type: name === "UL" ? "bulletList" : "orderedList", attrs: { start: child.start || 1 }, content });
    } else if (/^H/u.test(name)) out.push({ type: "heading", attrs: { level: Number(name[1]) }, content: inlines(child) });
    else out.push({ type: "paragraph", content: inlines(child) });
  }
  return out;
};

export const asMarkdown = (html) => {
  const body = spaced(tidy(html, true));
  return nodesOf(body).map((node) => block(node)).filter(Boolean).join("\n\n");
};
