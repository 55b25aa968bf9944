"""How a visit ended: why it stopped and what it brought, as the command line prints it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from db.exit_codes import ExitCode


class StopReason(StrEnum):
    """Why a visit stopped. Only END_OF_TIMELINE says that the whole timeline was seen."""

    END_OF_TIMELINE = "end_of_timeline"     # the site said that nothing follows
    CAUGHT_UP = "caught_up"                 # from here on everything is known from earlier visits
    DATE = "date"                           # what follows is older than asked for
    LIMIT = "limit"                         # as many posts as asked for
    LOGIN_WALL = "login_wall"               # the site shows visitors no more than this
    LOGIN = "login"                         # a login page or a challenge in place of what was asked for
    THROTTLED = "throttled"                 # the site holds its data back for now
    COOL_DOWN = "cool_down"                 # it refused not long ago, so it was not asked
    PAGE_BUDGET = "page_budget"             # as many pages as an hour may have
    FORGOTTEN = "forgotten"                 # the user had it removed, so it was left alone
    NOT_FOUND = "not_found"
    PRIVATE = "private"
    OWNER_CHANGED = "owner_changed"         # the name belongs to somebody else now
    PAGE_CHANGED = "page_changed"           # data is there and not understood
    PARTLY_READ = "partly_read"             # ... some of it: the posts among it that were are taken
    NETWORK = "network"
    INTERRUPTED = "interrupted"


_EXIT_CODES = {
    StopReason.LOGIN: ExitCode.TRY_LATER,
    StopReason.THROTTLED: ExitCode.TRY_LATER,
    StopReason.COOL_DOWN: ExitCode.TRY_LATER,
    StopReason.PAGE_BUDGET: ExitCode.TRY_LATER,
    StopReason.NOT_FOUND: ExitCode.NOT_THERE,
    StopReason.PRIVATE: ExitCode.NOT_THERE,
    StopReason.OWNER_CHANGED: ExitCode.NOT_THERE,
    StopReason.PAGE_CHANGED: ExitCode.NOT_UNDERSTOOD,
    StopReason.PARTLY_READ: ExitCode.SOME_FAILED,
    StopReason.NETWORK: ExitCode.TRY_LATER,
    StopReason.INTERRUPTED: ExitCode.INTERRUPTED,
}


@dataclass(frozen=True)
class ScrapeReport:
    """One profile's visit. The field names are those of the JSON line."""

    profile: str
    pk: str | None
    stop_reason: StopReason
    posts_seen: int = 0
    posts_new: int = 0
    images_new: int = 0
    images_known: int = 0
    images_failed: int = 0
    images_withheld: int = 0                # their server asks machines to leave them alone
    posts_unread: int = 0                   # their pages were not to be had; a later visit takes them up
    nodes_unread: int = 0                   # what stood in the grid in a shape that this version does not understand
    videos_skipped: int = 0
    page_loads: int = 0
    not_before: datetime | None = None      # when the site may be visited again, where that is not at once

    def as_json(self) -> dict[str, Any]:
        """The JSON line of this report."""
        not_before = None if self.not_before is None else self.not_before.isoformat(timespec="seconds")
        return {"type": "scrape", **asdict(self), "stop_reason": self.stop_reason.value, "not_before": not_before}

    @property
    def exit_code(self) -> int:
        """What the command line ends with. A wall met after posts were read is no failure."""
        if self.stop_reason is StopReason.LOGIN_WALL and not self.posts_seen:
            return ExitCode.TRY_LATER
        some_failed = self.images_failed or self.posts_unread or self.nodes_unread
        return _EXIT_CODES.get(self.stop_reason, ExitCode.SOME_FAILED if some_failed else 0)
