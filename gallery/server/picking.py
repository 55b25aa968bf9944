"""Which images are shown, and in which order: what is wished, as an address says it and as the catalog takes it.

Invariant: a pick and its address are two forms of the same: whatever is chosen can be shared as a link. What makes
no sense in an address is left out, but words, which the catalog judges.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from db.dates import parse_since, parse_until
from db.records import Role
from db.selection.filters import Filters, ImageStatus, parse_aspect
from db.selection.selections import IMAGE_ORDERS, Order, parse_order
from db.selection.terms import split
from gallery.server import query

ORDERS = (*(f"-{key}" for key in IMAGE_ORDERS), *IMAGE_ORDERS[1:])
ROLES = (Role.CONTENT, Role.STYLE)


@dataclass(frozen=True)
class Pick:
    """What of the images is wanted; None leaves it open. Each field is a parameter of the address."""

    q: str | None = None            # words of the selection language
    text: str | None = None         # words of captions
    role: str | None = None
    profile: str | None = None
    tag: str | None = None
    starred: int | None = None
    status: str | None = None
    since: str | None = None        # days
    until: str | None = None
    min_side: int | None = None
    aspect: str | None = None
    full_size: int | None = None
    sort: str | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Pick":
        """From the parameters of an address."""
        return cls(
            q=query.word(said, "q"), text=query.word(said, "text"), role=query.word(said, "role", ROLES),
            profile=query.word(said, "profile"), tag=query.word(said, "tag"),
            starred=query.whole(said, "starred", most=1), status=query.word(said, "status", tuple(ImageStatus)),
            since=query.day(said, "since"), until=query.day(said, "until"), min_side=query.whole(said, "min_side"),
            aspect=query.word(said, "aspect"), full_size=query.whole(said, "full_size", most=1),
            sort=query.word(said, "sort", ORDERS))

    def address(self, path: str = "/images", /, **other: object) -> str:
        """Where what is wished is shown; `other` takes the place of what it has."""
        said = {field.name: getattr(self, field.name) for field in fields(self)} | other
        parameters = urlencode({name: value for name, value in said.items() if value is not None})
        return f"{path}?{parameters}" if parameters else path

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out by it."""
        return any(getattr(self, field.name) is not None for field in fields(self) if field.name != "sort")

    @property
    def options(self) -> list[str]:
        """The filters as options of the command line, each one of them whole."""
        said = {
            "role": self.role, "profile": self.profile, "since": self.since, "until": self.until,
            "min-side": self.min_side, "aspect": self.aspect, "text": self.text, "tag": self.tag, "status": self.status}
        flags = {"full-size": self.full_size, "favourite": self.starred}
        return [*(f"--{name}={value}" for name, value in said.items() if value is not None),
                *(f"--{name}" for name, is_set in flags.items() if is_set)]

    @property
    def words(self) -> list[str]:
        """What `q` names, word by word."""
        return split(self.q or "")

    @property
    def order(self) -> Order | None:
        """What they are sorted by; by number without one."""
        return None if self.sort is None else parse_order(self.sort, IMAGE_ORDERS)

    def filters(self) -> Filters:
        """The same as the catalog takes it. Raises BadSelection."""
        return Filters(
            role=None if self.role is None else Role(self.role),
            profiles=() if self.profile is None else (self.profile,),
            since=None if self.since is None else parse_since(self.since),
            until=None if self.until is None else parse_until(self.until),
            min_side=self.min_side, aspect=None if self.aspect is None else parse_aspect(self.aspect),
            full_size=bool(self.full_size), text=self.text,
            tags=() if self.tag is None else (self.tag,), starred=bool(self.starred),
            status=None if self.status is None else ImageStatus(self.status))

