// Where crops are centred: pressed on the picture, seen at once in every shape that nobody has moved by hand.
const area = document.querySelector("[data-focus]");
const image = area.querySelector("img");
const mark = area.querySelector(".focus-mark");
const x = document.querySelector("#f-x");
const y = document.querySelector("#f-y");
const size = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];

const crops = [...document.querySelectorAll("[data-crop]")].map((figure) => {
  const [left, top, width, height] = figure.dataset.box.split(" ").map(Number);
  const upright = "upright" in figure.dataset;
  const slider = figure.querySelector("[type=range]");
  const from = figure.querySelector("[type=hidden]");
  const proposed = Number(from?.value);
  return {
    figure, left, top, width, height, upright, slider, from, proposed,
    svg: figure.querySelector(".crop-view"),
    reset: figure.querySelector("button"),
    free: upright ? size[1] - height : size[0] - width,
    moved: "moved" in figure.dataset || (slider && Math.abs(slider.value - proposed) >= 0.5),
  };
});

const show = (crop) => {
  const at = (Number(crop.slider.value) / 100) * crop.free;
  const [left, top] = crop.upright ? [crop.left, at] : [at, crop.top];
  crop.svg.setAttribute("viewBox", `${left} ${top} ${crop.width} ${crop.height}`);
  crop.reset.hidden = !crop.moved;
};

const put = (crop, place) => {
  crop.slider.value = Math.min(Math.max(place, 0), 100);
  crop.moved = Math.abs(crop.slider.value - crop.proposed) >= 0.5;
  show(crop);
};

const follow = () => {
  const [left, top] = [Number(x.value) / 100, Number(y.value) / 100];
  mark.hidden = false;
  mark.style.left = `${left * 100}%`;
  mark.style.top = `${top * 100}%`;
  for (const crop of crops.filter((one) => one.slider)) {
    const [centre, whole, part] = crop.upright ? [top, size[1], crop.height] : [left, size[0], crop.width];
    crop.proposed = (Math.min(Math.max(centre * whole - part / 2, 0), crop.free) / crop.free) * 100;
    crop.from.value = crop.proposed;
    if (!crop.moved) {
      crop.slider.value = crop.proposed;
      show(crop);
    }
  }
};

for (const crop of crops.filter((one) => one.slider)) {
  crop.slider.addEventListener("input", () => put(crop, Number(crop.slider.value)));
  crop.reset.addEventListener("click", (event) => {
    event.preventDefault();
    put(crop, crop.proposed);
    crop.slider.focus();
  });
  let from;
  crop.svg.addEventListener("pointerdown", (event) => {
    from = { at: crop.upright ? event.clientY : event.clientX, value: Number(crop.slider.value) };
    crop.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  crop.svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const box = crop.svg.getBoundingClientRect();
    const pixels = (crop.upright ? event.clientY : event.clientX) - from.at;
    const scale = crop.upright ? crop.height / box.height : crop.width / box.width;
    put(crop, from.value - (pixels * scale * 100) / crop.free);
  });
  for (const end of ["pointerup", "pointercancel"]) crop.svg.addEventListener(end, () => (from = undefined));
  show(crop);
}

if (x && y) {
  area.classList.add("movable");
  area.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    const share = (value, whole) => Math.round(Math.min(Math.max(value / whole, 0), 1) * 100);
    x.value = share(event.clientX - box.left, box.width);
    y.value = share(event.clientY - box.top, box.height);
    follow();
  });
  for (const field of [x, y]) field.addEventListener("input", follow);
  const [left, top] = [Number(x.value) / 100, Number(y.value) / 100];
  mark.hidden = false;
  mark.style.left = `${left * 100}%`;
  mark.style.top = `${top * 100}%`;
}
