"""How the site answers for one account: the walls, dialogs, shapes and faults a test can ask for.

The defaults are the good case throughout, so a test names only what it is about.
"""

from dataclasses import dataclass
from typing import Literal

WallKind = Literal[
    "missing",  # error route, status 200
    "missing_404",  # error route, status 404
    "login_page",  # login route in place, status 200
    "login_redirect",  # 302 to /accounts/login/?next=...
    "challenge",  # 302 to /challenge/
    "suspended",  # 302 to /accounts/suspended/
    "home",  # 302 to /
    "throttled",  # the route, title and og: tags of a good page, but no data
    "lite",  # og: tags and the user's id, no data
    "refused",  # 429 with an empty body
    "refused_json",  # 401 and the old endpoints' words, in place of a page
    "server_error",  # 500
    "dropped",  # the connection is reset
]
DialogKind = Literal["login", "consent"]
RefusalKind = Literal[
    "please_wait",  # 401 require_login
    "please_wait_vi",  # the same in Vietnamese
    "too_many",  # 429, empty body
    "rate_limit",  # 200 with an error inside
    "checkpoint",
    "feedback",
    "challenge",
    "execution_error",  # 200, data null
    "null_user",  # 200, the user null
    "login_html",  # 200, a login page where JSON belongs
    "server_error",  # 500, empty body
    "dropped",  # the connection is reset
]
AsideKind = Literal[
    "suggestions",  # by the same endpoint as the timeline, with the profile's id
    "related",
    "consent",
    "logging",  # answered without JSON
    "unnamed",  # nothing in it says what it is for
]
OddShape = Literal[
    "wrapped",  # the media stands one level deeper
    "renamed_node",  # the edge calls its node something else
    "renamed_code",  # the node calls its code something else
    "list",  # a list in the place of the edge
    "text",  # a text in the place of the edge
    "unit",  # a unit without any media, as for an advertisement
]
FaultKind = Literal[
    "expired",  # 403 URL signature expired
    "missing",  # 404
    "forbidden",  # 403, and not for its signature
    "undecodable",  # 200, and of an image no more than its beginning
    "server_error",  # 500
    "busy",  # 429 or 503 with Retry-After
    "truncated",  # Content-Length larger than the body
    "html",  # 200 text/html
    "svg",
    "slow",  # the body drips
    "reset",  # connection reset in the middle of the body
    "redirect",  # 302 to an address on another host
    "wrong_range",  # a Content-Range that was not asked for
    "no_index",  # served well, with X-Robots-Tag: noimageai
]


@dataclass(frozen=True)
class Wall:
    """Another page instead of the one asked for, from the n-th load of that page kind on."""

    kind: WallKind
    on: Literal["profile", "post"] = "profile"
    from_load: int = 1
    until_load: int | None = None  # the last load that meets the wall

    def stands_at(self, on: str, load: int) -> bool:
        last = load if self.until_load is None else self.until_load
        return self.on == on and self.from_load <= load <= last


@dataclass(frozen=True)
class Dialog:
    """A `div[role=dialog]` over the page; a login dialog also ends the loading of posts."""

    kind: DialogKind = "login"
    after_ms: int | None = None
    after_scrolls: int | None = None  # neither: at once
    has_close_button: bool = False
    language: Literal["en", "de", "ar"] = "en"
    on: Literal["profile", "post"] = "profile"


@dataclass(frozen=True)
class Aside:
    """Something else that a profile's page asks the site for, and how that is refused, if it is."""

    kind: AsideKind = "suggestions"
    when: Literal["load", "scroll", "more"] = "load"  # "scroll": before more posts are asked for; "more": after
    refusal: RefusalKind | None = None


@dataclass(frozen=True)
class OddNodes:
    """Entries of the timeline in a shape of their own: each, or each second one, and so on."""

    shape: OddShape = "wrapped"
    every: int = 1
    on: Literal["profile", "answer"] | None = None  # on the page, or in answers to scrolling, alone


@dataclass(frozen=True)
class ImageFault:
    """What goes wrong with one file; `times` bounds it, after which the file is served well."""

    kind: FaultKind
    times: int | None = None
    on_originals_only: bool = False
    status: int = 503  # of "busy"
    retry_after: str | None = None  # of "busy": seconds or an HTTP date
    drip_s: float = 0.2  # of "slow": the pause between pieces


@dataclass(frozen=True)
class Behaviour:
    """How pages, answers and image addresses of one account are made."""

    generation: Literal["xig", "xdt", "legacy"] = "xig"
    walls: tuple[Wall, ...] = ()
    dialogs: tuple[Dialog, ...] = ()
    late_login_ms: int | None = None  # a script sends the visitor to the login page
    late_login_scrolls: int | None = None
    leads_to: str | None = None  # a script sends the visitor to this address
    leads_by: Literal["script", "refresh"] = "script"  # ... or the head of the page does
    leads_on: Literal["profile", "post"] = "profile"
    asides: tuple[Aside, ...] = ()

    # the timeline
    page_size: int = 12
    refusal: RefusalKind | None = None  # of the page's own request for more posts
    refusal_from: int = 1
    with_loop_prefix: bool = False  # `for (;;);` before the body
    streamed: bool = False  # several JSON documents, one a line
    answer_delay_ms: int = 0
    answer_root: Literal["node", "xig_user_by_username", "user"] = "node"
    empty_pages: int = 0  # this many pages without posts, which do not end the timeline
    repeats_cursor: bool = False  # every page names itself as the next

    # the shape of documents
    media_type_as_text: bool = False
    ids_as_int: bool = False
    null_edges: bool = False
    without_page_info: bool = False
    renamed: bool = False  # all names changed: nothing to be recognised by
    renamed_only: Literal["post", "answer"] | None = None  # ... on post pages, or in answers to scrolling, alone
    odd_nodes: OddNodes | None = None
    with_candidate_sizes: bool | None = None  # None: as the generation does
    crops_first: bool = False
    largest_width_px: int | None = None  # originals wider than this are withheld
    webp_as_jpeg: bool = False  # WEBP originals are offered re-encoded, at a .webp address
    missing_post_as_null: bool = False  # a post that is gone answers with null data, not the error route
    gate_name: str = "if_not_gated_logged_out"
    private_timeline: Literal["null", "empty", "absent"] = "null"
    with_broken_block: bool = True
    data_as: Literal["json", "text", "assignment"] = "json"  # what kind of script holds the data
    nested_to: int = 0  # the depth of one more block, of brackets only

    # the delivery
    image_lifetime_s: int = 4 * 86_400
    ignores_ranges: bool = False
    padding_bytes: int = 60_000
    page_delay_ms: int = 0
