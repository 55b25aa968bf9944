// The one listener of all pages of a browser: a connection for each would use up those that a browser has for a server.
const MOST_KEPT = 300;
const ports = new Set();
const kept = [];        // {number, kind, data} of the newest events
let source = null, epoch = "", first = 0;

const parse = id => {
  const [where, number] = id.split("-");
  return [where, Number(number)];
};

function hear(kind) {
  source.addEventListener(kind, event => {
    const [where, number] = parse(event.lastEventId);
    if (where !== epoch || kind === "reset") {
      epoch = where;
      first = number;
      kept.length = 0;
    }
    const told = {number, kind, data: JSON.parse(event.data)};
    // Of a state only how it stands now is worth hearing.
    const former = kept.findIndex(each => each.kind === kind);
    if (kind !== "change" && former >= 0) kept.splice(former, 1);
    kept.push(told);
    if (kept.length > MOST_KEPT) first = kept.shift().number;
    for (const port of ports) port.postMessage(told);
  });
}

onconnect = ({ports: [port]}) => {
  port.onmessage = ({data}) => {
    if (data.bye) {
      ports.delete(port);
      return;
    }
    const [where, number] = parse(data.heard);
    ports.add(port);
    if (!source) {
      [epoch, first] = [where, number];
      source = new EventSource(`/events?after=${encodeURIComponent(data.heard)}`);
      for (const kind of data.kinds) hear(kind);
    } else if (where !== epoch || number < first) {
      port.postMessage({number: first, kind: "reset", data: {}});
    } else {
      for (const told of kept) if (told.number > number) port.postMessage(told);
    }
  };
};
