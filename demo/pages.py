"""The HTML of the site's pages: a shell, its data blocks, and the switches for the page's own script.

A page asks for nothing outside the site. What kind of page it is stands in its route, as on the real
site; its status and its title prove nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from demo.accounts import Account, Post
from demo.behaviour import AsideKind, Behaviour
from demo.cdn import Easel
from demo.documents import Json, distorted, generation_of
from demo.timeline import first_page

PROFILE_ROUTE = "PolarisLoggedOutDesktopWWWProfileRoute"
POST_ROUTE = "PolarisLoggedOutDesktopWWWPostRoute"
ERROR_ROUTE = "PolarisErrorRoute"
SUGGESTIONS = "PolarisProfileSuggestedUsersWithPreloadableQuery"
LOGIN_ROUTE = "PolarisCAAIGLoginHomepageRoute"
# Chromium asks for an icon by itself and at leisure, even after the page is gone: the log of requests is to be exact.
NO_ICON = '<link rel="icon" href="data:,">'


@dataclass(frozen=True)
class Shell:
    """A page before it becomes text."""

    route: str
    view: str
    title: str = "Instagram"
    meta: Mapping[str, str] | None = None
    queries: Sequence[tuple[str, Json]] = ()
    switches: Mapping[str, Any] | None = None
    padding_bytes: int = 0
    odd_blocks: Sequence[str] = ()
    data_as: str = "json"
    extra: str = ""
    head: str = ""


def profile_page(account: Account, easel: Easel) -> str:
    generation = generation_of(account)
    behaviour = account.behaviour
    documents = [(generation.PROFILE_QUERY, generation.profile(account, easel))]
    documents.append((generation.TIMELINE_QUERY, generation.timeline(account, first_page(account), easel)))
    switches = {
        "username": account.username,
        "fullName": account.user.full_name,
        "isPrivate": account.is_private,
        "graphId": account.user.graph_id,
        "endpoint": generation.ENDPOINT,
        "query": generation.TIMELINE_QUERY,
        "dialogs": dialogs_on("profile", behaviour),
        "lateLoginMs": behaviour.late_login_ms,
        "lateLoginScrolls": behaviour.late_login_scrolls,
        "asides": asides_of(account),
    } | leading(behaviour, "profile")
    shell = Shell(
        route=PROFILE_ROUTE,
        view="profile",
        title=profile_title(account),
        meta=profile_meta(account, easel),
        queries=[(name, distorted(document, behaviour)) for name, document in documents],
        switches=switches,
        padding_bytes=behaviour.padding_bytes,
        odd_blocks=odd_blocks(behaviour),
        data_as=behaviour.data_as,
        head=refresh_to(behaviour, "profile"),
    )
    return html(shell)


def post_page(account: Account, post: Post, easel: Easel) -> str:
    generation = generation_of(account)
    behaviour = account.behaviour
    gone = post.is_gone
    document = generation.missing_post() if gone else generation.post(account, post, easel)
    shell = Shell(
        route=POST_ROUTE,
        view="post",
        queries=[(generation.POST_QUERY, distorted(document, behaviour, "post"))],
        switches={"username": account.username, "dialogs": dialogs_on("post", behaviour)}
        | leading(behaviour, "post"),
        padding_bytes=behaviour.padding_bytes,
        odd_blocks=odd_blocks(behaviour),
        data_as=behaviour.data_as,
        head=refresh_to(behaviour, "post"),
    )
    return html(shell)


def throttled_profile(account: Account, easel: Easel) -> str:
    """Route, title and og: tags of a good page, and no data."""
    title, meta = profile_title(account), profile_meta(account, easel)
    padding = account.behaviour.padding_bytes
    return html(Shell(PROFILE_ROUTE, "empty", title=title, meta=meta, padding_bytes=padding))


def throttled_post(account: Account) -> str:
    return html(Shell(POST_ROUTE, "empty", padding_bytes=account.behaviour.padding_bytes))


def lite_profile(account: Account, easel: Easel) -> str:
    """The smaller good variant: og: tags and the user's id, but nothing of the timeline."""
    block = {"params": {"profile_id": str(account.user.pk), "page_id": f"profilePage_{account.user.pk}"}}
    shell = Shell(
        PROFILE_ROUTE,
        "empty",
        title=profile_title(account),
        meta=profile_meta(account, easel),
        padding_bytes=account.behaviour.padding_bytes,
        extra=data_block(block),
    )
    return html(shell)


def missing_page() -> str:
    return html(Shell(ERROR_ROUTE, "error", title="Instagram"))


def login_page() -> str:
    return html(Shell(LOGIN_ROUTE, "login"))


def plain_page(heading: str) -> str:
    """Pages behind a redirect that say nothing about any account."""
    return f"<!DOCTYPE html><html lang=en>{NO_ICON}<title>Instagram</title><h1>{escape(heading)}</h1></html>"


def profile_title(account: Account) -> str:
    return f"{account.user.full_name} (@{account.username}) • Instagram photos and videos"


def profile_meta(account: Account, easel: Easel) -> dict[str, str]:
    name = f"{account.user.full_name} (@{account.username})"
    counts = (
        f"{rounded(account.followers)} Followers, {rounded(account.following)} Following, "
        f"{len(account.posts)} Posts"
    )
    return {
        "og:type": "profile",
        "og:title": f"{name} • Instagram photos and videos",
        "og:description": f"{counts} - See Instagram photos and videos from {name}",
        "og:image": easel.avatar(account.user, 100),
        "og:url": f"https://www.instagram.com/{account.username}/",
    }


def rounded(count: int) -> str:
    """Numbers as previews give them: 10412 is 10K, 77 is 80."""
    if count >= 1_000_000:
        return f"{count // 1_000_000}M"
    if count >= 10_000:
        return f"{count // 1000}K"
    return str(round(count, -1)) if count >= 50 else str(count)


def html(shell: Shell) -> str:
    defaults: Json = {
        "dialogs": [], "lateLoginMs": None, "lateLoginScrolls": None, "asides": [], "leadsTo": None, "view": shell.view
    }
    switches = defaults | dict(shell.switches or {})
    meta = "\n".join(
        f'<meta property="{name}" content="{at_sign_as_entity(escape(content))}">'
        for name, content in (shell.meta or {}).items()
    )
    canonical = (shell.meta or {}).get("og:url")
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    blocks = [f'{{"canonicalRouteName" : "comet.igweb.{shell.route}"}}', *shell.odd_blocks]
    plain = "\n".join(f'<script type="application/json" data-sjs>{block}</script>' for block in blocks)
    data = "\n".join(query_block(name, document, n) for n, (name, document) in enumerate(shell.queries, 1))
    data = dressed(data, shell.data_as)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>{at_sign_as_entity(escape(shell.title))}</title>
{meta}
{link}
{shell.head}
{NO_ICON}<link rel="stylesheet" href="/rsrc.php/v4/page.css">
</head><body><div id="mount"></div>
{plain}
{filler(shell.padding_bytes)}
{data}
{shell.extra}
<script type="application/json" id="switches">{as_script_text(switches)}</script>
<script src="/rsrc.php/v4/page.js" defer></script>
</body></html>
"""


def dialogs_on(page: str, behaviour: Behaviour) -> list[Json]:
    return [asdict(dialog) for dialog in behaviour.dialogs if dialog.on == page]


def asides_of(account: Account) -> list[Json]:
    """What the page asks for besides its posts: an address and, where it is posted, a body."""
    return [{"when": aside.when} | aside_request(account, aside.kind) for aside in account.behaviour.asides]


def aside_request(account: Account, kind: AsideKind) -> Json:
    pk = str(account.user.pk)
    match kind:
        case "suggestions":
            variables = json.dumps({"module": "profile", "target_id": pk})
            return {"at": "/api/graphql", "body": {"fb_api_req_friendly_name": SUGGESTIONS, "variables": variables}}
        case "related":
            return {"at": f"/api/v1/discover/chaining/?module=profile&target_id={pk}"}
        case "consent":
            return {"at": "/api/v1/web/consent/state/", "body": {"flow": "user_cookie_choice"}}
        case "logging":
            return {"at": "/api/v1/web/logging/events/", "body": {"page": f"/{account.username}/", "profile_id": pk}}
        case "unnamed":
            return {"at": "/api/v1/web/something/"}


def leading(behaviour: Behaviour, page: str) -> Json:
    """The switch by which the page's script sends its visitor elsewhere."""
    leads = behaviour.leads_on == page and behaviour.leads_by == "script"
    return {"leadsTo": behaviour.leads_to if leads else None}


def refresh_to(behaviour: Behaviour, page: str) -> str:
    """The line of the head that does the same without a script."""
    if behaviour.leads_to is None or (behaviour.leads_on, behaviour.leads_by) != (page, "refresh"):
        return ""
    return f'<meta http-equiv="refresh" content="0;url={escape(behaviour.leads_to)}">'


def odd_blocks(behaviour: Behaviour) -> list[str]:
    """Blocks that a reader must survive: one that does not parse, one of brackets to any depth."""
    broken = ['{"require":[["Broken",'] if behaviour.with_broken_block else []
    nested = ["[" * behaviour.nested_to + "]" * behaviour.nested_to] if behaviour.nested_to else []
    return broken + nested


def query_block(query: str, document: Json, number: int) -> str:
    """A prefetched answer in the nesting in which the real pages hand it to their script."""
    result = {"__bbox": {"complete": True, "result": document, "sequence_number": 0}}
    entry = ["RelayPrefetchedStreamCache", "next", [], [f"adp_{query}RelayPreloader_6a{number:x}f", result]]
    handle = ["ScheduledServerJS", "handle", None]
    return data_block({"require": [[*handle, [{"__bbox": {"require": [entry]}}, *[{"__bbox": None}] * 2]]]})


def dressed(blocks: str, data_as: str) -> str:
    """The data blocks as scripts of another kind: JSON under another name, or assigned by a program."""
    if data_as == "text":
        return blocks.replace('type="application/json"', 'type="text/plain"')
    if data_as == "assignment":
        return blocks.replace('<script type="application/json"', "<script").replace("-sjs>", "-sjs>window.data=")
    return blocks


def data_block(content: Json) -> str:
    text = as_script_text(content)
    return f'<script type="application/json" data-content-len="{len(text)}" data-sjs>{text}</script>'


def filler(size_bytes: int) -> str:
    """Blocks like those that make real pages large: modules and strings, nothing about media."""
    line = '["Module%05d",[],{"hash":"%s","flags":[null,true,0]},%d]'
    size_of_line = len(line) + 40
    count = size_bytes // size_of_line
    if not count:
        return ""
    modules = ",".join(line % (n, f"{n * 2654435761 % 2**64:040x}", n) for n in range(count))
    return f'<script type="application/json" data-sjs>{{"define":[{modules}]}}</script>'


def as_script_text(content: Any) -> str:
    return json.dumps(content, separators=(",", ":")).replace("</", "<\\/").replace("<!--", "<\\u0021--")


def at_sign_as_entity(text: str) -> str:
    """The real pages write the at sign as an entity."""
    return text.replace("@", "&#064;")
