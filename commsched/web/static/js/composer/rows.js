// There is always one empty row more to write in.

const fieldsIn = (row) => [...row.querySelectorAll("input, textarea")];

const addRow = (group) => {
  const last = [...group.querySelectorAll("[data-row]")].at(-1);
  const fresh = last.cloneNode(true);
  for (const field of fieldsIn(fresh)) field.value = "";
  last.after(fresh);
};

// Write ``of(name)`` in the fields of the row that is empty, and put another below it. Returns its first field.
export const fillLast = (group, of) => {
  const row = [...group.querySelectorAll("[data-row]")].at(-1);
  addRow(group);
  for (const field of fieldsIn(row)) field.value = of(field.name);
  return fieldsIn(row)[0];
};

export const startRows = (form, changed) => {
  for (const group of form.querySelectorAll("[data-rows]")) {
    group.addEventListener("input", () => {
      const last = [...group.querySelectorAll("[data-row]")].at(-1);
      if (!fieldsIn(last).some((field) => field.value.trim())) return;
      addRow(group);
      changed();
    });
  }
};

// As many rows as there were, each with what stood in it; ``of(name)`` gives a field's values in their order.
export const fillRows = (form, of) => {
  const done = new Set();
  for (const group of form.querySelectorAll("[data-rows]")) {
    const names = fieldsIn(group.querySelector("[data-row]")).map((field) => field.name);
    const many = Math.max(1, ...names.map((name) => of(name).length));
    while (group.querySelectorAll("[data-row]").length < many) addRow(group);
    for (const [place, row] of [...group.querySelectorAll("[data-row]")].entries()) {
      for (const field of fieldsIn(row)) field.value = of(field.name)[place] ?? "";
    }
    for (const name of names) done.add(name);
  }
  return done;
};
