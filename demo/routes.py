"""Which answer a path gets: the routes of the site and what it must remember between requests.

A route is chosen before it is answered, so the log can name its kind; the counters change only under the
site's lock.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, quote

from demo import pages, replies
from demo.accounts import Account, Post
from demo.behaviour import AsideKind, Wall
from demo.cdn import Cdn, Easel
from demo.documents import Json, distorted, generation_of
from demo.pictures import Pictures
from demo.refusals import REFUSALS, Refusal, aside_answer, old_endpoint
from demo.replies import Reply
from demo.timeline import page_after

Answer = Callable[[dict[str, str], str, int], Reply]

PROFILE = re.compile(r"/([A-Za-z0-9._]{1,30})(/(?:reels/|tagged/)?)?")
POST = re.compile(r"/(?:([A-Za-z0-9._]{1,30})/)?(?:p|reel|reels|tv)/([A-Za-z0-9_-]{5,64})/?")
CODE_CHARACTERS = 28  # a longer code carries a follower's key of this length behind it
ASIDES: dict[str, AsideKind] = {
    "/api/v1/discover/chaining/": "related",
    "/api/v1/web/consent/state/": "consent",
    "/api/v1/web/logging/events/": "logging",
    "/api/v1/web/something/": "unnamed",
}
STATIC = {
    "/rsrc.php/v4/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/rsrc.php/v4/page.css": ("page.css", "text/css; charset=utf-8"),
}
WALL_PAGES = {
    "/": "Instagram",
    "/challenge/": "Confirm that it is you",
    "/accounts/suspended/": "Suspended",
    "/accounts/emailsignup/": "Sign up",
}
SIGNING_KEY = b"the replica's own key"
MOST_JSON_BYTES = 1 << 20


@dataclass(frozen=True)
class Route:
    """What a request asks for. `counter` names the count that its answer depends on."""

    kind: str
    answer: Answer
    account: Account | None = None
    counter: str = ""


class Routes:
    """The accounts, found by what a path says, and the counts of what was asked before."""

    def __init__(self, base_url: str, clock: Callable[[], float], accounts: Iterable[Account]):
        self._cdn = Cdn(base_url, SIGNING_KEY, clock)
        self._counts: Counter[str] = Counter()
        self._accounts: dict[int, Account] = {}
        self._pictures = Pictures(self._cdn)
        for account in accounts:
            self.replace(account)

    def replace(self, account: Account) -> None:
        self._accounts[account.user.pk] = account
        self._pictures.add(account)

    def next_load(self, route: Route) -> int:
        """Which request for this thing this is, counted from 1."""
        self._counts[route.counter] += 1
        return self._counts[route.counter]

    def route(self, method: str, path: str, query: dict[str, str], body: str = "") -> Route:
        if path.startswith(("/v/", "/o1/")):
            return self.file(path, query)
        if kind := ASIDES.get(path, "suggestions" if pages.SUGGESTIONS in body else None):
            return Route("aside", partial(self.aside, kind))
        if method == "POST" and path.rstrip("/") in ("/api/graphql", "/graphql/query"):
            return Route("graphql", self.more_posts, counter="graphql")
        if path.startswith("/ajax/click/"):
            return Route("click", constant(Reply(204)))
        if path in STATIC:
            name, content_type = STATIC[path]
            source = (Path(__file__).parent / name).read_text("utf-8")
            return Route("static", constant(replies.text(200, source, content_type)))
        if path == "/favicon.ico":
            return Route("static", constant(Reply(200, replies.SVG, {"Content-Type": "image/svg+xml"})))
        if path == "/accounts/login/":
            return Route("wall", constant(replies.page(pages.login_page())))
        if path in WALL_PAGES:
            return Route("wall", constant(replies.page(pages.plain_page(WALL_PAGES[path]))))
        if match := POST.fullmatch(path):
            return self.post(match[2])
        match = PROFILE.fullmatch(path)
        if refusal := old_endpoint(path, query, has_profile_name=match is not None):
            return Route("refusal", constant(refusal_reply(refusal)))
        return self.profile(match[1], match[2]) if match else Route("other", constant(not_found()))

    # profiles and posts

    def profile(self, username: str, slash: str | None) -> Route:
        account = self.account_named(username)
        if account is None:
            return Route("profile", constant(not_found()))
        if not slash:
            return Route("other", constant(replies.redirect(f"/{username}/", 301)), account)
        return Route("profile", partial(self.profile_reply, account), account, f"profile {account.user.pk}")

    def profile_reply(self, account: Account, headers: dict[str, str], body: str, load: int) -> Reply:
        easel = Easel(self._cdn, account.behaviour)
        if wall := standing_wall(account, "profile", load):
            return wall_reply(wall, account, easel, f"/{account.username}/")
        return page_of(account, pages.profile_page(account, easel))

    def post(self, code: str) -> Route:
        if len(code) > CODE_CHARACTERS:
            code = code[:-CODE_CHARACTERS]
        for account in self._accounts.values():
            for post in account.posts:
                if post.code == code:
                    answer = partial(self.post_reply, account, post)
                    return Route("post", answer, account, f"post {account.user.pk}")
        return Route("post", constant(not_found()))

    def post_reply(
        self, account: Account, post: Post, headers: dict[str, str], body: str, load: int
    ) -> Reply:
        easel = Easel(self._cdn, account.behaviour)
        if wall := standing_wall(account, "post", load):
            return wall_reply(wall, account, easel, f"/p/{post.code}/")
        if account.is_private or (post.is_gone and not account.behaviour.missing_post_as_null):
            return not_found()
        return page_of(account, pages.post_page(account, post, easel))

    def more_posts(self, headers: dict[str, str], body: str, load: int) -> Reply:
        """The page's own request for the next stretch of a timeline."""
        try:
            variables = json.loads(dict(parse_qsl(body[:MOST_JSON_BYTES])).get("variables", ""))
            graph_id, cursor = str(variables["id"]), str(variables["after"])
        except (ValueError, KeyError, TypeError):
            return refusal_reply(REFUSALS["execution_error"])
        found = [one for one in self._accounts.values() if one.user.graph_id == graph_id]
        page = page_after(found[0], cursor) if found and not found[0].is_private else None
        if page is None:
            return refusal_reply(REFUSALS["null_user"])
        account, behaviour = found[0], found[0].behaviour
        if behaviour.refusal and load >= behaviour.refusal_from:
            if behaviour.refusal == "dropped":
                return Reply(200, reset_after=0)
            return refusal_reply(REFUSALS[behaviour.refusal])
        easel = Easel(self._cdn, behaviour)
        document = distorted(generation_of(account).next_page(account, page, easel), behaviour, "answer")
        documents = streamed(document) if behaviour.streamed else [document]
        text = "\n".join(json.dumps(document, separators=(",", ":")) for document in documents)
        prefix = "for (;;);" if behaviour.with_loop_prefix else ""
        content_type = "text/javascript; charset=utf-8"  # as the real endpoint labels its JSON
        reply = replies.text(200, prefix + text, content_type)
        return replace(reply, delay_s=behaviour.answer_delay_ms / 1000)

    def aside(self, kind: AsideKind, headers: dict[str, str], body: str, load: int) -> Reply:
        """The page's own request for something else than posts: whose page it is says its referrer."""
        account = self.account_named(headers.get("referer", "").rstrip("/").rpartition("/")[2])
        asked = [aside for aside in account.behaviour.asides if aside.kind == kind] if account else []
        refused = next((aside.refusal for aside in asked if aside.refusal), None)
        if refused == "dropped":
            return Reply(200, reset_after=0)
        return refusal_reply(REFUSALS[refused] if refused else aside_answer(kind))

    # files

    def file(self, path: str, query: dict[str, str]) -> Route:
        if path.startswith("/o1/"):
            return Route("video", constant(Reply(200, b"\0" * 512, {"Content-Type": "video/mp4"})))
        account = self._pictures.account_of(path)
        return Route("image", partial(self._pictures.reply, path, query), account, f"file {path}")

    def account_named(self, username: str) -> Account | None:
        wanted = username.lower()
        return next((one for one in self._accounts.values() if one.username.lower() == wanted), None)


def constant(reply: Reply) -> Answer:
    return lambda headers, body, load: reply


def not_found() -> Reply:
    """A name or code that does not exist: the error route, with status 200 as the real site has it."""
    return replies.page(pages.missing_page())


def page_of(account: Account, html: str) -> Reply:
    return replace(replies.page(html), delay_s=account.behaviour.page_delay_ms / 1000)


def refusal_reply(refusal: Refusal) -> Reply:
    return replies.text(refusal.status, refusal.body, refusal.content_type)


def standing_wall(account: Account, on: str, load: int) -> Wall | None:
    return next((wall for wall in account.behaviour.walls if wall.stands_at(on, load)), None)


def wall_reply(wall: Wall, account: Account, easel: Easel, path: str) -> Reply:
    """The page that stands in the place of the one at `path`."""
    next_page = quote(path, safe="")
    match wall.kind:
        case "missing" | "missing_404":
            return replies.page(pages.missing_page(), 404 if wall.kind == "missing_404" else 200)
        case "login_page":
            return replies.page(pages.login_page())
        case "login_redirect":
            return replies.redirect(f"/accounts/login/?next={next_page}")
        case "challenge":
            return replies.redirect(f"/challenge/?next={next_page}")
        case "suspended":
            return replies.redirect(f"/accounts/suspended/?next={next_page}")
        case "home":
            return replies.redirect("/")
        case "throttled" if wall.on == "post":
            return replies.page(pages.throttled_post(account))
        case "throttled":
            return replies.page(pages.throttled_profile(account, easel))
        case "lite":
            return replies.page(pages.lite_profile(account, easel))
        case "refused":
            return Reply(429)
        case "refused_json":
            return refusal_reply(REFUSALS["please_wait_vi"])
        case "server_error":
            return replies.page(pages.plain_page("Error"), 500)
        case "dropped":
            return Reply(200, reset_after=0)


def streamed(document: Json) -> list[Json]:
    """One answer as a stream: a shell, then its edges one by one, then where the next page begins."""
    [root] = document["data"]
    holder = document["data"][root]
    name = next((key for key, value in holder.items() if isinstance(value, dict) and "edges" in value), None)
    if name is None or not holder[name]["edges"]:
        return [document]
    connection = holder[name]
    first, *others = connection["edges"]
    shell = {"data": {root: holder | {name: {"edges": [first]}}}, "extensions": {"is_final": False}}
    parts: list[Json] = [
        {
            "label": f"Timeline$stream$Timeline_{name}",
            "path": [root, name, "edges", number],
            "data": edge,
            "extensions": {"is_final": False},
        }
        for number, edge in enumerate(others, 1)
    ]
    end: Json = {
        "label": f"Timeline$defer$Timeline_{name}$page_info",
        "path": [root, name],
        "data": {"page_info": connection["page_info"]},
        "extensions": {"is_final": True},
    }
    return [shell, *parts, end]
