"""A simulated year of cron: `python -m benchmarks.soak [--days 365] [--chromium-every 30] [--seed 1]`.

Every night the real `refresh` visits ten profiles of the replica site, at the default pace and budget; nobody waits,
for waiting moves the clock on that the site and the visits share. The profiles grow, rename, turn private and vanish;
the site has walls, throttled shells and errors, the clock of the visitor goes wrong, and every tenth night cron starts
twice. Without Chromium the same pages are read by `plain_tab`; every so many nights, as told, it is a real one.

Prints a row for each month and whatever was promised and not kept; the exit code is 1 then.
"""

import argparse
import io
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.soak.plain_tab import open_plain_tab
from benchmarks.soak.promises import Expected, Requests, State, state_of
from benchmarks.soak.served import ServedSite, served
from benchmarks.soak.world import CLOCK_WRONG_BY, DAY_S, MOODS, RENAMED_ON, World
from console.refreshing import RefreshOptions, Surroundings, run_refresh
from console.terminal import Terminal
from db.checking.check import Check, Scope
from db.library import open_library
from scraper.browser import open_chromium

_AT_NIGHT_S = 3 * 3600 + 17 * 60
_MONTH = 30
_HALF_AN_HOUR_S = 1800
# What a year may add beside the collection itself.
_MOST_MORE_MIB, _MOST_MORE_DESCRIPTORS, _MOST_LOADS_OF_A_POST = 40, 3, 8
_HEAD = ("| day | posts | images | pages asked | most in an hour | images asked | seconds a visit | MiB | descriptors "
         "| strays | catalog MiB | rows of pages and cool-downs |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")


class Year:
    """One library, followed through the year."""

    def __init__(self, world: World, site: ServedSite, library: Path) -> None:
        self._world, self._site, self._library = world, site, library
        self.requests, self.expected = Requests(), Expected(world)
        self.codes = Counter[int]()
        self._quiet_until_s = 0.0
        self._timed = (0.0, 0)      # seconds and visits since the last row

    def night(self, day: int, *, with_chromium: bool) -> None:
        """One night's runs."""
        self._site.set_day(day, self._world.begins_s + day * DAY_S + _AT_NIGHT_S)
        self.expected.night(day)
        if day in RENAMED_ON:
            self._follow_new_names(day)
        self._run(day, with_chromium=with_chromium)
        if day in MOODS or day % 10 == 0:
            self._site.pass_time(_HALF_AN_HOUR_S)
            self._run(day, with_chromium=False)

    def _follow_new_names(self, day: int) -> None:
        """What a person does who finds a name gone: nothing leads from an old one to the new."""
        former = {account.username for account in self._world.accounts(day - 1)}
        with open_library(self._library) as library:
            for account in self._world.accounts(day):
                if account.username not in former:
                    library.follows.add(account.username, None, None)

    def _run(self, day: int, *, with_chromium: bool) -> None:
        wrong_by_s = CLOCK_WRONG_BY.get(day, 0) * DAY_S
        out, began = io.StringIO(), time.monotonic()
        with _browser(with_chromium) as browser, redirect_stdout(out):
            around = Surroundings(browser, self._site.pass_time, lambda: self._site.now_s + wrong_by_s)
            options = RefreshOptions(base_url=self._site.base_url)
            self.codes[run_refresh(Terminal(as_json=True, quiet=True), self._library, options, around)] += 1
        records = [json.loads(line) for line in out.getvalue().splitlines()]
        if not with_chromium:
            visits = sum(record["type"] == "scrape" for record in records)
            self._timed = self._timed[0] + time.monotonic() - began, self._timed[1] + visits
        self.requests.take(self._site.requests(), self._quiet_until_s)
        self._quiet_until_s = max((_not_before(record) - wrong_by_s for record in records), default=0.0)

    def row(self, day: int) -> State:
        """Prints how things stand."""
        now, asked = state_of(self._library), self.requests
        seconds, visits = self._timed
        self._timed = (0.0, 0)
        print(f"| {day} | {now.posts:,} | {now.images:,} | {asked.pages:,} | {asked.most_in_an_hour} "
              f"| {asked.images:,} | {seconds / max(1, visits):.2f} | {now.memory_mib:.0f} | {now.descriptors} "
              f"| {now.strays} | {now.catalog_mib:.1f} | {now.rows_of_manners} |", flush=True)
        return now

    def judge(self, day: int, early: State, late: State) -> list[str]:
        """What was promised and not kept."""
        wrong = list(self.requests.wrong)
        with open_library(self._library) as library:
            missing = self.expected.missing(library)
            follows = [follow.username for follow in library.follows.all()]
            for activity in ("scrape", "refresh", "stylize"):
                with library.lock(activity):
                    pass
        if missing:
            wrong.append(f"{len(missing)} of {len(self.expected)} posts are not complete: {', '.join(missing[:5])}")
        if sorted(follows) != sorted(account.username for account in self._world.accounts(day)):
            wrong.append(f"followed under these names: {follows}")
        if late.memory_mib > early.memory_mib + _MOST_MORE_MIB or late.strays:
            wrong.append(f"{early.memory_mib:.0f} MiB became {late.memory_mib:.0f}; {late.strays} stray files")
        if late.descriptors > early.descriptors + _MOST_MORE_DESCRIPTORS:
            wrong.append(f"{early.descriptors} descriptors became {late.descriptors}")
        often = [f"{path} {count} times" for path, count in self.requests.of_post.most_common(3)
                 if count > _MOST_LOADS_OF_A_POST]
        if often:
            wrong.append(f"opened again and again: {', '.join(often)}")
        findings = Check(self._library, Scope(), lambda *_: None, sleep=lambda _: None).findings()
        return wrong + [f"{found.kind}: {found.where}: {found.what}" for found in findings]


@contextmanager
def _browser(is_real: bool) -> Iterator[Callable[[], AbstractContextManager[Any]]]:
    """A real Chromium, or none and the tab that needs none."""
    if is_real:
        with open_chromium() as chromium:
            yield lambda: nullcontext(chromium)
        return
    with patch("scraper.run.open_tab", open_plain_tab):
        yield nullcontext


def _not_before(record: dict[str, Any]) -> float:
    """Until when a visit was told to leave the site alone."""
    said = record.get("not_before")
    is_cool_down = record.get("stop_reason") not in ("page_budget", None)
    return datetime.fromisoformat(said).timestamp() if said and is_cool_down else 0.0


def main() -> int:
    """Runs the year; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--chromium-every", type=int, default=30, metavar="DAYS", help="0: never (30)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    # A year that is over: dates of posts that lie in the future are none.
    world = World(int(time.time()) // DAY_S * DAY_S - 380 * DAY_S, asked.seed)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, served(world) as site:
        library = Path(folder) / "library"
        with open_library(library) as opened:
            for name in world.names():
                opened.follows.add(name, None, None)
        year = Year(world, site, library)
        print(_HEAD)
        states = []
        for day in range(asked.days):
            every = asked.chromium_every
            year.night(day, with_chromium=every > 0 and day % every == every - 1)
            if day % _MONTH == _MONTH - 1 or day == asked.days - 1:
                states.append(year.row(day + 1))
        wrong = year.judge(asked.days - 1, states[min(1, len(states) - 1)], states[-1])
    endings = ", ".join(f"{count} nights with {code}" for code, count in sorted(year.codes.items()))
    opened_posts = year.requests.of_post
    print(f"\n{endings}; {len(year.expected):,} posts were public for ten days or more; "
          f"{sum(opened_posts.values()) / max(1, len(opened_posts)):.2f} openings of a post's page")
    for line in wrong:
        print(f"BROKEN: {line}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
