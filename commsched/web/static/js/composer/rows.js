// There is always one empty row more to write in.

export const startRows = (form, changed) => {
  for (const group of form.querySelectorAll("[data-rows]")) {
    group.addEventListener("input", () => {
      const rows = [...group.querySelectorAll("[data-row]")];
      const last = rows.at(-1);
      if (![...last.querySelectorAll("input, textarea")].some((field) => field.value.trim())) return;
      const fresh = last.cloneNode(true);
      for (const field of fresh.querySelectorAll("input, textarea")) field.value = "";
      last.after(fresh);
      changed();
    });
  }
};
