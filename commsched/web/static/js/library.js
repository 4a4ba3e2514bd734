// Many pictures at once: dropped anywhere, pasted or chosen; sent one by one, so that a lost connection loses none.
const form = document.querySelector("[data-many]");
const input = form?.querySelector('[type="file"]');
const progress = form?.querySelector("[data-progress]");
const words = progress?.querySelector("p");

const send = async (file) => {
  const data = new FormData();
  data.set("form_token", form.querySelector('[name="form_token"]').value);
  data.set("files", file);
  const answer = await fetch(form.action, {
    method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" },
  });
  return answer.json();
};

let busy = false;
const add = async (files) => {
  if (busy || !files.length) return;
  busy = true;
  progress.hidden = false;
  const refused = [];
  const taken = [];
  try {
    for (const [place, file] of files.entries()) {
      progress.firstElementChild.value = place / files.length;
      words.textContent = form.dataset.wordsAt.replace("##", files.length).replace("#", place + 1);
      const told = await send(file);
      refused.push(...told.refused);
      taken.push(...(told.pictures || []));
    }
  } catch {
    refused.push(form.dataset.wordsOffline);
  }
  busy = false;
  progress.firstElementChild.value = 1;
  const like = taken.filter((one) => one.like.length).map((one) => one.id);
  const again = taken.filter((one) => one.again).map((one) => one.id);
  if (!refused.length && like.length) window.location.assign(form.dataset.alike + like.join(","));
  else if (!refused.length && again.length) window.location.assign(form.dataset.again + again.join(","));
  else if (!refused.length) window.location.reload();
  else {
    words.className = "wrong small";
    words.textContent = refused.join(" ");
  }
};

if (form) {
  const fit = (list) => [...(list || [])].filter((file) => file.type.startsWith("image/"));
  input.addEventListener("change", () => add([...input.files]));
  document.addEventListener("paste", (event) => add(fit(event.clipboardData?.files)));
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}
