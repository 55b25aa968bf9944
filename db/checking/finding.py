"""What a check can find: of which kind, where, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

_REPAIR = "`stylegram check --repair` mends it"


class Kind(StrEnum):
    """Kinds of findings, and what to do about each."""

    advice: str

    def __new__(cls, word: str, advice: str) -> "Kind":
        member = str.__new__(cls, word)
        member._value_ = word
        member.advice = advice
        return member

    CATALOG = "catalog", "`stylegram restore` puts a backup in its place, `stylegram check --repair` makes a new one"
    INTEGRITY = "integrity", "`stylegram check --repair` copies all that can be read into a new catalog"
    SCHEMA = "schema", "`stylegram check --repair` copies all that is there into a new catalog"
    SEARCH_INDEX = "search-index", "`stylegram check --repair` builds it again"
    DANGLING_ROW = "dangling-row", _REPAIR
    UNKNOWN_WORD = "unknown-word", _REPAIR
    BROKEN_JSON = "broken-json", _REPAIR
    BAD_VALUE = "bad-value", _REPAIR
    BAD_ROW = "bad-row", _REPAIR
    MISSING_FILE = "missing-file", "`stylegram check --repair` has it fetched or made again"
    WRONG_SIZE = "wrong-size", "`stylegram check --repair` sets it aside and has it fetched or made again"
    CHANGED_BYTES = "changed-bytes", "`stylegram check --repair` sets it aside and has it fetched or made again"
    UNDECODABLE = "undecodable", "`stylegram check --repair` sets it aside and has it fetched or made again"
    UNREADABLE_FILE = "unreadable-file", "give yourself the right to read it, or look at the disk"
    WRONG_DETAILS = "wrong-details", "`stylegram check --repair` writes down what the file says"
    ORPHAN_FILE = "orphan-file", "`stylegram check --repair` takes it in again, or sets it aside"
    BAD_FRAMES = "bad-frames", "`stylegram check --repair` sets them aside; `stylize --frames` makes them again"
    BAD_THUMBNAIL = "bad-thumbnail", "`stylegram check --repair` sets it aside; the gallery makes it again"
    BAD_SAMPLE = "bad-sample", "`stylegram check --repair` sets it aside"
    LEFTOVER = "leftover", "`stylegram check --repair` sets it aside"

    @property
    def is_damage(self) -> bool:
        """Whether anything is lost or wrong; what a killed run left lying is not."""
        return self is not Kind.LEFTOVER


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    `where` is for people; what follows is where it is found again: a path below the library, a row of a table.
    """

    kind: Kind
    where: str
    what: str
    path: str | None = None
    table: str | None = None
    row: int | None = None
    column: str | None = None
    is_forgotten: bool = False      # the user had it removed, and a kill came before that was done

    @property
    def advice(self) -> str:
        return self.kind.advice
