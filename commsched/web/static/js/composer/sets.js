// A set of channels is chosen where one stands, without a new page.

export const startSets = (form) => {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set]");
    if (!button) return;
    event.preventDefault();
    const wanted = button.dataset.set.split(" ");
    for (const box of form.querySelectorAll('[name="channels"]')) {
      if (box.checked !== wanted.includes(box.value)) box.click();
    }
  });
  form.querySelector("#f-set")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.querySelector('[value="keep-set"]').click();
  });
};
