"""What the command line ends with, as a number: every error of the program knows its own.

README, manual and `--help` print their tables from here. The numbers are those of sysexits.h where it has one.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Stable: scripts and cron jobs go by them."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> "ExitCode":
        member = int.__new__(cls, number)
        member._value_ = number
        member.meaning = meaning
        return member

    DONE = 0, "done, also when nothing was new"
    BUG = 1, "a bug in stylegram"
    USAGE = 2, "usage: an option, a name or an id that makes no sense"
    SOME_FAILED = 3, "some items failed, and the rest is done; their reasons are in the catalog"
    DAMAGED = 65, "damage in the library; `stylegram check` says what it is and what to do about it"
    NOT_THERE = 69, "not there: the profile does not exist or is private"
    DISK = 74, "the disk is full or read-only"
    TRY_LATER = 75, "try later: a wall, a throttle, offline, or another run holds the lock"
    NOT_UNDERSTOOD = 76, "the page is no longer understood by this version; after an update, `stylegram reparse`"
    CONFIGURATION = 78, "something is missing on this machine (`stylegram doctor`), or the library is newer than this"
    INTERRUPTED = 130, "interrupted by Ctrl-C; what was done is kept"
    CLOSED_PIPE = 141, "whoever read the answer went away before its end, such as `head`; what was done is kept"
    TERMINATED = 143, "ended by SIGTERM; what was done is kept"

    @property
    def in_short(self) -> str:
        """Its meaning in a few words."""
        return self.meaning.partition(": ")[0].partition(";")[0].partition(",")[0]


def table() -> str:
    """All of them in Markdown."""
    rows = [f"| {code.value} | {code.meaning} |" for code in ExitCode]
    return "\n".join(("| exit code | meaning |", "|---|---|", *rows))
