// The images: selected by mouse and keys, and marked together.
import {isTyping, post, say} from "./site.js";
import {listen} from "./events.js";
import {Selection} from "./selection.js";
import {beside, idOf, linkIn, mark, renew, tileOf, tileWith, tiles, whenTheyCome} from "./tiles.js";

const grid = document.querySelector("[data-tiles]"), form = document.getElementById("acts");
const bar = document.querySelector("[data-acts]"), counter = document.querySelector("[data-acts] [data-count]");
const selection = new Selection(JSON.parse(document.getElementById("order").textContent));
const MOST_MADE = 500;      // stand in an address
const KEPT = `images ${location.search}`;
let current = null;     // the tile that the arrows start from; the only one that Tab comes to

function focus(tile) {
  if (!tile) return;
  makeCurrent(tile);
  linkIn(tile).focus({preventScroll: true});
  tile.scrollIntoView({block: "nearest"});
}
function makeCurrent(tile) {
  if (current) linkIn(current).tabIndex = -1;
  current = tile;
  linkIn(tile).tabIndex = 0;
}

/** Puts what is selected on the tiles that are there, and in words. */
function show() {
  for (const tile of tiles()) {
    const on = selection.has(idOf(tile)), tick = tile.querySelector(".tick input");
    tile.classList.toggle("selected", on);
    if (tick) tick.checked = on;
  }
  if (!bar) return;
  bar.classList.toggle("open", selection.size > 0);
  grid.classList.toggle("selecting", selection.size > 0);
  counter.textContent = `${selection.size.toLocaleString("en")} selected`;
  const [only] = selection.size === 1 ? selection.ids() : [], tile = only && tileWith(only);
  counter.title = "";
  if (tile) {
    const tags = tile.dataset.tags.split(" ").filter(Boolean).map(tag => ` #${tag}`).join("");
    counter.textContent = counter.title = linkIn(tile).title + tags;
  }
  for (const button of bar.querySelectorAll("[data-mark]")) {
    button.setAttribute("aria-pressed", String(everyOneIs(selection.ids(), button.dataset.mark)));
  }
}
const everyOneIs = (ids, name) => ids.length > 0 && ids.every(id => tileWith(id)?.dataset[name]);

/** The selected images, or the one with the focus. */
function meant() {
  if (selection.size) return selection.ids();
  const tile = tileOf(document.activeElement);
  return tile ? [idOf(tile)] : [];
}

/** Changes what is meant, first in the library and then here. */
async function act(path, values, known, words) {
  const ids = meant();
  if (!ids.length) return;
  try {
    const {changed} = await post(path, {image: ids.join(","), ...values});
    for (const tile of ids.map(tileWith)) if (tile) mark(tile, known(tile));
    show();
    say(`${words}: ${changed.toLocaleString("en")} of ${ids.length.toLocaleString("en")}`);
  } catch (error) {
    say(error.message);
  }
}

const ACTS = {
  "/marks/star": on => [tile => ({starred: on ? "1" : ""}), on ? "Starred" : "No longer starred"],
  "/marks/exclude": on => [tile => ({excluded: on ? "1" : ""}), on ? "Excluded" : "No longer excluded"],
};
function toggle(path, name) {
  const on = !everyOneIs(meant(), name);
  return act(path, {on: on ? 1 : 0}, ...ACTS[path](on));
}
function tag(on) {
  const field = form.elements.tag, tags = field.value.replaceAll("#", "").toLowerCase().split(/[\s,]+/).filter(Boolean);
  if (!tags.length) { field.focus(); return; }
  const known = tile => {
    const had = tile.dataset.tags.split(" ").filter(Boolean);
    const now = on ? [...new Set([...had, ...tags])] : had.filter(each => !tags.includes(each));
    return {tags: now.sort().join(" ")};
  };
  act("/marks/tag", {tag: tags.join(","), on: on ? 1 : 0}, known, `${on ? "Tagged" : "No longer tagged"} ${tags.join(", ")}`);
}
function setRole() {
  const role = form.elements.role.value;
  const known = role === "sources" ? () => ({}) : () => ({role});
  act("/marks/role", {role}, known, "Role").then(() => role === "sources" && renew());
}

/** To the page that shows what would go: all that is selected, also what is not on this page yet. */
function remove(event) {
  const all = form.querySelector("[data-all]"), ids = meant();
  all.value = ids.join(",");
  all.disabled = false;
  if (!ids.length) event.preventDefault();
}
/** To the page that makes pictures, with what is selected as contents and styles. */
function make() {
  const said = {content: [], style: []};
  for (const id of meant().slice(0, MOST_MADE)) said[tileWith(id)?.dataset.role === "style" ? "style" : "content"].push(id);
  const query = Object.entries(said).filter(([, ids]) => ids.length).map(([role, ids]) => `${role}=${ids.join(",")}`);
  if (query.length) location.assign(`/make?${query.join("&")}`);
}
bar?.querySelector("[data-make]").addEventListener("click", make);

form?.addEventListener("submit", event => {
  const button = event.submitter, path = button && new URL(button.formAction).pathname;
  if (path === "/removals/preview" && document.activeElement !== form.elements.tag) {
    remove(event);
    return;
  }
  event.preventDefault();
  if (document.activeElement === form.elements.tag || path === "/marks/tag") tag(!button || button.value === "1");
  else if (path === "/marks/role") setRole();
  else if (button?.dataset.mark) toggle(path, button.dataset.mark);
});

/** What a click on a tile means: one, one more, or all up to there. A finger opens, as long as none is selected. */
function choose(event, tile) {
  const id = idOf(tile);
  if (event.shiftKey) selection.through(id, event.ctrlKey || event.metaKey);
  else if (event.ctrlKey || event.metaKey || event.pointerType !== "mouse") selection.toggle(id);
  else selection.only(id);
  makeCurrent(tile);
  show();
}
grid?.addEventListener("click", event => {
  const tile = tileOf(event.target), link = event.target.closest("a"), isKey = event.detail === 0;
  if (!form) return;
  if (tile && link && !isKey) {
    if (event.pointerType !== "mouse" && !selection.size) return;
    event.preventDefault();
    link.focus({preventScroll: true});
    choose(event, tile);
  } else if (event.target.matches(".tick input")) {
    if (event.shiftKey) selection.through(idOf(tile), true); else selection.set(idOf(tile), event.target.checked);
    makeCurrent(tile);
    show();
  } else if (event.target === grid) {
    selection.none();
    show();
  }
});
grid?.addEventListener("dblclick", event => {
  const link = event.target.closest("a");
  if (form && tileOf(event.target) && link) location.assign(link.href);
});
grid?.addEventListener("focusin", event => {
  const tile = tileOf(event.target);
  if (tile && tile !== current) makeCurrent(tile);
});
document.querySelector("[data-none]")?.addEventListener("click", () => { selection.none(); show(); focus(current); });

/** The tile that a key is for; without a focus the first that is seen. */
const atKey = event => tileOf(event.target);
const firstSeen = () => tiles().find(tile => tile.getBoundingClientRect().bottom > 60);

async function move(event) {
  const from = atKey(event), to = from ? await beside(from, event.key) : current ?? firstSeen();
  if (!to) return;
  if (event.shiftKey && form) {
    if (from && !selection.size) selection.only(idOf(from));
    selection.through(idOf(to));
    show();
  }
  focus(to);
}
const KEYS = {
  " ": event => { const tile = atKey(event); if (tile) { selection.toggle(idOf(tile)); show(); } return tile; },
  "Escape": () => { const had = selection.size; selection.none(); show(); return had; },
  "f": () => toggle("/marks/star", "starred"),
  "x": () => toggle("/marks/exclude", "excluded"),
  "t": () => into(form.elements.tag),
  "r": () => into(form.elements.role),
  "m": () => { make(); return true; },
  "Delete": () => { if (meant().length) form.requestSubmit(bar.querySelector("[formaction='/removals/preview']")); return true; },
};
function into(field) {
  const tile = tileOf(document.activeElement);
  if (!selection.size && tile) { selection.only(idOf(tile)); show(); }
  if (selection.size) field.focus();
  return true;
}
document.addEventListener("keydown", event => {
  if (document.querySelector("dialog[open]") || !grid) return;
  if (event.key === "Escape" && event.target.closest?.("[data-acts]")) {
    focus(current);
    event.preventDefault();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "a" && form && !event.target.matches("input[type=search], input[type=text], textarea")) {
    selection.all();
    show();
    event.preventDefault();
    return;
  }
  if (isTyping(event)) return;
  if (event.key.startsWith("Arrow")) {
    if (atKey(event) || event.target === document.body || event.target.id === "main") {
      event.preventDefault();
      move(event);
    }
  } else if (form && KEYS[event.key] && !event.shiftKey && !event.target.matches("input, button, summary")) {
    if (KEYS[event.key](event)) event.preventDefault();
  }
});

const news = document.querySelector("[data-news]");
function offer() {
  news.hidden = false;
  news.textContent = "There is more: show it";
}
news?.addEventListener("click", () => location.reload());
listen("change", ({images = []}) => {
  for (const {id, is_gone, is_starred, is_excluded, role} of images) {
    const tile = tileWith(id);
    if (tile) {
      tile.classList.toggle("gone", is_gone);
      mark(tile, {starred: is_starred ? "1" : "", excluded: is_excluded ? "1" : "", role});
    } else if (!is_gone && !selection.place.has(id)) offer();
  }
  show();
});
listen("reset", async () => { if ((await renew()).length) offer(); show(); });

function prepare(come) {
  for (const tile of come) {
    linkIn(tile).tabIndex = -1;
    const tick = tile.querySelector(".tick input");
    if (tick) tick.tabIndex = -1;
  }
  show();
}
whenTheyCome(prepare);
if (grid) {
  for (const plain of document.querySelectorAll("[data-plain]")) plain.hidden = true;
  for (const none of document.querySelectorAll("[data-none], [data-make]")) none.hidden = false;
  // Who comes back finds what was selected, and the focus where it was.
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  if (form) selection.restore(kept.ids ?? []);
  prepare(tiles());
  makeCurrent(tileWith(kept.current) ?? tiles()[0]);
  if (kept.current && document.activeElement === document.body) linkIn(current).focus({preventScroll: true});
  addEventListener("pagehide", () => sessionStorage.setItem(KEPT, JSON.stringify({ids: selection.ids(), current: idOf(current)})));
}
