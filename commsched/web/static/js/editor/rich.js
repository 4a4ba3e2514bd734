// A rich text editor over one textarea. The textarea's Markdown stays the truth: it is read by the office, shown, and
// written back only where a person changed something.
import { writer } from "./markdown.js";
import { tidied } from "./paste.js";

const REMEMBERED = "writes-source";
const remembered = () => {
  try {
    return localStorage.getItem(REMEMBERED) === "1";
  } catch {
    return false;
  }
};
const remember = (source) => {
  try {
    localStorage.setItem(REMEMBERED, source ? "1" : "");
  } catch { /* a browser that keeps nothing asks each time */ }
};

const extensionsOf = (library, placeholder) => {
  const link = library.Mark.create({
    name: "link",
    inclusive: false,
    priority: 1000,
    addAttributes: () => ({ href: { default: "" }, title: { default: "" }, auto: { default: "" } }),
    parseHTML: () => [{ tag: "a[href]", getAttrs: (node) => (/^(?:https?:|mailto:|tel:|www\.)/iu.test(node.getAttribute("href")) ? { href: node.getAttribute("href") } : false) }],
    renderHTML: ({ mark }) => ["a", { href: mark.attrs.href, rel: "noopener nofollow" }, 0],
  });
  const { Document, Paragraph, Text, HardBreak, Heading, Bold, Italic, Code, CodeBlock } = library;
  const { Blockquote, BulletList, ListItem, HorizontalRule, UndoRedo, Gapcursor } = library;
  const lineBreak = HardBreak.extend({ // Ctrl+Enter is the page's own: it sends
    addKeyboardShortcuts() {
      return { "Shift-Enter": () => this.editor.commands.setHardBreak() };
    },
  });
  const numbers = library.Node.create({
    name: "orderedList",
    group: "block list",
    content: "listItem+",
    addAttributes: () => ({ start: { default: 1, parseHTML: (node) => Number(node.getAttribute("start") || 1) } }),
    parseHTML: () => [{ tag: "ol" }],
    renderHTML: ({ node }) => ["ol", node.attrs.start === 1 ? {} : { start: node.attrs.start }, 0],
    addCommands: () => ({ toggleOrderedList: () => ({ commands }) => commands.toggleList("orderedList", "listItem") }),
    addKeyboardShortcuts() {
      return { "Mod-Shift-7": () => this.editor.commands.toggleOrderedList() };
    },
    addInputRules() {
      return [library.wrappingInputRule({ find: /^(\d+)\.\s$/, type: this.type, getAttributes: (match) => ({ start: Number(match[1]) }) })];
    },
  });
  // Plain tables: what they say is written here, how they look is the page's business, whose policy allows no styles.
  const tables = [
    ["table", "table", "tableRow+", { group: "block" }],
    ["tableRow", "tr", "(tableHeader | tableCell)+", {}],
    ["tableHeader", "th", "paragraph+", { isolating: true }],
    ["tableCell", "td", "paragraph+", { isolating: true }],
  ].map(([name, tag, content, { group = "", isolating = false }]) => library.Node.create({
    name,
    group,
    content,
    isolating,
    parseHTML: () => [{ tag }],
    renderHTML: () => (tag === "table" ? ["table", ["tbody", 0]] : [tag, 0]),
  }));
  return [
    ...tables, Document, Paragraph, Text, lineBreak, Heading.configure({ levels: [1, 2, 3, 4, 5, 6] }), Bold, Italic,
    Code.extend({ excludes: "" }), CodeBlock, Blockquote, BulletList, numbers, ListItem, HorizontalRule, UndoRedo, Gapcursor, link,
    library.Placeholder.configure({ placeholder }),
  ];
};

const DEEDS = {
  heading: (chain) => chain.toggleHeading({ level: 2 }),
  subheading: (chain) => chain.toggleHeading({ level: 3 }),
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  bullets: (chain) => chain.toggleBulletList(),
  numbers: (chain) => chain.toggleOrderedList(),
  quote: (chain) => chain.toggleBlockquote(),
  undo: (chain) => chain.undo(),
};
const STATES = {
  heading: ["heading", { level: 2 }], subheading: ["heading", { level: 3 }], bold: ["bold"], italic: ["italic"],
  link: ["link"], bullets: ["bulletList"], numbers: ["orderedList"], quote: ["blockquote"],
};

const addressOf = (typed) => {
  const said = typed.trim();
  if (!said || /^[a-z][a-z0-9+.-]*:/iu.test(said)) return said;
  return /^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/u.test(said) ? `mailto:${said}` : `https://${said}`;
};

// What keys marked a moment ago, which the editor may not have heard of yet.
const asMarked = (editor) => {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = window.getSelection();
  if (!editor.view.dom.contains(anchorNode) || !editor.view.dom.contains(focusNode)) return;
  const ends = [editor.view.posAtDOM(anchorNode, anchorOffset), editor.view.posAtDOM(focusNode, focusOffset)];
  editor.commands.setTextSelection({ from: Math.min(...ends), to: Math.max(...ends) });
};

const askForLink = (editor, box) => {
  const open = box.previousElementSibling?.matches(".rich-link") ? box.previousElementSibling : null;
  if (open) return open.remove();
  const row = document.getElementById("rich-link").content.firstElementChild.cloneNode(true);
  const input = row.querySelector("input");
  input.value = editor.getAttributes("link").href ?? "";
  row.querySelector('[data-link="drop"]').hidden = !input.value;
  const done = (deed) => {
    row.remove();
    const chain = editor.chain().focus().extendMarkRange("link");
    const href = addressOf(input.value);
    if (deed === "drop" || (deed === "set" && !href)) chain.unsetMark("link").run();
    else if (deed === "set" && editor.state.selection.empty && !editor.isActive("link")) {
      chain.insertContent({ type: "text", text: input.value.trim(), marks: [{ type: "link", attrs: { href } }] }).run();
    } else if (deed === "set") chain.setMark("link", { href, title: "", auto: "" }).run();
    else editor.commands.focus();
  };
  row.addEventListener("click", (event) => {
    const deed = event.target.closest("[data-link]")?.dataset.link;
    if (deed) done(deed);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    done(event.key === "Enter" ? "set" : "leave");
  });
  box.before(row);
  input.focus();
  return input.select();
};

const read = async (form, field, desk) => {
  const data = new FormData();
  data.set("form_token", form.elements.form_token.value);
  data.set("text", field.value);
  const answer = await fetch(desk.dataset.read, { method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the office answered ${answer.status}`);
  return (await answer.json()).blocks;
};

// The toolbar is one stop for the Tab key; arrows walk in it.
const walkable = (bar) => {
  const tools = [...bar.querySelectorAll("button")];
  tools.forEach((tool, place) => { tool.tabIndex = place ? -1 : 0; });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const seen = tools.filter((tool) => !tool.hidden);
    const next = seen[(seen.indexOf(document.activeElement) + step + seen.length) % seen.length];
    for (const tool of tools) tool.tabIndex = tool === next ? 0 : -1;
    next.focus();
    event.preventDefault();
  });
};

class Rich {
  constructor(form, field, desk, library) {
    Object.assign(this, { form, field, desk, library, said: null, write: null });
    this.bar = document.getElementById("rich-tools").content.firstElementChild.cloneNode(true);
    this.box = document.createElement("div");
    this.box.className = "rich";
    this.box.hidden = true;
    this.label = form.querySelector(`label[for="${field.id}"]`);
    if (this.label) this.label.id ||= `label-${field.id}`;
    ((field.closest("[data-writes]") ?? form).querySelector("[data-tools]") ?? document.createElement("div")).append(this.bar);
    field.before(this.box);
    if (!this.bar.isConnected) this.box.before(this.bar);
    walkable(this.bar);
    this.bar.addEventListener("mousedown", (event) => event.preventDefault()); // the caret stays where it is
    this.bar.addEventListener("click", (event) => this.press(event.target.closest("[data-tool]")?.dataset.tool));
    this.label?.addEventListener("click", () => this.shown && this.editor.commands.focus());
    field.addEventListener("focus", () => this.shown && this.editor.commands.focus());
    form.addEventListener("changed", () => this.follow());
    if (remembered()) this.source();
    else this.show();
  }

  get shown() {
    return Boolean(this.editor) && !this.box.hidden;
  }

  async show() {
    try {
      do { // what is typed meanwhile is read again
        this.said = this.field.value;
        this.blocks = await read(this.form, this.field, this.desk);
      } while (this.field.value !== this.said);
    } catch {
      this.source(); // no contact: the plain field is always there
      return;
    }
    const here = document.activeElement === this.field;
    this.write = writer(this.blocks);
    this.editor ??= this.make();
    const content = this.blocks.map((block) => block.node);
    const doc = { type: "doc", content: content.length ? content : [{ type: "paragraph" }] };
    this.editor.chain().setMeta("addToHistory", false).setContent(doc, { emitUpdate: false }).run(); // nobody undoes that
    this.reveal(true);
    if (here) this.editor.commands.focus("end");
  }

  make() {
    const { field, label } = this;
    return new this.library.Editor({
      element: this.box,
      injectCSS: false,
      extensions: extensionsOf(this.library, field.placeholder),
      editorProps: {
        attributes: {
          role: "textbox", "aria-multiline": "true", class: `${field.className.replace("behind-rich", "")} rich-text`, id: `rich-${field.name}`, lang: field.lang || this.form.elements.language?.value || "",
          ...(label ? { "aria-labelledby": label.id } : { "aria-label": field.getAttribute("aria-label") ?? "" }),
          ...(field.getAttribute("aria-describedby") ? { "aria-describedby": field.getAttribute("aria-describedby") } : {}),
        },
        transformPastedHTML: (html) => tidied(html),
        handleKeyDown: (_view, event) => {
          if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key !== "k") return false;
          event.preventDefault();
          event.stopPropagation();
          asMarked(this.editor);
          askForLink(this.editor, this.box);
          return true;
        },
      },
      onUpdate: () => this.changed(),
      onTransaction: () => this.mark(),
    });
  }

  changed() {
    const text = this.write(this.editor.getJSON());
    if (text === this.field.value) return;
    this.field.value = text;
    this.said = text;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Something else wrote in the field: a copy that was brought back, a version that was chosen.
  follow() {
    if (this.shown && this.said !== null && this.field.value !== this.said) this.show();
  }

  mark() {
    if (!this.editor) return;
    for (const [name, state] of Object.entries(STATES)) {
      this.bar.querySelector(`[data-tool="${name}"]`).setAttribute("aria-pressed", String(this.editor.isActive(...state)));
    }
  }

  reveal(rich) {
    this.box.hidden = !rich;
    this.field.classList.toggle("behind-rich", rich);
    this.field.tabIndex = rich ? -1 : 0;
    if (rich) this.field.setAttribute("aria-hidden", "true");
    else this.field.removeAttribute("aria-hidden");
    if (this.label) this.label.htmlFor = rich ? "" : this.field.id;
    for (const tool of this.bar.querySelectorAll("[data-tool]")) {
      if (tool.dataset.tool === "source") tool.setAttribute("aria-pressed", String(!rich));
      else tool.hidden = !rich;
    }
  }

  source() {
    this.said = null;
    this.reveal(false);
  }

  async press(tool) {
    if (!tool) return;
    if (tool === "source") {
      const source = this.shown;
      remember(source);
      if (source) this.source();
      else await this.show();
      (source ? this.field : this.editor?.view.dom)?.focus();
    } else if (tool === "link") askForLink(this.editor, this.box);
    else DEEDS[tool](this.editor.chain().focus()).run();
  }
}

export const startRich = async (form, field, desk) => {
  try {
    return new Rich(form, field, desk, await import(desk.dataset.library));
  } catch {
    return null; // without the library the plain field is what it was
  }
};
