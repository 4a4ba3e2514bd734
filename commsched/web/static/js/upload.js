// One file to the office, in pieces: what is there is there, whatever becomes of the connection, the lid or the server.
// The wire is tus 1.0.0: HEAD tells how much is there, PATCH adds to it; a POST at the end takes the whole file in.
const PIECE = 1024 * 1024;
const PATIENCE = 15 * 60 * 1000;

export class Lost extends Error {}

class Refused extends Error {
  constructor(words, status) {
    super(words);
    this.status = status;
  }
}

const rest = (milliseconds) => new Promise((done) => {
  const timer = setTimeout(done, milliseconds);
  window.addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
});

// After signing in again in another tab the old token is worth nothing; the page itself has the new one.
const renew = async () => {
  const answer = await fetch(window.location.href, { redirect: "manual", credentials: "same-origin" });
  const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
  const token = page?.querySelector('[name="form_token"]')?.value;
  for (const field of document.querySelectorAll('[name="form_token"]')) field.value = token || field.value;
  return Boolean(token);
};

const ask = async (method, url, headers = {}, body = undefined, again = true) => {
  const token = document.querySelector('[name="form_token"]').value;
  const answer = await fetch(url, {
    method, body, credentials: "same-origin",
    headers: { "Tus-Resumable": "1.0.0", "X-Form-Token": token, Accept: "application/json", ...headers },
  });
  if (again && (answer.status === 400 || answer.status === 401) && (await renew())) return ask(method, url, headers, body, false);
  if (answer.ok) return answer;
  if (answer.status >= 500 || answer.status === 423 || answer.status === 429) throw new TypeError("not now");
  const told = method === "HEAD" ? {} : await answer.json().catch(() => ({}));
  throw new Refused(told.words || "", answer.status);
};

// A piece, with how much of it has left told as it leaves: fetch cannot say that.
const push = (url, headers, piece, told, again = true) => new Promise((done, failed) => {
  const call = new XMLHttpRequest();
  call.open("PATCH", url);
  const token = document.querySelector('[name="form_token"]').value;
  const all = { "Tus-Resumable": "1.0.0", "X-Form-Token": token, Accept: "application/json", ...headers };
  for (const [name, value] of Object.entries(all)) call.setRequestHeader(name, value);
  const stop = () => call.abort();
  told.signal?.addEventListener("abort", stop, { once: true });
  call.upload.addEventListener("progress", (event) => told.leaving(event.loaded));
  call.onabort = () => failed(new DOMException("", "AbortError"));
  call.onerror = () => failed(new TypeError("no connection"));
  call.onloadend = () => told.signal?.removeEventListener("abort", stop);
  call.onload = async () => {
    if (call.status < 300) done(Number(call.getResponseHeader("Upload-Offset")));
    else if (again && (call.status === 400 || call.status === 401) && (await renew().catch(() => false))) {
      push(url, headers, piece, told, false).then(done, failed);
    } else if (call.status >= 500 || call.status === 423 || call.status === 429) failed(new TypeError("not now"));
    else failed(new Refused(wordsOf(call.responseText), call.status));
  };
  call.send(piece);
});

const wordsOf = (body) => {
  try { return JSON.parse(body).words || ""; } catch { return ""; }
};

const text = (words) => btoa(String.fromCharCode(...new TextEncoder().encode(words)));

const begin = async (file, url) => {
  const about = `filename ${text(file.name)},filetype ${text(file.type)}`;
  const answer = await ask("POST", url, { "Upload-Length": String(file.size), "Upload-Metadata": about });
  return answer.headers.get("Location");
};

const remembered = (key) => {
  try { return localStorage.getItem(key); } catch { return null; }
};

const remember = (key, address) => {
  try {
    if (address) localStorage.setItem(key, address);
    else localStorage.removeItem(key);
  } catch { /* a browser that keeps nothing only goes on within the page */ }
};

// Goes on from where it is; throws a TypeError where there is no connection, a Refused where the office says no.
const go = async (file, url, key, told, as) => {
  let address = remembered(key);
  let offset = 0;
  if (address) {
    try {
      offset = Number((await ask("HEAD", address)).headers.get("Upload-Offset"));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      address = null;
    }
  }
  if (!address) {
    address = await begin(file, url);
    remember(key, address);
  }
  told.here(offset);
  while (offset < file.size) {
    const from = offset;
    told.signal?.throwIfAborted();
    offset = await push(address, {
      "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream",
    }, file.slice(from, from + PIECE), { signal: told.signal, leaving: (bytes) => told.here(from + bytes) });
    told.here(offset);
  }
  const answer = await (await ask("POST", as ? `${address}?as=${as}` : address)).json();
  remember(key, null);
  return answer;
};

// Sends ``file``; ``told.here(bytes)`` is called as it arrives, ``told.waits(yes)`` when the connection comes and goes,
// and ``told.signal`` stops it (it then throws an AbortError).
// ``as`` is "document" for what goes with a release, else it is a picture or a video.
// Resolves to what the office says of it: what was taken, and a sentence for what was not.
export const upload = async (file, url, told, as = "") => {
  const key = `upload ${url} ${as}${file.name} ${file.size} ${file.lastModified}`;
  let last = Date.now();
  const watch = {
    signal: told.signal,
    here: (bytes) => { last = Date.now(); told.waits(false); told.here(bytes); },
  };
  for (let tries = 0; Date.now() - last < PATIENCE; tries += 1) {
    told.signal?.throwIfAborted();
    try {
      const started = last;
      const answer = await go(file, url, key, watch, as);
      if (last !== started) tries = 0;
      told.waits(false);
      return answer;
    } catch (error) {
      if (error instanceof Refused && error.status === 409 && tries < 20) continue;
      if (error instanceof Refused) {
        remember(key, null);
        return { pictures: [], documents: [], refused: error.message ? [`${file.name}: ${error.message}`] : [file.name] };
      }
      if (!(error instanceof TypeError)) throw error;
      told.waits(true);
      await rest(Math.min(500 * 2 ** Math.min(tries, 5), 10000));
    }
  }
  throw new Lost();
};
