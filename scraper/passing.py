"""What came of one of the requests that a page made by itself: as it passed, before anybody knows what it was for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlsplit

from db.politeness import NO_ANSWER, Answer
from scraper.parser.documents import Json
from scraper.parser.page_kind import PageKind, refusal
from scraper.parser.signs import Signs, calls_itself_another

_LONGEST = 100_000
_NAME_HEADER = "x-fb-friendly-name"
_NAME = re.compile(r"(?:fb_api_req_friendly_name|operationName)\W{1,5}(\w{1,200})", re.ASCII)


@dataclass(frozen=True)
class Passed:
    """An answer's documents, or why there are none: it came and could not be read, or it did not come.

    `called` is what the request calls itself, its path and its query's name, and `carried` all that it held.
    """

    called: str
    carried: str
    answer: Answer = NO_ANSWER
    documents: tuple[Json, ...] = ()
    is_lost: bool = False
    failure: str | None = None

    @property
    def refusal(self) -> PageKind | None:
        """LOGIN or REFUSED when it refuses its caller; REFUSED when it does both."""
        kinds = {kind for document in self.documents if (kind := refusal(document)) is not None}
        return PageKind.REFUSED if PageKind.REFUSED in kinds else next(iter(kinds), None)

    @property
    def is_aside(self) -> bool:
        """Whether it calls itself something else than a timeline."""
        return calls_itself_another(self.called)

    def continues(self, signs: Signs) -> bool:
        """Whether it was asked for to go on with the timeline of these signs."""
        return signs.continue_in(self.called, self.carried)

    def concerns(self, signs: Signs) -> bool:
        """Whether it was asked for what has these signs, or may have been."""
        return signs.are_in(self.called, self.carried)


def asked(url: str, headers: Mapping[str, str], content: str) -> tuple[str, str]:
    """What a request calls itself and all that it carries, decoded."""
    parts = urlsplit(url)
    carried = unquote_plus(f"{parts.path} {parts.query[:_LONGEST]} {content[:_LONGEST]}")
    names = [headers.get(_NAME_HEADER, "")[:_LONGEST], *_NAME.findall(carried)[:5]]
    called = " ".join(filter(None, [unquote_plus(parts.path), *names]))
    return called, f"{called} {carried}"
