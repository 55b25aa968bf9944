// The pages' own script: draws what the data blocks hold, loads more posts on scrolling, shows dialogs.
// The grid keeps only the rows near the window in the document; its height stays that of all rows.
"use strict";

const ROW_PX = 316, COLUMNS = 3, NEAR_BOTTOM_PX = 600, SCROLL_SETTLES_MS = 60;
const switches = JSON.parse(document.getElementById("switches").textContent);
const mount = document.getElementById("mount");

// --- reading documents -------------------------------------------------------------------------------

const codeOf = (item) => item.code ?? item.shortcode ?? item.slug;
const pictureOf = (item) =>
  item.display_uri ?? item.display_url ?? item.poster ?? item.image_versions2?.candidates?.at(-1)?.url;
const slidesOf = (item) =>
  item.carousel_media ?? item.edge_sidecar_to_children?.edges.map((edge) => edge.node) ?? item.leaves ?? [];
const isMedia = (item) => Boolean(codeOf(item) && (pictureOf(item) || slidesOf(item).length));

function collect(value, found = {media: [], info: null}) {
  if (Array.isArray(value)) value.forEach((item) => collect(item, found));
  else if (value && typeof value === "object") {
    if (isMedia(value)) { found.media.push(value); return found; }
    const more = value.page_info ?? value.more;
    if (more) found.info = {cursor: more.end_cursor ?? more.mark, hasNext: more.has_next_page ?? more.continues};
    for (const [name, item] of Object.entries(value)) {
      if (name !== "lox_highlights_connection") collect(item, found);
    }
  }
  return found;
}

function fromBlocks() {
  const found = {media: [], info: null};
  for (const block of document.querySelectorAll("script[data-sjs]")) {
    try { collect(JSON.parse(block.textContent), found); } catch { /* some blocks are not data */ }
  }
  return found;
}

// --- drawing -----------------------------------------------------------------------------------------

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function thumbnail(item) {
  const owner = item.user?.username ?? item.by?.handle ?? switches.username;
  const kind = (item.product_type ?? item.sort) === "clips" ? "reel" : "p";
  const text = item.accessibility_caption ?? item.described ?? item.caption?.text ?? "";
  const image = element("img", {alt: text, src: pictureOf(item) ?? "", decoding: "async"});
  const frame = element("div", {class: "_aagu"}, element("div", {class: "_aagv"}, image));
  if (kind === "reel") frame.append(element("span", {class: "icon", "aria-label": "Clip"}, "▶"));
  return element("a", {href: `/${owner}/${kind}/${codeOf(item)}/`, role: "link"}, frame);
}

const grid = element("div", {class: "grid"});
const state = {posts: [], info: null, loading: false, stopped: false, scrolls: 0, rows: new Map()};

function drawRows() {
  const count = Math.ceil(state.posts.length / COLUMNS);
  grid.style.height = `${count * ROW_PX}px`;
  const top = window.scrollY - grid.offsetTop;
  const first = Math.floor((top - window.innerHeight) / ROW_PX);
  const last = Math.ceil((top + 2 * window.innerHeight) / ROW_PX);
  for (const [number, row] of state.rows) {
    if (number < first || number > last) { row.remove(); state.rows.delete(number); }
  }
  for (let number = Math.max(0, first); number <= Math.min(last, count - 1); number += 1) {
    if (state.rows.has(number)) continue;
    const posts = state.posts.slice(number * COLUMNS, (number + 1) * COLUMNS);
    const row = element("div", {class: "_ac7v"}, ...posts.map(thumbnail));
    row.style.top = `${number * ROW_PX}px`;
    state.rows.set(number, row);
    grid.append(row);
  }
}

function redrawLastRow() {
  const number = Math.ceil(state.posts.length / COLUMNS) - 1;
  state.rows.get(number)?.remove();
  state.rows.delete(number);
}

// --- loading more ------------------------------------------------------------------------------------

function documentsIn(text) {
  return text.replace(/^for \(;;\);/, "").split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

async function ask(when) {
  for (const aside of switches.asides.filter((item) => item.when === when)) {
    const body = aside.body && new URLSearchParams(aside.body);
    // What becomes of it is no concern of the grid's.
    await fetch(aside.at, {method: body ? "POST" : "GET", body}).catch(() => null);
  }
}

async function loadMore() {
  if (state.loading || state.stopped || !state.info?.hasNext) return;
  state.loading = true;
  await ask("scroll");
  const variables = {after: state.info.cursor, before: null, first: 12, last: null, id: switches.graphId};
  const body = new URLSearchParams({
    av: "0", __a: "1", fb_api_caller_class: "RelayModern", server_timestamps: "true",
    fb_api_req_friendly_name: `${switches.query}_connection`,
    variables: JSON.stringify(variables), doc_id: "25000000000000001",
  });
  try {
    const response = await fetch(switches.endpoint, {method: "POST", body});
    if (!response.ok) throw new Error(`status ${response.status}`);
    const found = collect(documentsIn(await response.text()));
    if (!found.info) throw new Error("nothing to go on with");
    redrawLastRow();
    state.posts.push(...found.media);
    state.info = found.info;
    drawRows();
    await ask("more");
  } catch {
    state.stopped = true; // the real page shows its posts and stays as it is
  }
  state.loading = false;
}

function nearBottom() {
  return window.scrollY + window.innerHeight > document.documentElement.scrollHeight - NEAR_BOTTOM_PX;
}

// --- dialogs and late walls --------------------------------------------------------------------------

const WORDS = {
  en: {allow: "Allow all cookies", decline: "Decline optional cookies", ask: "Allow the use of cookies?"},
  de: {allow: "Alle Cookies erlauben", decline: "Optionale Cookies ablehnen", ask: "Cookies erlauben?"},
  ar: {allow: "السماح بكل ملفات تعريف الارتباط", decline: "رفض الاختيارية", ask: "ملفات تعريف الارتباط"},
};

const report = (what) => navigator.sendBeacon(`/ajax/click/${what}`);

function showDialog(dialog) {
  const box = element("div", {role: "dialog", "aria-modal": "true"});
  const button = (label, what) => {
    const made = element("button", {type: "button", role: "button"}, label);
    made.addEventListener("click", () => { report(what); watch.disconnect(); box.remove(); release(); });
    return made;
  };
  // Who takes the dialog away without its buttons leaves a trace, too.
  const watch = new MutationObserver(() => {
    if (box.getClientRects().length) return;
    watch.disconnect();
    report(`${dialog.kind}-taken-away`);
  });
  const release = () => { state.stopped = false; document.body.style.overflow = ""; };
  if (dialog.kind === "consent") {
    const words = WORDS[dialog.language];
    const order = [button(words.allow, "consent-allow"), button(words.decline, "consent-decline")];
    box.append(element("h2", {}, words.ask), ...order);
  } else {
    box.append(
      element("h2", {}, `Never miss a post from ${switches.username}`),
      element("p", {}, "Sign up for Instagram to stay in the loop."),
      element("a", {href: "/accounts/emailsignup/"}, "Sign up"),
      element("a", {href: "/accounts/login/"}, "Log in"),
    );
    if (dialog.has_close_button) box.append(button("✕", "login-close"));
    state.stopped = true;
    document.body.style.overflow = "hidden";
  }
  document.body.append(box);
  watch.observe(document.documentElement, {attributes: true, childList: true, subtree: true});
}

function goToLogin() {
  location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
}

const waiting = [...switches.dialogs.map((dialog) => ({...dialog, act: () => showDialog(dialog)}))];
if (switches.lateLoginMs !== null) waiting.push({after_ms: switches.lateLoginMs, act: goToLogin});
if (switches.lateLoginScrolls !== null) waiting.push({after_scrolls: switches.lateLoginScrolls, act: goToLogin});

function afterScroll() {
  state.scrolls += 1;
  waiting.filter((item) => item.after_scrolls === state.scrolls).forEach((item) => item.act());
}

// --- the views ---------------------------------------------------------------------------------------

function showProfile() {
  const header = element("header", {}, element("h2", {}, switches.username), element("p", {}, switches.fullName));
  if (switches.isPrivate) header.append(element("h3", {}, "This account is private"));
  const nest = element("div", {}, element("div", {}, element("div", {}, element("div", {}, grid))));
  mount.append(element("main", {}, element("div", {}, header, element("div", {}, nest))));
  const found = fromBlocks();
  state.posts = found.media;
  state.info = found.info;
  drawRows();
  ask("load");
  let settled = null;
  window.addEventListener("scroll", () => {
    drawRows();
    if (nearBottom()) loadMore();
    clearTimeout(settled);
    settled = setTimeout(afterScroll, SCROLL_SETTLES_MS);
  });
  if (document.documentElement.scrollHeight <= window.innerHeight) loadMore();
}

function showPost() {
  const [post] = fromBlocks().media;
  const article = element("article", {});
  mount.append(element("main", {}, article));
  if (!post) return;
  const slides = slidesOf(post).length ? slidesOf(post) : [post];
  let shown = 0;
  const image = element("img", {src: pictureOf(slides[0]) ?? "", alt: slides[0].accessibility_caption ?? ""});
  const box = element("div", {class: "slides"}, image);
  if (slides.length > 1) {
    const next = element("button", {"aria-label": "Next", type: "button"}, "›");
    next.addEventListener("click", () => {
      shown = Math.min(shown + 1, slides.length - 1);
      image.src = pictureOf(slides[shown]) ?? "";
      if (shown === slides.length - 1) next.remove();
    });
    box.append(next);
  }
  const moment = new Date(1000 * (post.taken_at ?? post.taken_at_timestamp ?? 0)).toISOString();
  const others = collect(post.user ?? {}).media.map(thumbnail);
  article.append(
    box,
    element("h1", {}, post.caption?.text ?? ""),
    element("time", {datetime: moment}, moment.slice(0, 10)),
    element("div", {class: "others"}, ...others),
  );
}

function showLogin() {
  const form = element("form", {id: "loginForm", method: "post"});
  form.append(element("input", {name: "username"}), element("input", {name: "password", type: "password"}));
  form.append(element("button", {type: "submit"}, "Log in"));
  mount.append(element("main", {}, form));
}

function showError() {
  mount.append(element("main", {}, element("h2", {}, "Sorry, this page isn't available.")));
}

function showEmpty() {
  mount.append(element("main", {}, element("div", {class: "spinner"})));
}

if (switches.leadsTo) location.assign(switches.leadsTo);
({profile: showProfile, post: showPost, login: showLogin, error: showError, empty: showEmpty})[switches.view]();
for (const item of waiting) {
  const atOnce = item.after_ms == null && item.after_scrolls == null;
  if (atOnce || item.after_ms != null) setTimeout(item.act, item.after_ms ?? 0);
}
