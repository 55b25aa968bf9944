// What happens in the library, as the server tells it. All pages share one listener where the browser can do that.
const KINDS = ["reset", "change", "progress", "jobs"];
const hearers = new Map(KINDS.map(kind => [kind, []]));
let heard = document.body.dataset.heard;
let port = null, source = null;

/** Calls `hear(data)` with what happens of this kind from when the page was rendered on. */
export function listen(kind, hear) {
  hearers.get(kind).push(hear);
}

function tell({number, kind, data}) {
  heard = `${heard.split("-")[0]}-${number}`;
  for (const hear of hearers.get(kind)) hear(data);
}

function begin() {
  if (typeof SharedWorker === "function") {
    port = new SharedWorker(document.body.dataset.listener, {name: "events"}).port;
    port.onmessage = ({data}) => tell(data);
    port.postMessage({heard, kinds: KINDS});
    return;
  }
  source = new EventSource(`/events?after=${encodeURIComponent(heard)}`);
  for (const kind of KINDS) {
    source.addEventListener(kind, event => {
      tell({number: Number(event.lastEventId.split("-")[1]), kind, data: JSON.parse(event.data)});
    });
  }
}

function end() {
  port?.postMessage({bye: true});
  source?.close();
  port = source = null;
}

// After the modules of the page: they say first what they want to hear.
if (document.body.dataset.listener) {
  addEventListener("DOMContentLoaded", () => begin());
  addEventListener("pagehide", end);
  addEventListener("pageshow", event => { if (event.persisted) begin(); });
}
