"""What the page that collects tells: profiles with their last visits, and how patient the site is just now.

Pure but for what it asks the catalog. Invariant: whoever visits keeps to the pages of an hour and to cool-downs by
itself; here they are only told.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from db.follows import Follow
from db.library import Library
from db.politeness import CoolDown
from db.records import Image, Role
from db.runs import Run
from gallery.labels import plain

MOST_PROFILES, MOST_VISITS, _LOOKED_BACK = 300, 12, 200
_HOUR = timedelta(hours=1)

OUTCOMES = {
    "end_of_timeline": "the whole timeline was seen", "caught_up": "from there on everything was known",
    "date": "what followed was older than asked for", "limit": "as many posts as asked for",
    "login_wall": "the site shows visitors no more", "login": "a login page came instead",
    "throttled": "the site held its data back", "cool_down": "the site was to be left alone",
    "page_budget": "the pages of the hour were used up", "forgotten": "you had it removed",
    "not_found": "there is no such profile", "private": "it is private",
    "owner_changed": "the name belongs to another account now", "page_changed": "its page was not understood",
    "partly_read": "part of it was not understood", "network": "the network failed",
    "interrupted": "it was interrupted", "done": "done",
}
_WELL = frozenset({"end_of_timeline", "caught_up", "date", "limit", "login_wall", "done"})


@dataclass(frozen=True)
class Collecting:
    """How the command line visits: the name of the site in the catalog, its pages an hour, and options besides.

    `exports` is the folder within which a page may let export; None where it is only told how.
    """

    site: str = "instagram.com"
    pages_per_hour: int = 40
    options: tuple[str, ...] = ()
    exports: Path | None = None


INSTAGRAM = Collecting()


@dataclass(frozen=True)
class Ending:
    """How a visit ended, in words."""

    words: str
    is_well: bool


@dataclass(frozen=True)
class Profile:
    """A profile that is followed or was visited; `limit` counts the newest posts that are looked at."""

    name: str
    role: Role | None
    limit: int | None
    is_followed: bool
    images: int
    visited_at: datetime | None = None
    ending: Ending | None = None


@dataclass(frozen=True)
class Visit:
    """One visit of the log of runs."""

    target: str
    started_at: datetime
    ending: Ending
    counts: str


@dataclass(frozen=True)
class Patience:
    """What the site lets visitors do just now: `free_at` is when a page may be asked for, if not at once."""

    site: str
    pages: int
    budget: int
    free_at: datetime | None
    wait: str = ""
    cool_down: CoolDown | None = None
    evidence: str = ""


def profiles(library: Library, images: list[Image]) -> list[Profile]:
    """Those that are followed, in the order in which `refresh` visits them, then those that were visited."""
    counts = Counter(image.profile for image in images)
    followed = [_followed(library, each, counts[each.username]) for each in library.follows.all()]
    names = {each.name for each in followed}
    others = sorted((each for each in library.posts.profiles() if each.username not in names),
                    key=lambda each: each.username)
    found = followed
    for each in others[: max(0, MOST_PROFILES - len(followed))]:
        found.append(Profile(
            each.username, each.role, None, False, counts[each.username], *_last_visit(library, each.username)))
    return found


def _followed(library: Library, follow: Follow, images: int) -> Profile:
    """With its last visit: `refresh` notes its own beside the profile, any other is in the log of runs."""
    at, found = _last_visit(library, follow.username)
    if follow.last_visit_at is not None and (at is None or at < follow.last_visit_at):
        at, found = follow.last_visit_at, ending(follow.last_outcome)
    return Profile(follow.username, follow.role, follow.limit, True, images, at, found)


def _last_visit(library: Library, name: str) -> tuple[datetime | None, Ending | None]:
    for run in library.runs.of("scrape", name, 1):
        return run.ended_at or run.started_at, ending(run.outcome)
    return None, None


def visits(library: Library) -> list[Visit]:
    """The newest visits, whoever made them."""
    found = [run for run in library.runs.latest(_LOOKED_BACK) if run.command == "scrape"]
    return [Visit(plain(run.target), run.started_at, ending(run.outcome), _counts(run)) for run in found[:MOST_VISITS]]


def _counts(run: Run) -> str:
    told = ((run.counts.get("posts_new"), "post"), (run.counts.get("images_new"), "image"),
            (run.counts.get("page_loads"), "page"))
    words = [f"{number:,} {'' if noun == 'page' else 'new '}{noun}{'' if number == 1 else 's'}"
             for number, noun in told if isinstance(number, int) and number]
    return ", ".join(words)


def ending(outcome: str | None) -> Ending:
    """A reason to stop, as the log of runs has it, in words."""
    if outcome is None:
        return Ending("under way, or it was cut off", is_well=True)
    return Ending(OUTCOMES.get(outcome) or plain(outcome).replace("_", " "), outcome in _WELL)


def patience(library: Library, collecting: Collecting, now: datetime) -> Patience:
    """How many pages of the hour are used, and the cool-down that the site is in."""
    pages = [at for at in library.politeness.pages_since(collecting.site, now - _HOUR) if at <= now]
    cool_down = library.politeness.cool_down(collecting.site, now)
    free_at = cool_down.until if cool_down else None
    if free_at is None and len(pages) >= collecting.pages_per_hour:
        free_at = pages[-collecting.pages_per_hour] + _HOUR
    return Patience(
        collecting.site, len(pages), collecting.pages_per_hour, free_at,
        "" if free_at is None else in_words(free_at - now), cool_down,
        "" if cool_down is None else plain(cool_down.evidence))


def in_words(wait: timedelta) -> str:
    """Such as "48 minutes" or "5 hours"."""
    minutes = max(1, round(wait.total_seconds() / 60))
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{round(minutes / 60)} hours"
