"""A hundred pages that no honest site serves, each in the place of one profile's page, post page or further answer.

The same seed makes the same pages. Around each stands the replica site, so that what is not spoilt is as ever.
"""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

from benchmarks.hostile.json_values import ODD, changed, places_of
from demo.accounts import Account
from demo.behaviour import Behaviour
from demo.pages import as_script_text
from demo.replies import Reply
from demo.samples import sample_account
from demo.site import ReplicaSite

Spoil = Callable[[Reply], Reply]
_DATA = re.compile(r'(<script type="application/json" data-content-len="\d+" data-sjs>)(.*?)(</script>)', re.DOTALL)
_ODD_KEYS, _CHANGED = 24, 24        # of each kind of page: a key with another value, anything changed anywhere
_DEEP = 100_000


@dataclass(frozen=True)
class HostilePage:
    """What is wrong, in which kind of answer (profile, post, graphql), of an account of its own."""

    name: str
    on: str
    spoil: Spoil
    account: Account


class HostileSite(ReplicaSite):
    """A replica some of whose accounts' answers are spoilt."""

    def __init__(self, pages: list[HostilePage], others: list[Account]) -> None:
        super().__init__([*(page.account for page in pages), *others])
        self._spoilt = {page.account.username: page for page in pages}

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[str, Reply]:
        kind, reply = super().answer(method, target, headers, body)
        asker = headers.get("referer", "").rstrip("/").rpartition("/")[2]   # of an answer for more posts
        page = self._spoilt.get(self.requests[-1].account or asker)
        return kind, page.spoil(reply) if page is not None and page.on == kind else reply


def hostile_pages(seed: int = 1) -> Iterator[HostilePage]:
    """Each page with its account."""
    generator = random.Random(seed)
    named = [*_documents(generator), *_texts(), *_deliveries(), *_scripts()]
    generations = cycle(("xig", "xdt", "legacy"))
    for number, ((name, on, spoil), generation) in enumerate(zip(named, generations, strict=False)):
        behaviour = Behaviour(generation=generation, page_size=2, padding_bytes=0)      # type: ignore[arg-type]
        account = sample_account(f"hostile{number:03}", 3, behaviour, width=80, height=100)
        yield HostilePage(name, on, spoil, account)
    for name, behaviour in (
        ("pagination in a circle", Behaviour(page_size=2, repeats_cursor=True)),
        ("empty parts without an end", Behaviour(page_size=2, empty_pages=10**6)),
        ("brackets to any depth", Behaviour(nested_to=_DEEP)),
        ("a page that leads to itself", Behaviour(leads_to="?again")),
    ):
        number += 1
        account = sample_account(f"hostile{number:03}", 3, behaviour, width=80, height=100)
        yield HostilePage(name, "", lambda reply: reply, account)


def _documents(generator: random.Random) -> Iterator[tuple[str, str, Spoil]]:
    """Wrong types at known keys, and any change anywhere."""
    kinds = cycle(("profile", "post", "graphql"))
    for number, on in enumerate(islice(kinds, _ODD_KEYS)):
        chance = generator.randrange(2**32)
        yield f"odd key {number}", on, lambda reply, chance=chance: _in_data(reply, lambda d: _odd_key(d, chance))
    for number, on in enumerate(islice(kinds, _CHANGED)):
        chance = generator.randrange(2**32)
        yield f"changed {number}", on, lambda reply, chance=chance: _in_data(
            reply, lambda d: changed(d, random.Random(chance), 6))
    text = "\u202egnp.exe\u200b\ufeff\x1b[31m <script>alert(1)</script>\r\n=1+1\0 \ud800" * 50
    for number, (name, keys, value) in enumerate((
        ("captions that are scripts", ("caption", "text", "accessibility_caption", "full_name"), text),
        ("numbers of 4,000 digits", ("taken_at", "taken_at_timestamp", "pk", "id", "original_width"), 10**4_000),
        ("ids of others", ("pk", "id", "owner"), "1"), ("ids below nothing", ("pk", "id"), -5),
        ("ids that are paths", ("pk", "id", "code", "shortcode"), "../../../../tmp/escaped"),
        ("names that are paths", ("username",), "../../../../tmp/escaped"),
        ("addresses of this machine", ("url", "src", "display_url", "display_uri"), "http://127.0.0.1:22/x.jpg"),
        ("addresses of files", ("url", "src", "display_url", "display_uri"), "file:///etc/passwd"),
        ("dates beyond all", ("taken_at", "taken_at_timestamp"), 1e300),
        ("a message that is an object", ("status", "__typename", "is_private"), {"text": []}),
    )):
        yield name, ("profile", "post")[number % 2], lambda reply, keys=keys, value=value: _in_data(
            reply, lambda document: _with(document, keys, value))


def _in_data(reply: Reply, change: Callable[[Any], Any]) -> Reply:
    """The reply with the JSON in it changed: of a page its data, of an answer all of it."""
    text = reply.body.decode()
    if reply.headers.get("Content-Type", "").startswith("text/html"):
        spoilt = _DATA.sub(lambda found: found[1] + as_script_text(change(json.loads(found[2]))) + found[3], text)
    else:
        spoilt = json.dumps(change(json.loads(text)))
    return replace(reply, body=spoilt.encode())


def _odd_key(document: Any, chance: int) -> Any:
    """One key, wherever it stands, with a value of another kind."""
    generator = random.Random(chance)
    keys = sorted({at for _, at in places_of(document) if isinstance(at, str)})
    return _with(document, (generator.choice(keys),), generator.choice(ODD)) if keys else generator.choice(ODD)


def _with(document: Any, keys: tuple[str, ...], value: Any) -> Any:
    for holder, at in places_of(document):
        if at in keys:
            holder[at] = value
    return document


def _texts() -> Iterator[tuple[str, str, Spoil]]:
    """Pages whose text is not what it claims."""
    def put(name: str, before: bytes = b"", *, instead: bytes | None = None) -> Iterator[tuple[str, str, Spoil]]:
        for on in ("profile", "graphql"):
            yield f"{name} ({on})", on, lambda reply: replace(
                reply, body=before + reply.body if instead is None else instead)

    deep = b'{"a":' * _DEEP + b"1" + b"}" * _DEEP
    yield from put("NULs", b"\0" * 10_000)
    yield from put("deep objects", b"<script>" + deep + b"</script>")
    yield from put("10 MB of brackets", b"<script>" + b"[[]," * 2_500_000 + b"[]]</script>")
    yield from put("10 MB of one text", b'<script>{"a":"' + b"x" * 10_000_000 + b'"}</script>')
    yield from put("100,000 scripts", b"<script>{}</script>" * 100_000)
    yield from put("a key a hundred thousand times", b"<script>{" + b'"pk":{},' * 100_000 + b'"pk":1}</script>')
    yield from put("nothing at all", instead=b"")
    yield from put("bytes that are no text", instead=bytes(range(256)) * 4_000)
    yield from put("UTF-16", instead="\ufeff<html>{}".encode("utf-16"))
    yield from put("30 MB", b"<!--" + b"x" * 30_000_000 + b"-->")


def _deliveries() -> Iterator[tuple[str, str, Spoil]]:
    """Answers that are delivered as no server delivers them."""
    def headers(**more: str) -> Spoil:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return lambda reply: replace(reply, headers=reply.headers | named)

    def away(to: str) -> Spoil:
        return lambda reply: Reply(302, headers={"Location": to})

    bomb = gzip.compress(bytes(300 << 20), 9)
    yield "said to be an image", "profile", headers(Content_Type="image/png")
    yield "said to be a download", "profile", headers(Content_Disposition="attachment; filename=../../x.html")
    yield "said to be packed", "profile", headers(Content_Encoding="gzip")
    yield "300 MB, packed", "profile", lambda reply: replace(
        reply, body=bomb, headers=reply.headers | {"Content-Encoding": "gzip"})
    yield "300 MB, packed, as an answer", "graphql", lambda reply: replace(
        reply, body=bomb, headers=reply.headers | {"Content-Encoding": "gzip"})
    yield "a policy against all scripts", "profile", headers(Content_Security_Policy="default-src 'none'; sandbox")
    yield "a refresh by its head", "profile", headers(Refresh="0; url=http://192.0.2.1/")
    yield "to itself", "profile", away("?again")
    yield "to a file", "profile", away("file:///etc/passwd")
    yield "to a script", "profile", away("javascript:alert(1)")
    yield "to this machine's first port", "profile", away("http://127.0.0.1:1/")
    yield "to nowhere", "post", away("http://[::")
    yield "without an end", "profile", lambda reply: replace(
        reply, body=reply.body + b" " * 20_000_000, announced_length=10**10, drip_s=0.02)
    yield "an answer without an end", "graphql", lambda reply: replace(
        reply, body=b"[" + b" " * 20_000_000, announced_length=10**10, drip_s=0.02)
    yield "longer than it says", "profile", lambda reply: replace(reply, announced_length=100)
    yield "shorter than it says", "post", lambda reply: replace(reply, announced_length=len(reply.body) + 5_000)
    yield "reset in the middle", "graphql", lambda reply: replace(reply, reset_after=len(reply.body) // 2)
    yield "status 599", "profile", lambda reply: replace(reply, status=599)
    yield "status 204", "post", lambda reply: replace(reply, status=204, body=b"")


def _scripts() -> Iterator[tuple[str, str, Spoil]]:
    """Pages whose own scripts are against whoever looks at them."""
    for name, script in (
        ("for ever", "while (true) {}"), ("alerts", "for (;;) alert('stay')"),
        ("asks before it is left", "onbeforeunload = () => 'stay'; addEventListener('scroll', () => alert(1))"),
        ("windows", "for (let i = 0; i < 50; i++) open('about:blank')"),
        ("grows", "setInterval(() => document.body.append('x'.repeat(1e6)), 5)"),
        ("moves on and on", "setInterval(() => location.hash = Math.random(), 1)"),
        ("asks for a thousand things", "for (let i = 0; i < 1000; i++) fetch('/api/v1/web/something/?' + i)"),
        ("writes itself anew", "addEventListener('load', () => { document.open(); document.write('<p>gone'); })"),
        ("other prototypes", "JSON.parse = () => ({}); Promise.prototype.then = null; window.scrollBy = null"),
        ("print", "print()"),
    ):
        yield f"a script: {name}", "profile", lambda reply, script=script: replace(
            reply, body=reply.body.replace(b"</head>", f"<script>{script}</script></head>".encode(), 1))
