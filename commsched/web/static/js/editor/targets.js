// Where the caret is, in a textarea or in the rich editor: the words before it, where it stands, and how to write there.
const COPIED = ["fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "paddingTop", "paddingLeft", "paddingRight", "borderTopWidth", "borderLeftWidth", "textTransform"];

export const fieldTarget = (field) => ({
  element: field,
  before: () => field.value.slice(0, field.selectionStart),
  replace: (length, text) => {
    field.focus();
    field.setSelectionRange(field.selectionStart - length, field.selectionEnd);
    document.execCommand("insertText", false, text); // so that it can be undone
  },
  place: () => {
    const style = getComputedStyle(field);
    const mirror = document.createElement("div");
    for (const name of COPIED) mirror.style[name] = style[name];
    Object.assign(mirror.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", width: `${field.clientWidth}px`, boxSizing: "border-box" });
    mirror.textContent = field.value.slice(0, field.selectionStart);
    const mark = document.createElement("span");
    mark.textContent = "\u200b";
    mirror.append(mark);
    document.body.append(mirror);
    const box = field.getBoundingClientRect();
    const top = box.top + mark.offsetTop - field.scrollTop;
    const spot = { left: box.left + mark.offsetLeft, top, bottom: top + mark.offsetHeight };
    mirror.remove();
    return spot;
  },
});

export const richTarget = (rich) => ({
  element: rich.editor.view.dom,
  before: () => {
    const { $from } = rich.editor.state.selection;
    return $from.parent.textBetween(0, $from.parentOffset, "\n", "\n");
  },
  replace: (length, text) => {
    const { from, to } = rich.editor.state.selection;
    rich.editor.chain().focus().insertContentAt({ from: from - length, to }, text).run();
  },
  place: () => {
    const { left, top, bottom } = rich.editor.view.coordsAtPos(rich.editor.state.selection.from);
    return { left, top, bottom };
  },
});
