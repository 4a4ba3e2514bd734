// Where crops are centred: pressed on the picture, seen at once in every ratio.
const area = document.querySelector("[data-focus]");
const image = area.querySelector("img");
const mark = area.querySelector(".focus-mark");
const x = document.querySelector("#f-x");
const y = document.querySelector("#f-y");

const place = (focus, whole, part) => {
  const free = whole - part;
  if (free <= 0) return 50;
  return (Math.min(Math.max(focus * whole - part / 2, 0), free) / free) * 100;
};

const show = () => {
  const [left, top] = [Number(x.value) / 100, Number(y.value) / 100];
  mark.hidden = false;
  mark.style.left = `${left * 100}%`;
  mark.style.top = `${top * 100}%`;
  const [width, height] = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
  for (const crop of document.querySelectorAll("[data-ratio]")) {
    const [across, down] = crop.dataset.ratio.split("x").map(Number);
    const scale = Math.min(width / across, height / down);
    crop.style.objectPosition = `${place(left, width, across * scale)}% ${place(top, height, down * scale)}%`;
  }
};

if (x && y) {
  area.classList.add("movable");
  area.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    const share = (value, size) => Math.round(Math.min(Math.max(value / size, 0), 1) * 100);
    x.value = share(event.clientX - box.left, box.width);
    y.value = share(event.clientY - box.top, box.height);
    show();
  });
  for (const field of [x, y]) field.addEventListener("input", show);
  show();
}
