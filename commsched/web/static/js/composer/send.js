// Sending the form to the office, and what can come back: an answer, a closed session, or nothing at all.

import { withoutMirrors } from "./panels.js";

export class SignedOut extends Error {}
export class Offline extends Error {}

export const fieldsOf = (form) => {
  const data = new FormData(form);
  data.delete("files");
  data.delete("do");
  return withoutMirrors(form, data);
};

const renew = async (form) => {
  // After signing in again in another tab the old token is worth nothing; the page itself has the new one.
  const answer = await fetch(window.location.href, { redirect: "manual", credentials: "same-origin" });
  if (!answer.ok) throw new SignedOut();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = fresh.querySelector('#composer [name="form_token"]')?.value;
  if (!token) throw new SignedOut();
  for (const field of document.querySelectorAll('[name="form_token"]')) field.value = token;
  return token;
};

export const post = async (form, url, data, signal, again = true) => {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST", body: data, credentials: "same-origin", signal, headers: { Accept: "application/json" },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline();
  }
  if (answer.ok || answer.status === 409) return { status: answer.status, body: await answer.json() };
  if (again && (answer.status === 400 || answer.status === 401)) {
    const token = await renew(form);
    data.set("form_token", token);
    return post(form, url, data, signal, false);
  }
  if (answer.status === 401 || answer.status === 400) throw new SignedOut();
  throw new Offline();
};

export const later = (milliseconds, deed) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(deed, milliseconds);
  };
};
