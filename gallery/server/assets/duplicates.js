// Duplicates: the arrows go from copy to copy and from group to group, and what is decided stays in sight until one leaves.
import {isTyping, post, say} from "./site.js";
import {listen} from "./events.js";

const groups = [...document.querySelectorAll("[data-group]")];
const copiesOf = group => [...group.querySelectorAll("[data-id]")];
const copyAt = () => document.activeElement.closest?.("[data-id]");
const linkIn = copy => copy?.querySelector("a");

/** Puts what is known of an image wherever it stands: it may be near to several. */
function show(id, known) {
  for (const copy of document.querySelectorAll(`[data-id="${id}"]`)) {
    Object.assign(copy.dataset, known);
    for (const name of ["starred", "excluded"]) copy.querySelector(`[data-flag=${name}]`).hidden = !copy.dataset[name];
    const form = copy.querySelector("form[action='/marks/exclude']"), button = form?.querySelector("button");
    if (form) {
      const [now, next] = copy.dataset.excluded ? ["Exclude", "Include"] : ["Include", "Exclude"];
      form.elements.on.value = copy.dataset.excluded ? 0 : 1;
      button.textContent = next;
      button.setAttribute("aria-label", button.getAttribute("aria-label").replace(new RegExp(`^(${now}|${next})`), next));
    }
    const group = copy.closest("[data-group]");
    group.classList.toggle("decided", copiesOf(group).filter(each => !each.dataset.excluded).length <= 1);
  }
}

async function act(path, values, words, done) {
  try {
    await post(path, values);
    done();
    say(words);
  } catch (error) {
    say(error.message);
  }
}
function keep(copy) {
  const group = copy.closest("[data-group]"), ids = copiesOf(group).map(each => each.dataset.id);
  return act("/marks/keep", {image: copy.dataset.id, of: group.dataset.group}, `Kept, ${ids.length - 1} excluded`, () => {
    for (const id of ids) show(id, {excluded: id === copy.dataset.id ? "" : "1"});
  });
}
function toggle(copy, path, name, [done, undone]) {
  const on = !copy.dataset[name];
  return act(path, {image: copy.dataset.id, on: on ? 1 : 0}, on ? done : undone, () => {
    show(copy.dataset.id, {[name]: on ? "1" : ""});
  });
}
const exclude = copy => toggle(copy, "/marks/exclude", "excluded", ["Excluded", "No longer excluded"]);
const star = copy => toggle(copy, "/marks/star", "starred", ["Starred", "No longer starred"]);

for (const group of groups) {
  group.addEventListener("submit", event => {
    const path = event.target.getAttribute("action"), copy = event.target.closest("[data-id]");
    if (path === "/removals/preview") return;       // a page of its own
    event.preventDefault();
    if (path === "/marks/keep") keep(copy); else exclude(copy);
  });
}

/** The copy in a direction; the nearest group's first where one goes up or down. */
function beside(copy, key) {
  const group = copy.closest("[data-group]"), step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1}[key];
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const all = copiesOf(group);
    return all[all.indexOf(copy) + step];
  }
  const other = groups[groups.indexOf(group) + step];
  return other && copiesOf(other)[0];
}
function focus(copy) {
  linkIn(copy)?.focus({preventScroll: true});
  copy?.closest("[data-group]").scrollIntoView({block: "nearest"});
}

document.addEventListener("keydown", event => {
  if (isTyping(event) || event.shiftKey || document.querySelector("dialog[open]")) return;
  const copy = copyAt();
  if (event.key.startsWith("Arrow")) {
    if (!copy && document.activeElement !== document.body && document.activeElement?.id !== "main") return;
    focus(copy ? beside(copy, event.key) : groups[0] && copiesOf(groups[0])[0]);
  } else if (!copy || document.body.dataset.readOnly) {
    return;
  } else if (event.key === "k") {
    keep(copy).then(() => focus(beside(copy, "ArrowDown")));
  } else if (event.key === "x") {
    exclude(copy);
  } else if (event.key === "f") {
    star(copy);
  } else if (event.key === "Delete") {
    copy.querySelector("form[action='/removals/preview']").requestSubmit();
  } else {
    return;
  }
  event.preventDefault();
});

listen("change", ({images = []}) => {
  for (const {id, is_gone, is_starred, is_excluded} of images) {
    show(id, {starred: is_starred ? "1" : "", excluded: is_gone || is_excluded ? "1" : ""});
    for (const copy of document.querySelectorAll(`[data-id="${id}"]`)) copy.classList.toggle("gone", is_gone);
  }
});
listen("reset", () => location.reload());
