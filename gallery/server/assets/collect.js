// What is collected, as visits go on, whoever makes them.
import {listen} from "./events.js";
import {morph} from "./morph.js";

const shown = document.getElementById("collect");
const EVERY_MS = 700;
let asked = null;

async function renew() {
  const answer = await fetch("/collect/parts");
  if (!answer.ok) return;
  const wanted = shown.cloneNode(false);
  wanted.innerHTML = await answer.text();
  morph(shown, wanted);
}
for (const kind of ["change", "jobs", "reset"]) {
  listen(kind, () => { asked ??= setTimeout(() => { asked = null; renew().catch(() => {}); }, EVERY_MS); });
}
