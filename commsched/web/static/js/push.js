// Has this browser told at once: it is asked for leave, and its answer goes to us in a form.

const form = document.querySelector("[data-push]");
const button = form?.querySelector("button");
const said = form?.querySelector("[data-push-said]");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const plain = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const subscribe = async () => {
  const worker = await navigator.serviceWorker.ready;
  const wish = { userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) };
  const old = await worker.pushManager.getSubscription();
  if (old) await old.unsubscribe();
  const answer = await worker.pushManager.subscribe(wish);
  form.elements.endpoint.value = answer.endpoint;
  form.elements.p256dh.value = plain(answer.getKey("p256dh"));
  form.elements.auth.value = plain(answer.getKey("auth"));
  form.requestSubmit();
};

if (form && "serviceWorker" in navigator && "PushManager" in window) {
  button.hidden = false;
  said.textContent = "";
  button.addEventListener("click", () => {
    subscribe().catch(() => {
      said.textContent = form.dataset.refused;
    });
  });
}
