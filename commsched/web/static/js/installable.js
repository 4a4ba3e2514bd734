// The worker that keeps a page for when there is no network. Without it everything works as before.

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {});

// What was shared, or written without a network, has come as far as the composer: only now may the device forget it.
const forget = async () => {
  localStorage.removeItem("written without a network");
  await caches.delete("shared");
};

if (location.pathname.endsWith("/write/shared") && document.getElementById("composer")) forget().catch(() => {});
