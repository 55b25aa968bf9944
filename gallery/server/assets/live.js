// What is being made, as it comes about.
import {post, say} from "./site.js";
import {listen} from "./events.js";
import {morph} from "./morph.js";

const live = document.getElementById("live");
const EVERY_MS = 700;
let asked = null, last = 0;

async function renew() {
  last = performance.now();
  const answer = await fetch("/live/parts");
  if (!answer.ok) return;
  const wanted = live.cloneNode(false);
  wanted.innerHTML = await answer.text();
  morph(live, wanted);
}

/** Soon, and not more often than a person can follow. */
function renewSoon() {
  asked ??= setTimeout(() => {
    asked = null;
    renew().catch(() => {});    // the server is away: the listener tells when it is back
  }, Math.max(30, last + EVERY_MS - performance.now()));
}
for (const kind of ["progress", "jobs", "change", "reset"]) listen(kind, renewSoon);

live.addEventListener("submit", async event => {
  event.preventDefault();
  const form = event.target;
  try {
    await post(form.getAttribute("action"), Object.fromEntries(new FormData(form)));
    renewSoon();
  } catch (error) {
    say(error.message);
  }
});
