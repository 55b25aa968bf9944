// What every page does: its keys, words for what was done, forms that send themselves.
import "./events.js";

document.documentElement.classList.add("scripted");
const keys = document.getElementById("keys");
const opener = document.querySelector("[data-keys]");

/** Whether a key is meant for what has the focus and not for the page. */
export function isTyping(event) {
  const at = event.target;
  return event.ctrlKey || event.metaKey || event.altKey || at.isContentEditable
    || (at.matches?.("input, select, textarea") && !(at.type === "checkbox" || at.type === "radio" || at.type === "range"));
}

let hush;
/** Says what happened, to eyes and to screen readers. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  clearTimeout(hush);
  hush = setTimeout(() => { said.textContent = ""; }, 5000);
}

/** Asks for a change; the answer as JSON (null where it has none), or an error in words. */
export async function post(path, values = {}) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) body.append(name, each);
  }
  const answer = await fetch(path, {method: "POST", body, headers: {Accept: "application/json"}});
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim().split("\n")[0] || answer.statusText);
  return text ? JSON.parse(text) : null;
}

opener.hidden = false;
function showKeys() {
  keys.showModal();
  keys.querySelector("h2").focus();
}
opener.addEventListener("click", showKeys);
document.addEventListener("click", event => {
  const dialog = event.target.closest?.("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) dialog.close();
});

document.addEventListener("keydown", event => {
  if (isTyping(event) || event.defaultPrevented) return;
  if (event.key === "?" && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    showKeys();
  }
});

// In a narrow window filters wait behind their name, but those that are set.
const narrow = matchMedia("(max-width: 700px)").matches;
for (const choose of document.querySelectorAll("details.choose")) {
  const isSet = [...choose.querySelectorAll("select, input")]
    .some(each => each.type === "checkbox" ? each.checked : each.value);
  if (narrow && !isSet) choose.open = false;
}

// A filter shows what it leaves as soon as it is set, and its address has no empty part.
for (const form of document.querySelectorAll("form.filters")) {
  form.querySelector("[type=submit]")?.classList.add("auto");
  const go = () => {
    const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    location.assign(`${form.getAttribute("action")}${said.size ? `?${said}` : ""}`);
  };
  form.addEventListener("change", event => { if (event.target.matches("select, [type=checkbox], [type=date]")) go(); });
  form.addEventListener("submit", event => { event.preventDefault(); go(); });
}
