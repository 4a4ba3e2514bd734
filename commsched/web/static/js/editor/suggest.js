// Completion: @ finds in the mention book, # among the office's hashtags. The book is fetched when it is first needed.
const PERSON = /(?:^|[\s(”"])@([\p{L}\p{N}][\p{L}\p{N} .'’-]{0,40})?$/u;
const TAG = /(?:^|[\s(])#([\p{L}\p{N}_]{0,60})$/u;
const MOST = 8;
const NAMED = /^(?:text|lead|short|facts|own-\d+)$/u;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const begins = (name, typed) => {
  const wish = fold(typed);
  const words = fold(name);
  return words.startsWith(wish) || words.split(/\s+/u).some((word, place, all) => all.slice(place).join(" ").startsWith(wish));
};

export const startSuggesting = (form, desk, targetOf) => {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = "suggest";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", desk.dataset.wordsSuggested);
  list.hidden = true;
  form.append(list);
  let aids;
  let target = null;
  let length = 0;
  let chosen = 0;

  const known = async () => {
    aids ??= fetch(desk.dataset.aids, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))));
    try {
      return await aids;
    } catch {
      aids = undefined; // no contact: it is asked again next time
      return { people: [], tags: [] };
    }
  };

  const close = () => {
    if (list.hidden) return;
    list.hidden = true;
    target?.element.removeAttribute("aria-activedescendant");
    target?.element.removeAttribute("aria-controls");
  };

  const choose = (place) => {
    const rows = [...list.children];
    chosen = (place + rows.length) % rows.length;
    rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
    rows[chosen].scrollIntoView({ block: "nearest" });
    target.element.setAttribute("aria-activedescendant", rows[chosen].id);
  };

  const take = () => {
    const { text } = list.children[chosen].dataset;
    close();
    target.replace(length, `${text} `);
  };

  const row = ({ text, shown, note }, place) => {
    const option = document.createElement("li");
    option.id = `suggest-${place}`;
    option.setAttribute("role", "option");
    option.dataset.text = text;
    option.append(Object.assign(document.createElement("strong"), { textContent: shown }));
    if (note) option.append(Object.assign(document.createElement("span"), { className: "soft small", textContent: note }));
    return option;
  };

  const show = (where, options, typed) => {
    if (!options.length) return close();
    target = where;
    length = typed;
    list.replaceChildren(...options.map(row));
    list.hidden = false;
    stand();
    target.element.setAttribute("aria-controls", "suggest");
    return choose(0);
  };

  const stand = () => {
    if (list.hidden) return;
    const { left, top, bottom } = target.place();
    const room = document.documentElement.clientWidth - list.offsetWidth - 8;
    list.style.left = `${Math.max(8, Math.min(left, room))}px`;
    const floor = document.querySelector(".action-bar")?.getBoundingClientRect().top ?? window.innerHeight;
    const fits = bottom + list.offsetHeight + 8 < floor || top < list.offsetHeight + 8;
    list.style.top = `${(fits ? bottom + 4 : top - list.offsetHeight - 4)}px`;
  };
  window.addEventListener("scroll", stand, { passive: true });

  const look = async (where) => {
    const before = where.before();
    const person = PERSON.exec(before);
    const tag = TAG.exec(before);
    if (!person && !tag) return close();
    const { people, tags } = await known();
    if (where.before() !== before) return undefined;
    const typed = (person ?? tag)[1] ?? "";
    const options = person
      ? people.filter(({ name }) => begins(name, typed)).map(({ name, note }) => ({ text: `@[${name}]`, shown: name, note }))
      : tags.filter((word) => begins(word, typed) && word !== typed).map((word) => ({ text: `#${word}`, shown: `#${word}` }));
    return show(where, options.slice(0, MOST), typed.length + 1);
  };

  form.addEventListener("input", (event) => {
    if (NAMED.test(event.target.name ?? "")) look(targetOf(event.target));
  });
  document.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const deed = { ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), Enter: take, Tab: take, Escape: close }[event.key];
    if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    deed();
  }, { capture: true });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the caret stays where it is
    const option = event.target.closest("li");
    if (!option) return;
    choose([...list.children].indexOf(option));
    take();
  });
  form.addEventListener("focusout", () => setTimeout(() => { if (!document.activeElement?.closest("#composer")) close(); }, 100));
  return { look };
};
