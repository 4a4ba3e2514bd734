// The service worker. It keeps one page for when there is no network, and what other apps share until it is opened.
// Pages of an office are never kept: whoever uses the device next must not see them.

const KEPT = `shell ${BUILD}`;
const SHARED = "shared";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name !== KEPT && name !== SHARED));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

const page = async (request) => {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(SHELL[0])) ?? Response.error();
  }
};

// What the telephone's menu shares is kept here and opened by a page, where the person says what becomes of it.
const take = async (request) => {
  const sent = await request.formData();
  const cache = await caches.open(SHARED);
  for (const old of await cache.keys()) await cache.delete(old);
  const words = Object.fromEntries(["title", "text", "link"].map((name) => [name, String(sent.get(name) ?? "")]));
  await cache.put("/share/words", new Response(JSON.stringify(words)));
  const files = sent.getAll("files").filter((file) => file instanceof File && file.size);
  for (const [number, file] of files.slice(0, 10).entries()) {
    const headers = { "Content-Type": file.type, "X-Name": encodeURIComponent(file.name) };
    await cache.put(`/share/file/${number}`, new Response(file, { headers }));
  }
  return Response.redirect("/share", 303);
};

// Something waits for whoever uses this device: a few words that say nothing of what it is.
self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  const shown = { body: told.body, icon: "/app-icon-plain-192.png", tag: told.url, data: told.url };
  event.waitUntil(self.registration.showNotification(told.title || "commsched", shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const wish = new URL(event.notification.data || "/", location.origin);
  if (wish.origin === location.origin) event.waitUntil(self.clients.openWindow(wish.href));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method === "POST" && address.pathname === "/share") event.respondWith(take(request));
  else if (request.mode === "navigate" && request.method === "GET") event.respondWith(page(request));
  else if (SHELL.includes(address.pathname + address.search)) {
    event.respondWith(fetch(request).catch(() => caches.match(request).then((kept) => kept ?? Response.error())));
  }
});
