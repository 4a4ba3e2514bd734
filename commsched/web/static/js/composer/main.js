// The composer comes alive: previews and checks as one types, saving by itself, pictures by drag and paste.
// Without any of this the form works as it stands.
import { startPreview } from "./preview.js";
import { startPictures } from "./pictures.js";
import { startDocuments } from "./documents.js";
import { startWay } from "./way.js";
import { startPanels } from "./panels.js";
import { startRows } from "./rows.js";
import { startSaving } from "./saving.js";
import { startBar } from "./bar.js";
import { startContacts } from "./contacts.js";
import { startHeadline } from "./headline.js";
import { startLead } from "./lead.js";
import { startDays } from "../day.js";
import { startSets } from "./sets.js";

const form = document.getElementById("composer");
if (form) {
  const changed = () => form.dispatchEvent(new Event("changed"));
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  startDays(form);
  startSets(form);
  startRows(form, changed);
  startContacts(form, changed);
  const send = startWay(form);
  startPictures(form, changed, send, startDocuments(form, changed, send));
  startPreview(form);
  startPanels(form);
  startBar(form);
  startHeadline(form);
  startLead(form);
  startSaving(form);
}
