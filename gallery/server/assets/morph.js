// Makes what is shown like what the server rendered, and leaves alone what is like it already: pictures do not flicker,
// and what has the focus keeps it.

const nameOf = node => node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.dataset.pair || node.id || "" : "";
const isLike = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName
  && nameOf(one) === nameOf(other);

/** `shown` becomes like `wanted`, an element of the same kind. */
export function morph(shown, wanted) {
  for (const {name} of [...shown.attributes]) if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  for (const {name, value} of wanted.attributes) if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  let at = shown.firstChild;
  for (const child of [...wanted.childNodes]) {
    let match = at;
    while (match && !isLike(match, child)) match = nameOf(child) || !match.nextSibling ? match.nextSibling : null;
    if (!match) {
      shown.insertBefore(child, at);
      continue;
    }
    while (at !== match) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    if (child.nodeType === Node.ELEMENT_NODE) morph(match, child);
    else if (match.data !== child.data) match.data = child.data;
    at = match.nextSibling;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
