// What another app shared, or what was written without a network, is put into the form; the person sends it.

const KEY = "written without a network";
const form = document.querySelector("[data-share]");

const read = () => {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
};

const fill = async () => {
  const cache = "caches" in window ? await caches.open("shared") : null;
  const words = cache && (await cache.match("/share/words"));
  const shared = words ? await words.json() : { title: "", text: "", link: "" };
  const inText = shared.text.match(/https?:\/\/\S+$/)?.[0] ?? "";
  const link = shared.link || inText;
  const text = shared.link ? shared.text : shared.text.slice(0, shared.text.length - inText.length);
  form.elements.text.value = [shared.title, text.trim(), read()].filter(Boolean).join("\n\n");
  form.elements.link.value = link;
  const files = new DataTransfer();
  for (const request of cache ? await cache.keys() : []) {
    if (!new URL(request.url).pathname.startsWith("/share/file/")) continue;
    const kept = await cache.match(request);
    const name = decodeURIComponent(kept.headers.get("X-Name") ?? "bild");
    files.items.add(new File([await kept.blob()], name, { type: kept.headers.get("Content-Type") ?? "" }));
  }
  if (files.files.length) form.elements.files.files = files.files;
  const said = document.querySelector("[data-files]");
  if (files.files.length) said.textContent = `${said.dataset.words} ${files.files.length}`;
  const some = form.elements.text.value || link || files.files.length;
  document.querySelector("[data-nothing]").hidden = Boolean(some);
  return Boolean(some);
};

if (form) {
  fill()
    .then((some) => {
      if (some && "only" in form.dataset) form.requestSubmit();
    })
    .catch(() => {});
}
