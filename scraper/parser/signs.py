"""By what a request is known to be for a profile's timeline: the words that its address or its body carries.

A page asks for many things at the same addresses, and what a refused request would have brought, nobody sees. It is
the timeline's own if it has the name of the query that brought the timeline before, or the cursor to go on from; and,
unless it calls itself something else, if it has the profile's id or name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.values import identity
from scraper.parser.connections import belongs, connections
from scraper.parser.documents import Json, arrays, objects
from scraper.posts import Profile

_PRELOADER = re.compile(r"adp_([A-Za-z0-9_]{4,200}?)RelayPreloader_.{0,200}", re.ASCII)
# Parts of names of queries and of paths, in lower case: of timelines, and of what else a page asks for.
_TIMELINE = re.compile(r"timeline|profileposts|poststab|feed/user")
_ASIDE = re.compile(
    r"suggest|related|chaining|recommend|similar|discover|explore|consent|cookie|privacy|logging|logger|[/_]logs?\b"
    r"|telemetry|analytics|falco|event|highlight|stories|story|reels|clips|tagged|saved|comment|likers|follow"
    r"|friendship|notification|badge|presence|banner|upsell|promotion"
)
# A shorter one may be part of anything.
_SHORTEST = 4
_SHORTEST_CURSOR = 8


@dataclass(frozen=True)
class Signs:
    """What only requests for one timeline carry: `strong`, names of queries and cursors, and `weak`, whose it is."""

    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()

    def __or__(self, other: "Signs") -> "Signs":
        return Signs(self.strong | other.strong, self.weak | other.weak)

    def continue_in(self, called: str, carried: str) -> bool:
        """Whether a request that calls itself `called`, and is `carried` as a whole, asks for more of the timeline."""
        is_named = _TIMELINE.search(called.lower()) is not None and not calls_itself_another(called)
        return is_named or any(_stands_in(sign, carried) for sign in self.strong)

    def are_in(self, called: str, carried: str) -> bool:
        """Whether it asks for what the timeline is part of."""
        if self.continue_in(called, carried):
            return True
        return not calls_itself_another(called) and any(_stands_in(sign, carried) for sign in self.weak)


def calls_itself_another(called: str) -> bool:
    """Whether a path, or the name of a query, is of something else that pages ask for."""
    return _ASIDE.search(called.lower()) is not None


def signs_of(documents: Sequence[Json], profile: Profile) -> Signs:
    """The signs of the profile's timeline that its documents tell."""
    strong = {query for document in documents for query in _queries(document, profile)}
    parts = [part for document in documents for part in connections(document, profile)]
    strong |= {part.cursor for part in parts if part.cursor and len(part.cursor) >= _SHORTEST_CURSOR}
    users = [found for document in documents for found in objects(document) if belongs(found, profile)]
    ids = {found for user in users for key in ("pk", "id") if (found := identity(user.get(key)))}
    return Signs(frozenset(strong), signs_of_name(profile.username, profile.pk, *ids).weak)


def signs_of_name(*names: str) -> Signs:
    """The signs that names and ids are."""
    return Signs(weak=frozenset(name for name in names if len(name) >= _SHORTEST))


def _queries(document: Json, profile: Profile) -> Iterator[str]:
    """The names of the queries that brought the timeline into the page: ["adp_<name>RelayPreloader_<hex>", {...}]."""
    for entry in arrays(document):
        name = _PRELOADER.fullmatch(entry[0]) if len(entry) == 2 and isinstance(entry[0], str) else None
        if name is not None and next(connections(entry[1], profile), None) is not None:
            yield name[1]


def _stands_in(sign: str, carried: str) -> bool:
    """Whether a sign stands in a text by itself, or begins a name; only of an id as part of a path, too."""
    slash = "" if sign.isdigit() else "/"
    around = rf"(?<![\w.{slash}-]){re.escape(sign)}(?![A-Za-z0-9.{slash}-])"
    return re.search(around, carried, re.IGNORECASE) is not None
