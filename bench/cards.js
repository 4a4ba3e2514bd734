// The peers' side of the card measurement: satori with resvg, and takumi, drawing the same card as ours.
// Started by bench.cards in a folder where they are installed; prints one JSON object.
const fs = require("fs");
const { createRequire } = require("module");
const path = require("path");
const need = createRequire(path.join(process.cwd(), "index.js"));
const [which, rounds] = [process.argv[2], Number(process.argv[3])];
const font = (weight) =>
  fs.readFileSync(need.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff${which === "takumi" ? "2" : ""}`));
const photo = { full: fs.readFileSync("photo.jpg"), small: fs.readFileSync("small.jpg") };
const headline = (number) => `Vi säger ja till fler turer på landsbygden och lägre priser för unga från ${number}`;
const el = (style, children, type = "div", rest = {}) => ({ type, props: { style: { display: "flex", ...style }, children, ...rest } });

const card = { width: 1200, height: 630, flexDirection: "row", backgroundColor: "#14532d", color: "#faf7f0", fontFamily: "Inter" };
const left = { flexDirection: "column", justifyContent: "center", width: 744, height: 630, padding: 54 };
const chip = { backgroundColor: "#f2b705", color: "#14211b", fontSize: 24, fontWeight: 800, padding: "8px 14px", borderRadius: 4, alignSelf: "flex-start" };
const title = { fontSize: 60, fontWeight: 800, lineHeight: 1.08, marginTop: 24 };
const foot = { fontSize: 32, fontWeight: 800, marginTop: 40 };
const picture = { width: 456, height: 630, objectFit: "cover" };

async function satori() {
  const loaded = need("satori");
  const draw = loaded.default ?? loaded.satori ?? loaded;
  const { Resvg } = need("@resvg/resvg-js");
  const fonts = [400, 800].map((weight) => ({ name: "Inter", data: font(weight), weight, style: "normal" }));
  const uri = Object.fromEntries(Object.entries(photo).map(([key, data]) => [key, "data:image/jpeg;base64," + data.toString("base64")]));
  return (size) => async (number) => {
    const tree = el(card, [
      el(left, [el(chip, "TRAFIK"), el(title, headline(number)), el(foot, "Inlandspartiet")]),
      { type: "img", props: { src: uri[size], width: 456, height: 630, style: picture } },
    ]);
    const svg = await draw(tree, { width: 1200, height: 630, fonts });
    return new Resvg(svg).render().asPng();
  };
}

async function takumi() {
  const { Renderer } = need("@takumi-rs/core");
  const renderer = new Renderer();
  for (const weight of [400, 800]) await renderer.registerFont({ name: "Inter", data: font(weight), weight });
  return (size, format = "png", cache = "auto") => async (number) => {
    const text = (style, words) => ({ type: "text", text: words, style });
    const box = (style, children) => ({ type: "container", style: { display: "flex", ...style }, children });
    const tree = box(card, [
      box(left, [text(chip, "TRAFIK"), text(title, headline(number)), text(foot, "Inlandspartiet")]),
      { type: "image", src: "photo", width: 456, height: 630, style: picture },
    ]);
    const images = [{ src: "photo", data: photo[size], cache }];
    return renderer.render(tree, { width: 1200, height: 630, format, quality: 88, images });
  };
}

async function measure(draw) {
  let bytes = 0;
  for (let number = 0; number < 3; number++) bytes = (await draw(number)).length;
  const [cpu, wall] = [[], []];
  for (let number = 0; number < rounds; number++) {
    const [before, start] = [process.cpuUsage(), performance.now()];
    bytes = (await draw(1000 + number)).length;
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1000);
    wall.push(performance.now() - start);
  }
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  return { cpu: middle(cpu), wall: middle(wall), kb: bytes / 1024 };
}

(async () => {
  const found = {};
  if (which === "satori") {
    const make = await satori();
    found["satori+resvg PNG, small photo"] = await measure(make("small"));
    found["satori+resvg PNG, new photo"] = await measure(make("full"));
    fs.writeFileSync("satori.png", await make("full")(2027));
  } else {
    const make = await takumi();
    found["takumi PNG, small photo, cached"] = await measure(make("small"));
    found["takumi JPEG, small photo, cached"] = await measure(make("small", "jpeg"));
    found["takumi PNG, new photo"] = await measure(make("full", "png", "none"));
    found["takumi JPEG, new photo"] = await measure(make("full", "jpeg", "none"));
    fs.writeFileSync("takumi.png", await make("full")(2027));
  }
  console.log(JSON.stringify(found));
})();
