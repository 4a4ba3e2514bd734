// What was sent and arrived need not be kept in this browser: the page that came back says that it did.

export const forgetSent = (but = "") => {
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith("writing:") || name === but) continue;
      if (JSON.parse(localStorage.getItem(name))?.sent) localStorage.removeItem(name);
    }
  } catch {
    // not allowed to look, so nothing was kept
  }
};
