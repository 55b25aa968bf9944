// A picture: zoom to its pixels, the content over it, another one in its place, how it came about.
import {isTyping, post, say} from "./site.js";
import {listen} from "./events.js";

const stage = document.querySelector("[data-stage]"), canvas = document.querySelector("[data-canvas]");
const made = document.querySelector("[data-made]"), before = document.querySelector("[data-before]");
const tools = document.querySelector("[data-tools]");
const cut = document.querySelector("[data-cut]"), zoomer = document.querySelector("[data-zoom]");
const comparer = document.querySelector("[data-ab]"), player = document.querySelector("[data-play]");
const own = made?.getAttribute("src");
const ZOOMS = [0, 1, 2, 4];     // 0 fits the window
let zoom = 0, playing = null;
if (tools) tools.hidden = false;

function setZoom(level, at) {
  zoom = level;
  const box = made.getBoundingClientRect();
  const x = at ? (at.clientX - box.left) / box.width : .5, y = at ? (at.clientY - box.top) / box.height : .5;
  stage.classList.toggle("close", level > 0);
  made.style.width = level ? `${made.getAttribute("width") * level / devicePixelRatio}px` : "";
  made.style.height = level ? `${made.getAttribute("height") * level / devicePixelRatio}px` : "";
  if (level) {
    stage.scrollLeft = canvas.offsetWidth * x - stage.clientWidth / 2;
    stage.scrollTop = canvas.offsetHeight * y - stage.clientHeight / 2;
  }
  zoomer?.setAttribute("aria-pressed", String(level > 0));
  if (zoomer) zoomer.textContent = level ? `${level} : 1` : "Actual pixels";
}
const nextZoom = () => ZOOMS[(ZOOMS.indexOf(zoom) + 1) % ZOOMS.length];

let dragged = false;
canvas?.addEventListener("click", event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!dragged) setZoom(zoom ? 0 : 1, event);
});
zoomer?.addEventListener("click", () => setZoom(nextZoom()));

// The picture is moved by dragging it.
stage?.addEventListener("pointerdown", event => {
  dragged = false;
  if (!zoom || event.pointerType !== "mouse") return;
  const from = [event.clientX + stage.scrollLeft, event.clientY + stage.scrollTop];
  const move = at => {
    const to = [from[0] - at.clientX, from[1] - at.clientY];
    dragged ||= Math.hypot(to[0] - stage.scrollLeft, to[1] - stage.scrollTop) > 4;
    [stage.scrollLeft, stage.scrollTop] = to;
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", () => removeEventListener("pointermove", move), {once: true});
});
canvas?.addEventListener("dragstart", event => event.preventDefault());

function showBefore(share) {
  before.hidden = share <= 0;
  before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
}
cut?.addEventListener("input", () => showBefore(Number(cut.value)));

/** The other pictures of the pair; the one that is compared is marked. */
const others = [...document.querySelectorAll("[data-other]")];
const rivals = others.filter(link => !link.hasAttribute("aria-current"));
let rival = rivals.at(-1), showsRival = false;
if (rival) rival.dataset.isB = "";
function compare() {
  if (!rival) return;
  showsRival = !showsRival;
  made.src = showsRival ? rival.dataset.other : own;
  comparer?.setAttribute("aria-pressed", String(showsRival));
  if (comparer) comparer.textContent = showsRival ? `B: ${rival.textContent.trim()}` : "A/B";
}
if (rival) new Image().src = rival.dataset.other;
comparer?.addEventListener("click", compare);

const frames = [...document.querySelectorAll("[data-frames] a")].map(link => link.getAttribute("href"));
function play() {
  if (playing) {
    clearInterval(playing);
    playing = null;
    made.src = own;
  } else {
    const reel = frames.map(source => Object.assign(new Image(), {src: source}));
    let at = 0;
    playing = setInterval(() => {
      if (at === reel.length) play();
      else if (reel[at].complete) made.src = reel[at++].src;
    }, Math.min(400, Math.max(60, 6000 / reel.length)));
  }
  player?.setAttribute("aria-pressed", String(Boolean(playing)));
}
player?.addEventListener("click", play);

/** A neighbour takes this page's place, so that Back closes the picture whichever one it is. */
function walk(way) {
  const link = document.querySelector(`[data-way="${way}"]`);
  if (link) location.replace(link.href);
}
document.querySelector(".ways")?.addEventListener("click", event => {
  const link = event.target.closest("[data-way]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.replace(link.href);
});

/** Back to where one came from, if that was here; else to the wall. */
function leave() {
  const back = document.querySelector("[data-back]");
  const cameFromHere = document.referrer.startsWith(location.origin) && history.length > 1;
  if (cameFromHere) history.back();
  else if (back) location.assign(back.href);
}

/** Sets or takes a mark without leaving the page. */
async function mark(button, path, name, [done, undone]) {
  const on = button.getAttribute("aria-pressed") !== "true";
  try {
    await post(path, {[name]: button.dataset.id, on: on ? 1 : 0});
    show(button, on);
    say(on ? done : undone);
  } catch (error) {
    say(error.message);
  }
}
function show(button, on) {
  button.setAttribute("aria-pressed", String(on));
  button.form.elements.on.value = on ? 0 : 1;
}
const star = document.querySelector("[data-star]"), exclude = document.querySelector("[data-exclude]");
const toStar = () => mark(star, "/marks/star", star.dataset.star, ["Starred", "No longer starred"]);
const toExclude = () => mark(exclude, "/marks/exclude", "image", ["Excluded", "No longer excluded"]);
for (const [button, act] of [[star, toStar], [exclude, toExclude]]) {
  button?.form.addEventListener("submit", event => { event.preventDefault(); act(); });
}
listen("change", told => {
  const noun = star?.dataset.star === "image" ? told.images : told.results;
  for (const thing of noun ?? []) {
    if (String(thing.id) !== star?.dataset.id) continue;
    show(star, thing.is_starred);
    if (exclude) show(exclude, thing.is_excluded);
  }
});

const ARROWS = {ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down"};
document.addEventListener("keydown", event => {
  if (isTyping(event) || event.shiftKey || document.querySelector("dialog[open]")) return;
  if (ARROWS[event.key]) {
    if (event.target.matches("input[type=range]") || zoom) return;
    if (!document.querySelector("[data-way]")) return;
    walk(ARROWS[event.key]);
  } else if (event.key === "Escape") {
    if (zoom) setZoom(0); else leave();
  } else if (event.key === "z" && made) {
    setZoom(nextZoom());
  } else if (event.key === "c" && before && !event.repeat) {
    showBefore(100);
    addEventListener("keyup", () => showBefore(Number(cut.value)), {once: true});
  } else if (event.key === "b") {
    compare();
  } else if (event.key === "f" && star) {
    toStar();
  } else if (event.key === "x" && exclude) {
    toExclude();
  } else if (event.key === "p" && frames.length > 1) {
    play();
  } else {
    return;
  }
  event.preventDefault();
});
