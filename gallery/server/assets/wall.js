// The wall: rows come when they are about to be seen, and the arrows go from picture to picture.
import {isTyping, post, say} from "./site.js";
import {listen} from "./events.js";
import {morph} from "./morph.js";

const wall = document.getElementById("wall"), summary = document.getElementById("summary");
const MOST_AT_ONCE = 200;   // cells; for more it is quicker to look at all of it anew

/** Fills a part of the wall with its rows. */
async function fill(part) {
  const answer = await fetch(part.dataset.rows);
  if (!answer.ok) return;
  const held = document.createElement("template");
  held.innerHTML = `<table><tbody>${await answer.text()}</tbody></table>`;
  part.style.height = "";
  part.replaceChildren(...held.content.querySelector("tbody").children);
  delete part.dataset.rows;
}

const seen = new IntersectionObserver(entries => {
  for (const {isIntersecting, target} of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    if (target.dataset.rows) fill(target).catch(() => seen.observe(target));
  }
}, {root: document.getElementById("main"), rootMargin: "2000px"});

/** What is not there yet takes the room that it will need, and comes when it is about to be seen. */
function reserve() {
  const known = [...wall.querySelectorAll("tbody:not([data-rows]) > tr")];
  const tall = known.reduce((sum, row) => sum + row.offsetHeight, 0) / Math.max(1, known.length);
  for (const part of wall.querySelectorAll("tbody[data-rows]")) {
    part.querySelector("td").style.height = `${Math.round(tall * Number(part.dataset.count))}px`;
    seen.observe(part);
  }
}
reserve();

const ARROWS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};

/** The next place with a link in a direction; far ones are looked for as long as there are any. */
function next(link, [down, right]) {
  let row = Number(link.dataset.row), column = Number(link.dataset.column);
  for (let tries = 0; tries < 500; tries++) {
    row += down;
    column += right;
    const found = wall.querySelector(`a[data-row="${row}"][data-column="${column}"]`);
    if (found || row < 0 || column < 0) return found;
  }
  return null;
}

document.addEventListener("keydown", event => {
  const step = ARROWS[event.key];
  if (!step || isTyping(event) || event.shiftKey || document.querySelector("dialog[open]")) return;
  const link = document.activeElement.closest?.("a[data-row]");
  if (!link) {
    if (document.activeElement !== document.body && document.activeElement?.id !== "main") return;
    const first = wall.querySelector("td a[data-row]:not(.offer)");
    if (!first) return;
    first.focus();
  } else {
    next(link, step)?.focus();
  }
  event.preventDefault();
});

// Who comes back from a picture finds the focus where it was.
const LAST = "wall-last";
wall.addEventListener("click", event => {
  const link = event.target.closest("a[data-row]");
  if (link) sessionStorage.setItem(LAST, link.getAttribute("href"));
});
const last = sessionStorage.getItem(LAST);
if (last && document.activeElement === document.body) {
  wall.querySelector(`td a[href="${CSS.escape(last)}"]`)?.focus({preventScroll: true});
}

/** Shows the wall as it hangs now: rows and columns that came, went or changed their places, in the page that is open. */
async function renewAll() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const wanted = new DOMParser().parseFromString(await answer.text(), "text/html"), now = wanted.getElementById("wall");
  const choices = document.querySelector(".filters");
  if (!choices && wanted.querySelector(".filters")) { location.reload(); return; }   // the first picture of all
  const filled = new Set([...wall.querySelectorAll("tbody:not([data-rows])")].map(part => part.dataset.key));
  await Promise.all([...now.querySelectorAll("tbody[data-rows]")].filter(part => filled.has(part.dataset.key)).map(fill));
  morph(wall, now);
  summary.textContent = wanted.getElementById("summary").textContent;
  for (const select of choices?.querySelectorAll("select") ?? []) {
    const other = wanted.querySelector(`.filters select[name="${select.name}"]`);
    if (other && select !== document.activeElement) morph(select, other);
  }
  reserve();
}

/** Shows these cells as they hang now. */
async function renew(pairs) {
  const here = pairs.filter(pair => wall.querySelector(`td[data-pair="${pair}"]`));
  if (here.length > MOST_AT_ONCE) return renewAll();
  const address = new URL(wall.dataset.cells, location);
  for (const pair of here) address.searchParams.append("pair", pair);
  const answer = await fetch(address);
  if (answer.status === 400) return renewAll();     // the words of the filter name nothing any more
  if (!answer.ok) return null;
  const held = document.createElement("template");
  held.innerHTML = await answer.text();
  if (held.content.querySelector("table").dataset.frame !== wall.dataset.frame) return renewAll();
  for (const cell of held.content.querySelectorAll("td")) {
    const old = wall.querySelector(`td[data-pair="${cell.dataset.pair}"]`);
    if (!old || old.innerHTML === cell.innerHTML) continue;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(cell);
    cell.classList.add("fresh");
    if (hadFocus) cell.querySelector("a")?.focus({preventScroll: true});
  }
  return null;
}

const EVERY_MS = 900;
const waiting = new Set();
let renewing = null, again = false, renewed = -1e9;
/** Several at once are asked for together; the server may be away: then the listener tells when it is back. */
function renewSoon(wait = 60) {
  again = true;
  renewing ??= setTimeout(async () => {
    const pairs = [...waiting];
    waiting.clear();
    again = false;
    try {
      await renew(pairs);
    } catch { /* as above */ }
    renewing = null;
    renewed = performance.now();
    if (again) renewSoon(EVERY_MS);
  }, wait);
}
listen("change", ({results = []}) => {
  for (const {pair} of results) waiting.add(pair);
  renewSoon();
});
// Pairs that are being made are shown as they are; those that were in hand before, as they are now.
let before = [];
listen("progress", ({goes_on, in_hand}) => {
  const pairs = [...new Set([...before, ...in_hand])];
  before = in_hand;
  for (const pair of pairs) waiting.add(pair);
  renewSoon(goes_on ? Math.max(60, renewed + EVERY_MS - performance.now()) : 60);
});
listen("jobs", () => {
  for (const cell of document.querySelectorAll("td.making")) waiting.add(cell.dataset.pair);
  renewSoon();
});
listen("reset", () => { renewAll().catch(() => {}); });

document.addEventListener("keydown", async event => {
  if (event.key !== "f" || isTyping(event) || document.body.dataset.readOnly) return;
  const link = document.activeElement.closest?.("td a[data-row]:not(.offer)");
  if (!link) return;
  const result = new URL(link.href).pathname.split("/").pop(), on = !link.querySelector(".star");
  try {
    await post("/marks/star", {result, on: on ? 1 : 0});
    say(on ? "Starred" : "No longer starred");
  } catch (error) {
    say(error.message);
  }
});
