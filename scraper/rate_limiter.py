"""Whether and when the next page may be asked for: no cool-down, a page left of the hour's budget, the pause over.

All runs on a library share one limiter. Pauses within a run are measured by the monotonic clock; across runs
only the time of day can tell, and a change of it neither prolongs a pause nor keeps pages away for ever.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from db.politeness import NO_ANSWER, Answer, CoolDown, Politeness
from scraper.delays import Delays
from scraper.errors import BudgetSpent, CoolingDown
from scraper.site import Site

_HOUR = timedelta(hours=1)


class RateLimiter:
    """The way to a site's pages; clocks, sleep and chance are passed in."""

    def __init__(
        self,
        site: Site,
        delays: Delays,
        politeness: Politeness,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._site = site.key
        self._delays = delays
        self._politeness = politeness
        self._wall_clock = wall_clock
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._last_page: float | None = None
        politeness.clamp_to_now(self._site, self._now())

    def check(self) -> None:
        """Raise CoolingDown while the site is to be left alone."""
        found = self._politeness.cool_down(self._site, self._now())
        if found is not None:
            answer = f" ({found.answer})" if str(found.answer) else ""
            raise CoolingDown(f"no page before {_words(found.until)}: {found.evidence}{answer}", found.until)

    def before_page(self) -> None:
        """Wait until the next page may be asked for, and count it. Raises BudgetSpent, without waiting for an hour."""
        now = self._now()
        pages = self._politeness.pages_since(self._site, now - _HOUR)
        budget = self._delays.pages_per_hour
        if budget is not None and len(pages) >= budget:
            free = min(pages[-budget], now) + _HOUR
            raise BudgetSpent(f"the limit of pages an hour, {budget}, is reached; the next one at {_words(free)}", free)
        pause_s = self._rng.uniform(*self._delays.page_delay_s)
        if self._last_page is not None:
            pause_s -= self._clock() - self._last_page
        else:
            pause_s -= max(0.0, (now - pages[-1]).total_seconds()) if pages else pause_s
        if pause_s > 0:
            self._sleep(pause_s)
        self._politeness.page_loaded(self._site, self._now())
        self._last_page = self._clock()

    def scroll_pause_s(self) -> float:
        """How long to look at a page before scrolling on."""
        return self._rng.uniform(*self._delays.scroll_pause_s)

    def refused(self, evidence: str, answer: Answer = NO_ANSWER) -> CoolDown:
        """The site has refused: from now on it is left alone for a while."""
        return self._politeness.refused(self._site, evidence, self._now(), answer)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall_clock(), UTC)


def _words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
