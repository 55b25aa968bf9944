// What is collected, as visits go on, whoever makes them.
import {listen} from "./events.js";

const shown = document.getElementById("collect");
const EVERY_MS = 1500;
let asked = null;

async function renew() {
  const answer = await fetch("/collect/parts");
  // Nothing is taken from under the hands of someone who is about to press a button.
  if (answer.ok && !shown.contains(document.activeElement)) shown.innerHTML = await answer.text();
}
for (const kind of ["change", "jobs", "reset"]) {
  listen(kind, () => { asked ??= setTimeout(() => { asked = null; renew().catch(() => {}); }, EVERY_MS); });
}
