// The words of a paragraph as Markdown. What is bold and italic is fitted to the grammar's rules of where a mark may
// open and close; every sign that would mean something and is only text gets a backslash.
const NEAR = 40; // signs: as far as a mark at the beginning of a line is looked for
const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/u;
const BARE = /https?:\/\/[^\s<>[\]"`]+/giu;
const MENTION = /@\[[^[\]\n]+\](?!\()/gu;
const ENDS = /[.,:;!?'»”«“’‘›…\]}*_~]$/u;
const CLOSES = /^(?:$|\s|[.,:;!?)”»’](?:$|\s|[.,:;!?]))/u;
const isWord = (sign) => Boolean(sign) && WORD.test(sign);
const isSpace = (sign) => !sign || SPACE.test(sign);
const isPunctuation = (sign) => !isSpace(sign) && !isWord(sign);

// The bare addresses in a text, as the office reads them: [where, address] each.
const addresses = (text) => {
  const found = [];
  for (const match of text.matchAll(BARE)) {
    if (isWord(text[match.index - 1])) continue;
    let [address] = match;
    const open = () => address.split(")").length > address.split("(").length;
    while (ENDS.test(address) || (address.endsWith(")") && open())) address = address.slice(0, -1);
    if (/:\/\/[^/]/u.test(address)) found.push([match.index, address]);
  }
  return found;
};

const mentions = (text) => {
  const places = new Set();
  for (const match of text.matchAll(MENTION)) {
    for (let at = match.index; at < match.index + match[0].length; at += 1) places.add(at);
  }
  return places;
};

// What one sign becomes at ``at`` in the text of its paragraph.
const escaped = (text, at, within) => {
  const sign = text[at];
  const before = text[at - 1] ?? "\n";
  const after = text[at + 1] ?? "\n";
  let from = at ? text.lastIndexOf("\n", at - 1) + 1 : 0;
  while (from < at && /[ \t]/u.test(text[from])) from += 1;
  const line = at - from < NEAR ? text.slice(from, from + NEAR) : "";
  const first = from === at;
  const rest = text.slice(at, at + NEAR);
  if (sign === "\\" || sign === "`") return `\\${sign}`;
  if (sign === "*" || sign === "_") {
    const alone = isWord(before) && isWord(after);
    const apart = isSpace(before) && isSpace(after) && !first;
    return alone || apart ? sign : `\\${sign}`;
  }
  if (within && (sign === "[" || sign === "]")) return `\\${sign}`;
  if (sign === "]" && after === "(") return "\\]";
  if (sign === "<" && /[a-z]/iu.test(after)) return "\\<";
  if (sign === "&" && /^&(?:#\w+|\w+);/u.test(rest)) return "\\&";
  if (first && /^(?:#{1,6}(?:\s|$)|>|[-+](?:\s|$)|~~~|(?:-[ \t]*){3,}(?:\n|$))/u.test(line)) return `\\${sign}`;
  if ((sign === "." || sign === ")") && /^\d{1,9}[.)](?:\s|$)/u.test(line)) {
    const number = /^\d+/u.exec(line)[0];
    if (from + number.length === at) return `\\${sign}`;
  }
  return sign;
};

const linkOf = (node) => node.marks?.find((mark) => mark.type === "link")?.attrs;
const has = (node, name) => Boolean(node.marks?.some((mark) => mark.type === name));
const same = (one, other) => one?.href === other?.href && one?.title === other?.title && one?.auto === other?.auto;

// A bare address in a text is a link like another, so that it can be spelt out where something is glued to it.
const withLinks = (nodes) => nodes.flatMap((node) => {
  if (node.type === "hardBreak" || linkOf(node) || has(node, "code")) return [node];
  const pieces = [];
  let end = 0;
  for (const [at, address] of addresses(node.text)) {
    const link = { type: "link", attrs: { href: address, title: "", auto: address } };
    if (at > end) pieces.push({ ...node, text: node.text.slice(end, at) });
    pieces.push({ ...node, text: address, marks: [...(node.marks ?? []), link] });
    end = at + address.length;
  }
  if (end < node.text.length) pieces.push({ ...node, text: node.text.slice(end) });
  return pieces;
});

const signs = (text, from, words, flags, within, whole) => {
  const units = [];
  let here = from;
  for (const sign of words) {
    const edge = here === from || here === from + words.length - 1;
    const bare = whole.has(here) || sign.length > 1;
    const said = bare ? sign : edge && /[*_]/u.test(sign) ? `\\${sign}` : escaped(text, here, within);
    units.push({ said, first: sign, last: sign, ...flags });
    here += sign.length;
  }
  return units;
};

// A bare address begins and ends with letters for its neighbours, whichever way it will be spelt.
const beside = (link) => (link.auto ? { from: link.auto[0], to: link.auto.at(-1) } : {});

// Units: one sign each, but a link and a piece of code are one unit.
const unitsOf = (given, within) => {
  const nodes = within ? given : withLinks(given);
  const text = nodes.map((node) => (node.type === "hardBreak" ? "\n" : node.text)).join("");
  const whole = mentions(text);
  const units = [];
  let at = 0;
  for (const node of nodes) {
    const words = node.type === "hardBreak" ? "\n" : node.text;
    const flags = { bold: has(node, "bold"), italic: has(node, "italic") };
    const link = within ? undefined : linkOf(node);
    const open = units.at(-1);
    if (link && open?.link && same(open.link, link)) open.nodes.push(node);
    else if (link) units.push({ link, nodes: [node], first: "[", last: ")", ...beside(link) });
    else if (!has(node, "code")) units.push(...signs(text, at, words, flags, within, whole));
    else if (open?.code) open.text += words;
    else units.push({ code: true, text: words, first: "`", last: "`", ...flags });
    at += words.length;
  }
  units.filter((unit) => unit.link).forEach(outward);
  return within ? units : withoutEdges(units);
};

// What all of a link is, stands around it.
const outward = (unit) => {
  for (const name of ["bold", "italic"]) unit[name] = unit.nodes.every((node) => has(node, name));
  const inner = (mark) => !unit[mark.type];
  unit.nodes = unit.nodes.map((node) => ({ ...node, marks: (node.marks ?? []).filter(inner) }));
};

// Lines lose the space at their ends, as they do when they are read.
const withoutEdges = (units) => {
  const left = [];
  const trim = () => { while (left.length && /^[ \t]$/u.test(left.at(-1).said ?? "")) left.pop(); };
  for (const unit of units) {
    if (unit.said === "\n") trim();
    if (!/^[ \t]$/u.test(unit.said ?? "") || (left.length && left.at(-1).said !== "\n")) left.push(unit);
  }
  trim();
  while (left.length && left[0].said === "\n") left.shift();
  while (left.length && left.at(-1).said === "\n") left.pop();
  return left;
};

const from = (unit) => unit?.from ?? unit?.first;
const to = (unit) => unit?.to ?? unit?.last;

const runsOf = (units, name) => {
  const runs = [];
  units.forEach((unit, place) => {
    if (unit[name] && runs.at(-1)?.end === place) runs.at(-1).end = place + 1;
    else if (unit[name]) runs.push({ name, start: place, end: place + 1 });
  });
  return runs;
};

// A mark opens before a word and closes after one; beside a letter it may not have punctuation within.
const opens = (before, inside) => !isSpace(inside) && (!isPunctuation(inside) || !isWord(before));
const closes = (inside, after) => !isSpace(inside) && (!isPunctuation(inside) || !isWord(after));

const fit = (units, name) => {
  for (const run of runsOf(units, name)) {
    while (run.start < run.end && !opens(to(units[run.start - 1]), units[run.start].first)) {
      units[run.start][name] = false;
      run.start += 1;
    }
    while (run.end > run.start && !closes(units[run.end - 1].last, from(units[run.end]))) {
      run.end -= 1;
      units[run.end][name] = false;
    }
  }
};

// Bold and italic never cross: of an italic stretch that is half within a bold one, the part outside stays. An
// underscore within a word is an underscore, so that italic ends at words.
const uncross = (units) => {
  for (const bold of runsOf(units, "bold")) {
    for (const italic of runsOf(units, "italic")) {
      const meet = italic.start < bold.end && bold.start < italic.end;
      const nested = (italic.start >= bold.start && italic.end <= bold.end) || (bold.start >= italic.start && bold.end <= italic.end);
      if (!meet || nested) continue;
      for (let at = Math.max(bold.start, italic.start); at < Math.min(bold.end, italic.end); at += 1) units[at].italic = false;
    }
  }
  for (const run of runsOf(units, "italic")) {
    const inWord = isWord(to(units[run.start - 1])) || isWord(from(units[run.end]));
    if (inWord) for (let at = run.start; at < run.end; at += 1) units[at].italic = false;
  }
};

const spelled = (unit, before, after) => {
  if (unit.code) return code(unit.text);
  if (!unit.link) return unit.said;
  const { href, title, auto } = unit.link;
  const words = unit.nodes.map((node) => node.text ?? "").join("");
  if (auto && auto === words && unit.nodes.length === 1) {
    if (!/^https?:/iu.test(words)) return `<${words}>`;
    if (!isWord(before) && CLOSES.test(after)) return words;
  }
  const safe = href.replace(/[<>\\\s]/gu, encodeURIComponent);
  const address = /[()]/u.test(safe) ? `<${safe}>` : safe;
  const told = title ? ` "${title.replace(/(["\\])/gu, "\\$1").replace(/\n/gu, " ")}"` : "";
  return `[${inline(unit.nodes, true)}](${address}${told})`;
};

const code = (text) => {
  const fence = "`".repeat(Math.max(0, ...[...text.matchAll(/`+/gu)].map((run) => run[0].length)) + 1);
  const room = /^`|`$|^ .* $/su.test(text) ? " " : "";
  return `${fence}${room}${text.replace(/\n/gu, " ")}${room}${fence}`;
};

export const inline = (nodes, within = false) => {
  const units = unitsOf(nodes ?? [], within);
  fit(units, "bold");
  fit(units, "italic");
  uncross(units);
  fit(units, "italic");
  const marks = { bold: "**", italic: "_" };
  const runs = [...runsOf(units, "bold"), ...runsOf(units, "italic")];
  const size = (run) => run.end - run.start;
  let out = "";
  let empty = true;
  units.forEach((unit, place) => {
    const opening = runs.filter((run) => run.start === place).sort((one, other) => size(other) - size(one) || (one.name === "italic" ? -1 : 1));
    out += opening.map((run) => marks[run.name]).join("");
    if (unit.said === "\n") {
      out += empty ? "\\\n" : "\n";
      empty = true;
    } else {
      const rest = units.slice(place + 1, place + 3).map((next) => next.first).join("");
      out += spelled(unit, to(units[place - 1]), rest);
      empty = false;
    }
    const closing = runs.filter((run) => run.end === place + 1).sort((one, other) => size(one) - size(other) || (one.name === "italic" ? 1 : -1));
    out += closing.map((run) => marks[run.name]).join("");
  });
  return out;
};
