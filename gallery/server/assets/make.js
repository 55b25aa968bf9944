// Make: counts what is chosen and says how long it will take; the arrows go from image to image.
import {isTyping, say, post} from "./site.js";

const form = document.getElementById("make"), told = document.querySelector("[data-told]");
const start = form.querySelector(".main");
const sides = [...document.querySelectorAll("[data-side]")];
const boxes = side => [...side.querySelectorAll("input[type=checkbox]")];
let waiting = null, asking = null;

const vary = form.querySelector(".vary");

/** The axes of a sweep with what is filled in; none where they are closed, for what is not seen is not meant. */
const axes = () => vary?.open ? [...vary.querySelectorAll(".axis")].map(
  axis => [axis.querySelector("select").value, axis.querySelector("input").value.trim()]) : [];
const settings = () => axes().reduce((count, [name, values]) =>
  name && values ? count * values.split(",").filter(value => value.trim()).length : count, 1);

/** All that is filled in, without what is empty; an axis whole, for its two fields belong together. */
function filled() {
  const said = [...new FormData(form)].filter(([name, value]) => value && name !== "vary" && name !== "values");
  for (const [name, values] of axes()) if (name || values) said.push(["vary", name], ["values", values]);
  return said;
}

function count() {
  for (const side of sides) {
    const chosen = boxes(side).filter(box => box.checked).length;
    side.querySelector("[data-chosen]").textContent = chosen ? `${chosen} chosen` : "";
  }
  clearTimeout(waiting);
  waiting = setTimeout(ask, 120);
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const said = new URLSearchParams();
  for (const side of sides) {
    const chosen = boxes(side).filter(box => box.checked).map(box => box.value);
    if (chosen.length) said.append(side.dataset.side, chosen.join(","));
  }
  for (const name of ["recipe", "size", "quality"]) said.append(name, form.elements[name].value);
  said.append("settings", settings());
  try {
    const answer = await fetch(`/make/told?${said}`, {signal: asking.signal});
    const {count: pictures, words, problem} = await answer.json();
    told.textContent = problem || (pictures
      ? `${pictures.toLocaleString("en")} ${pictures === 1 ? "picture" : "pictures"}; ${words}. What exists already is not made again.`
      : "Choose contents and styles that are to meet.");
    start.disabled = !pictures || Boolean(problem);
  } catch (error) {
    if (error.name !== "AbortError") told.textContent = "";
  }
}

form.addEventListener("change", count);
form.addEventListener("input", event => { if (event.target.name === "values") count(); });
for (const side of sides) {
  side.querySelector(".all").hidden = false;
  for (const [selector, on] of [["[data-all]", true], ["[data-none]", false]]) {
    side.querySelector(selector).addEventListener("click", () => {
      for (const box of boxes(side)) box.checked = on;
      count();
    });
  }
}

form.addEventListener("submit", async event => {
  event.preventDefault();
  if (event.submitter?.matches("[data-find]")) {      // what is filled in stays while one looks for others
    location.assign(`/make?${new URLSearchParams(filled())}`);
    return;
  }
  const values = {};
  for (const [name, value] of filled()) (values[name] ??= []).push(value);
  try {
    const {go} = await post(form.getAttribute("action"), values);
    location.assign(go);
  } catch (error) {
    say(error.message);
  }
});

vary?.addEventListener("toggle", count);
// Enter would press the first button of the form, which finds images.
form.querySelector(".how").addEventListener("keydown", event => {
  if (event.key !== "Enter" || !event.target.matches("input")) return;
  event.preventDefault();
  if (!start.disabled) form.requestSubmit(start);
});

document.addEventListener("keydown", event => {
  const box = event.target;
  if (!box.matches?.(".candidates input") || isTyping(event) || !event.key.startsWith("Arrow")) return;
  const all = boxes(box.closest("[data-side]")), at = all.indexOf(box);
  const top = each => each.closest("li").offsetTop;
  const inRow = all.filter(each => top(each) === top(all[0])).length || 1;
  const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -inRow, ArrowDown: inRow}[event.key];
  all[at + step]?.focus();
  event.preventDefault();
});
count();
