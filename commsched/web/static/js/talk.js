// Comments: names are completed after an @, marked words of the text are put into the field for them, and the words that
// a comment is about are shown in the text. Without this script all of it is typed.
const card = document.getElementById("talk");
const form = card?.querySelector(".talk-form");
const box = form?.querySelector('textarea[name="comment"]');
const MOST = 6;

const before = () => /(?:^|[^\p{L}\p{N}_.@/])@([\p{L}\p{N}_' -]{0,40})$/u.exec(box.value.slice(0, box.selectionStart));

function complete() {
  const names = JSON.parse(card.dataset.people);
  const list = document.createElement("ul");
  list.className = "talk-names";
  list.id = "talk-names";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-labelledby", "i-talk");
  box.after(list);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  let chosen = 0;

  const close = () => {
    list.hidden = true;
    box.removeAttribute("aria-activedescendant");
  };
  const mark = () => {
    [...list.children].forEach((entry, place) => entry.setAttribute("aria-selected", String(place === chosen)));
    box.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  const take = (name) => {
    const typed = before();
    if (!typed) return;
    const start = box.selectionStart - typed[1].length;
    box.setRangeText(`${name} `, start, box.selectionStart, "end");
    close();
    box.focus();
  };
  const offer = () => {
    const typed = before();
    const begun = typed?.[1].toLocaleLowerCase();
    const fits = typed ? names.filter((name) => ` ${name.toLocaleLowerCase()}`.includes(` ${begun}`) && name.toLocaleLowerCase() !== begun.trim()).slice(0, MOST) : [];
    if (!fits.length) return close();
    list.replaceChildren(...fits.map((name, place) => {
      const entry = document.createElement("li");
      entry.id = `talk-name-${place}`;
      entry.setAttribute("role", "option");
      entry.textContent = name;
      entry.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(name);
      });
      return entry;
    }));
    chosen = 0;
    list.style.top = `${box.offsetTop + box.offsetHeight + 4}px`;
    list.hidden = false;
    mark();
  };
  box.addEventListener("input", offer);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      chosen = (chosen + step + list.children.length) % list.children.length;
      mark();
    } else if (event.key === "Enter" || event.key === "Tab") {
      take(list.children[chosen].textContent);
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });
}

function takeWords() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button talk-mark";
  button.textContent = card.dataset.wordsComment;
  button.hidden = true;
  document.body.append(button);
  let words = "";
  const look = () => {
    const marked = document.getSelection();
    words = marked.toString().trim();
    const range = words && marked.rangeCount ? marked.getRangeAt(0) : null;
    const inside = range?.startContainer.parentElement?.closest(".looks, [data-live='text']");
    button.hidden = !(inside && words.length <= 500);
    if (button.hidden) return;
    const at = range.getBoundingClientRect();
    button.style.top = `${window.scrollY + at.bottom + 8}px`;
    button.style.left = `${Math.max(8, Math.min(window.innerWidth - button.offsetWidth - 8, at.left))}px`;
  };
  document.addEventListener("selectionchange", look);
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const about = form.querySelector(".talk-about");
    about.open = true;
    about.querySelector("textarea").value = words;
    button.hidden = true;
    box.focus();
    form.scrollIntoView({ block: "center" });
  });
}

// Where the words stand in one piece of text they are marked there.
function showQuoted() {
  if (!CSS.highlights) return;
  const ranges = [];
  const texts = [];
  for (const part of document.querySelectorAll(".looks")) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode);
  }
  for (const quote of card.querySelectorAll("[data-quote] > p:first-child")) {
    for (const text of texts) {
      const at = text.data.indexOf(quote.textContent);
      if (at < 0) continue;
      const range = new Range();
      range.setStart(text, at);
      range.setEnd(text, at + quote.textContent.length);
      ranges.push(range);
    }
  }
  CSS.highlights.set("talk-quoted", new Highlight(...ranges));
}

if (card) showQuoted();
if (box) {
  complete();
  takeWords();
}
