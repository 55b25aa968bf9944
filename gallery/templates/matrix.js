"use strict";
// The page works without this script: every cell is a link to its picture. With it, a cell opens in place.
// Words from the data only ever become text (textContent) or attributes of elements made here.
const data = JSON.parse(document.getElementById("data").textContent);
const dialog = document.querySelector("dialog");
let shown = null;   // [row, column] of the result in the dialog

const linkAt = (row, column) => document.querySelector(`a[data-row="${row}"][data-column="${column}"]`);
const placeOf = link => [Number(link.dataset.row), Number(link.dataset.column)];

/** The nearest cell with a picture in a direction, or null at the edge of the wall. */
function neighbour([row, column], [right, down]) {
  do {
    row += down;
    column += right;
    if (data.cells[row]?.[column]) return [row, column];
  } while (data.cells[row]?.[column] !== undefined);
  return null;
}

function listFacts(list, facts) {
  list.replaceChildren(...facts.map(({name, text, link}) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    const pair = document.createElement("div");
    term.textContent = name;
    if (link) {
      const anchor = document.createElement("a");
      Object.assign(anchor, {href: link, textContent: text, target: "_blank", rel: "noopener noreferrer"});
      value.append(anchor);
    } else {
      value.textContent = text;
    }
    pair.append(term, value);
    return pair;
  }));
}

function hang(part, {picture, alt, name, facts}) {
  const figure = dialog.querySelector(`[data-part=${part}]`), anchor = figure.querySelector("a");
  anchor.hidden = !picture;
  if (picture) {
    anchor.href = picture.full;
    // A fresh element, so that the picture before never shows under the new words.
    const image = new Image(picture.width, picture.height);
    Object.assign(image, {alt, src: picture.full});
    anchor.replaceChildren(image);
  }
  if (facts) {
    figure.querySelector(".name").textContent = name;
    listFacts(figure.querySelector("dl"), facts);
  }
}

function show(place) {
  shown = place;
  const [row, column] = place, content = data.contents[row], style = data.styles[column], result = data.cells[row][column];
  const title = `${content.name} in the style of ${style.name}`;
  document.getElementById("title").textContent = title;
  hang("content", content);
  hang("result", {picture: result.picture, alt: title});
  hang("style", style);
  listFacts(dialog.querySelector(".facts"), result.facts);
  for (const button of dialog.querySelectorAll("[data-step]")) {
    // Not `disabled`, which would take the focus from the button that was just pressed.
    button.ariaDisabled = String(!neighbour(shown, button.dataset.step.split(" ").map(Number)));
  }
  if (!dialog.open) dialog.showModal();
}

function go(step) {
  const next = neighbour(shown, step);
  if (next) show(next);
}

document.querySelector("tbody").addEventListener("click", event => {
  const link = event.target.closest("a[data-row]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(placeOf(link));
});

dialog.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (event.target === dialog || button?.matches("[data-close]")) dialog.close();
  else if (button) go(button.dataset.step.split(" ").map(Number));
});

dialog.addEventListener("close", () => {
  linkAt(...shown).focus();
  shown = null;
});

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
document.addEventListener("keydown", event => {
  const step = ARROWS[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = document.activeElement.closest("a[data-row]");
  if (dialog.open) {
    go(step);
  } else if (link) {
    const next = neighbour(placeOf(link), step);
    if (next) linkAt(...next).focus();
  } else {
    return;     // the arrows scroll the wall, as everywhere
  }
  event.preventDefault();
});
