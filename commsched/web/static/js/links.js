// A secret link is copied or shared with one press. Without JavaScript it stands in a field, to be marked and copied.

const said = (button, words) => {
  const label = button.querySelector("span");
  const before = label.textContent;
  label.textContent = words;
  const status = button.closest("[data-hand-over]")?.querySelector("[data-copy-status]");
  if (status) status.textContent = words;
  setTimeout(() => {
    label.textContent = before;
  }, 2500);
};

const copy = async (button) => {
  const field = button.closest("[data-hand-over]")?.querySelector("input, textarea");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Over plain http on another machine there is no clipboard: the field is marked instead.
    field?.select();
    if (!document.execCommand("copy")) return;
  }
  said(button, button.dataset.copied);
};

document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const sharer = event.target.closest("[data-share]");
  if (sharer) navigator.share({ title: sharer.dataset.shareTitle, url: sharer.dataset.share }).catch(() => {});
});

for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
if (navigator.share) for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
