// What could not be saved is kept in this browser: a copy for each item, and for each new post one for its own tab, so
// that two that are begun without a connection do not take each other's place.

const HERE = "writing-tab";

const alive = async () => {
  if (!navigator.locks?.query) return new Set();
  return new Set((await navigator.locks.query()).held.map((one) => one.name));
};

const tab = (open, stem) => {
  let mine = null;
  try {
    mine = sessionStorage.getItem(HERE);
    if (!mine || open.has(`${stem}.${mine}`)) {  // a tab that was made from another has its memory too
      mine = Math.random().toString(36).slice(2, 10);
      sessionStorage.setItem(HERE, mine);
    }
  } catch { /* a browser that keeps nothing has nothing to mix up */ }
  return mine ?? "0";
};

// The name under which this page's copy is kept; and the copies that earlier visits left, the newest first.
export const openKept = async (stem) => {
  const isNew = /:new-\w+$/.test(stem);
  if (!isNew) return { name: stem, left: [stem] };
  const open = await alive();
  const name = `${stem}.${tab(open, stem)}`;
  navigator.locks?.request(name, () => new Promise(() => {}));
  return { name, left: names(stem).filter((one) => one === name || !open.has(one)) };
};

const names = (stem) => {
  try {
    const found = Object.keys(localStorage).filter((one) => one === stem || one.startsWith(`${stem}.`));
    return found.sort((one, other) => (read(other)?.at ?? 0) - (read(one)?.at ?? 0));
  } catch {
    return [];
  }
};

export const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name) || "null");
  } catch {
    return null;
  }
};

export const write = (name, copy) => {
  try {
    localStorage.setItem(name, JSON.stringify(copy));
  } catch { /* no room, or not allowed: the page itself still has it */ }
};

export const forget = (name) => {
  try {
    localStorage.removeItem(name);
  } catch { /* nothing was kept */ }
};
