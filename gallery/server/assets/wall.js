// The wall: rows come when they are about to be seen, and the arrows go from picture to picture.
import {isTyping, post, say} from "./site.js";
import {listen} from "./events.js";

const table = document.querySelector("main table");

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

function reserve() {
  const known = [...table.querySelectorAll("tbody:not([data-rows]) > tr")];
  const tall = known.reduce((sum, row) => sum + row.offsetHeight, 0) / Math.max(1, known.length);
  for (const part of table.querySelectorAll("tbody[data-rows]")) {
    part.querySelector("td").style.height = `${Math.round(tall * Number(part.dataset.count))}px`;
  }
}

if (table) {
  reserve();
  const seen = new IntersectionObserver(entries => {
    for (const {isIntersecting, target} of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      fill(target).catch(() => seen.observe(target));
    }
  }, {root: document.getElementById("main"), rootMargin: "2000px"});
  for (const part of table.querySelectorAll("tbody[data-rows]")) seen.observe(part);
}

const ARROWS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};

/** The next place with a link in a direction; far ones are looked for as long as there are any. */
function next(link, [down, right]) {
  let row = Number(link.dataset.row), column = Number(link.dataset.column);
  for (let tries = 0; tries < 500; tries++) {
    row += down;
    column += right;
    const found = table.querySelector(`a[data-row="${row}"][data-column="${column}"]`);
    if (found || row < 0 || column < 0) return found;
  }
  return null;
}

document.addEventListener("keydown", event => {
  const step = ARROWS[event.key];
  if (!step || isTyping(event) || event.shiftKey || !table || document.querySelector("dialog[open]")) return;
  const link = document.activeElement.closest?.("a[data-row]");
  if (!link) {
    if (document.activeElement !== document.body && document.activeElement?.id !== "main") return;
    const first = table.querySelector("td a[data-row]:not(.offer)");
    if (!first) return;
    first.focus();
  } else {
    next(link, step)?.focus();
  }
  event.preventDefault();
});

// Who comes back from a picture finds the focus where it was.
const LAST = "wall-last";
table?.addEventListener("click", event => {
  const link = event.target.closest("a[data-row]");
  if (link) sessionStorage.setItem(LAST, link.getAttribute("href"));
});
const last = sessionStorage.getItem(LAST);
if (last && document.activeElement === document.body) {
  table?.querySelector(`td a[href="${CSS.escape(last)}"]`)?.focus({preventScroll: true});
}

/** Shows these cells as they hang now; which of them are not on this wall. */
async function renew(pairs) {
  const here = pairs.filter(pair => table?.querySelector(`td[data-pair="${pair}"]`));
  if (here.length) {
    const address = new URL(table.dataset.cells, location);
    for (const pair of here) address.searchParams.append("pair", pair);
    const answer = await fetch(address);
    if (!answer.ok) return [];
    const held = document.createElement("template");
    held.innerHTML = await answer.text();
    for (const cell of held.content.querySelectorAll("td")) {
      const old = table.querySelector(`td[data-pair="${cell.dataset.pair}"]`);
      if (!old || old.innerHTML === cell.innerHTML) continue;
      const hadFocus = old.contains(document.activeElement);
      old.replaceWith(cell);
      cell.classList.add("fresh");
      if (hadFocus) cell.querySelector("a")?.focus({preventScroll: true});
    }
  }
  return pairs.filter(pair => !here.includes(pair));
}

const news = document.querySelector("[data-news]");
const waiting = new Set();
let renewing = null;
/** Several at once are asked for together. */
let renewed = -1e9;
function renewSoon(wait = 60) {
  renewing ??= setTimeout(async () => {
    renewing = null;
    renewed = performance.now();
    const pairs = [...waiting];
    waiting.clear();
    const elsewhere = await renew(pairs.slice(0, 200));
    if (!elsewhere.length || table?.querySelector("tbody[data-rows]")) return;
    if (!table && !location.search) location.reload();
    news.hidden = false;
    news.textContent = "There is more: show it";
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
  renewSoon(goes_on ? Math.max(60, renewed + 900 - performance.now()) : 60);
});
listen("jobs", () => {
  for (const cell of document.querySelectorAll("td.making")) waiting.add(cell.dataset.pair);
  renewSoon();
});
listen("reset", () => location.reload());
news?.addEventListener("click", () => location.reload());

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
