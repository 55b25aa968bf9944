// The tiles of a grid of images: they come when they are about to be seen, and each has neighbours in four directions.
const grid = document.querySelector("[data-tiles]");
const FLAGS = {starred: tile => tile.dataset.starred, excluded: tile => tile.dataset.excluded,
  role: tile => tile.dataset.role !== "content"};
let tell = () => {};

export const tileOf = element => element.closest?.("[data-id]");
export const idOf = tile => Number(tile.dataset.id);
export const tileWith = id => grid?.querySelector(`[data-id="${id}"]`);
export const linkIn = tile => tile.querySelector("a");
export const tiles = () => [...grid?.querySelectorAll("[data-id]") ?? []];

/** Calls `hear(tiles)` for those that come later. */
export function whenTheyCome(hear) { tell = hear; }

/** Puts what is known of an image on its tile. */
export function mark(tile, known) {
  Object.assign(tile.dataset, known);
  for (const [name, isShown] of Object.entries(FLAGS)) tile.querySelector(`[data-flag=${name}]`).hidden = !isShown(tile);
  tile.querySelector("[data-flag=role]").textContent = tile.dataset.role;
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(await answer.text());
  const held = document.createElement("template");
  held.innerHTML = await answer.text();
  return [...held.content.querySelectorAll("[data-id]")];
}

/** Fills a part that was not sent yet. */
async function fill(part) {
  if (!part.isConnected) return;
  later.unobserve(part);
  const found = await fetched(part.dataset.part);
  loaded.push(part.dataset.part);
  part.replaceWith(...found);
  tell(found);
}

const loaded = [];
/** Looks anew at what is there; which images are shown now that were not. */
export async function renew() {
  const parts = [grid.dataset.first, ...loaded], unknown = [];
  for (const part of parts) {
    for (const now of await fetched(part)) {
      const tile = tileWith(now.dataset.id);
      if (tile) mark(tile, {...now.dataset}); else unknown.push(idOf(now));
    }
  }
  return unknown;
}

const later = new IntersectionObserver(entries => {
  for (const {isIntersecting, target} of entries) {
    if (isIntersecting) fill(target).catch(() => later.observe(target));
  }
}, {rootMargin: "2500px"});

/** What is not there yet takes the room that it will need. */
function reserve() {
  const known = tiles(), last = known.at(-1);
  if (!last) return;
  const tall = (last.offsetTop + last.offsetHeight - known[0].offsetTop) / known.length;
  for (const part of grid.querySelectorAll("[data-part]")) {
    part.style.height = `${Math.round(tall * Number(part.dataset.count))}px`;
    later.observe(part);
  }
}
if (grid) reserve();

/** The tile beside, above or below another; `null` at the edges. What is not there yet is fetched first. */
export async function beside(tile, way) {
  const forth = way === "ArrowRight" || way === "ArrowDown";
  const step = async from => {
    let next = forth ? from.nextElementSibling : from.previousElementSibling;
    if (next?.dataset.part) {
      await fill(next);
      next = forth ? from.nextElementSibling : from.previousElementSibling;
    }
    return next;
  };
  if (way === "ArrowLeft" || way === "ArrowRight") return step(tile);
  const middle = tile.offsetLeft + tile.offsetWidth / 2;
  const far = each => Math.abs(each.offsetLeft + each.offsetWidth / 2 - middle);
  let next = await step(tile);
  while (next && next.offsetTop === tile.offsetTop) next = await step(next);
  if (!next) return null;
  const row = next.offsetTop;
  let nearest = next;
  for (; next && next.offsetTop === row; next = await step(next)) if (far(next) < far(nearest)) nearest = next;
  return nearest;
}
