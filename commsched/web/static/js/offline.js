// What is written without a network stays on the device until it is opened in Write.

const KEY = "written without a network";
const field = document.getElementById("offline-text");
const said = document.querySelector("[data-kept]");
const take = document.querySelector("[data-take]");

const keep = () => {
  try {
    localStorage.setItem(KEY, field.value);
    said.textContent = field.value ? said.dataset.words : "";
  } catch {
    said.textContent = said.dataset.lost;
  }
  take.hidden = !(navigator.onLine && field.value);
};

try {
  field.value = localStorage.getItem(KEY) ?? "";
} catch {
  said.textContent = said.dataset.lost;
}
field.addEventListener("input", keep);
addEventListener("online", keep);
addEventListener("offline", keep);
keep();
document.querySelector("[data-again]").addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});
