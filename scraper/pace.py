"""How slowly a site is visited: the pause between one page and the next.

Durations are measured by a monotonic clock that is passed in, like the sleep and the chance: a changed system
time neither shortens nor prolongs a pause.
"""

import random
import time
from collections.abc import Callable

from scraper.errors import BadSetting
from scraper.site import Site

DEFAULT_PAGE_DELAY_S = (6.0, 12.0)
SHORTEST_PAGE_DELAY_S = 1.0
LONGEST_PAGE_DELAY_S = 3_600.0

_SCROLL_PAUSE_S = (1.0, 2.5)
_SCROLL_PAUSE_LOOPBACK_S = (0.1, 0.1)


class Pace:
    """Pauses drawn at random from a range, in seconds."""

    def __init__(
        self,
        page_delay_s: tuple[float, float] = DEFAULT_PAGE_DELAY_S,
        scroll_pause_s: tuple[float, float] = _SCROLL_PAUSE_S,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._page_delay_s = page_delay_s
        self._scroll_pause_s = scroll_pause_s
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._last_page: float | None = None

    def before_page(self) -> None:
        """Wait until the next page may be asked for; the first one may be at once."""
        if self._last_page is not None:
            pause = self._rng.uniform(*self._page_delay_s) - (self._clock() - self._last_page)
            if pause > 0:
                self._sleep(pause)
        self._last_page = self._clock()

    def scroll_pause_s(self) -> float:
        """How long to look at a page before scrolling on."""
        return self._rng.uniform(*self._scroll_pause_s)


def pace_for(site: Site, page_delay_s: float | None = None) -> Pace:
    """The pace for a site: the default, or a fixed delay as the user says. Raises BadSetting.

    Only a site on loopback may be visited without pause.
    """
    scroll_pause_s = _SCROLL_PAUSE_LOOPBACK_S if site.loopback and page_delay_s == 0 else _SCROLL_PAUSE_S
    if page_delay_s is None:
        return Pace(scroll_pause_s=scroll_pause_s)
    shortest = 0.0 if site.loopback else SHORTEST_PAGE_DELAY_S
    if not shortest <= page_delay_s <= LONGEST_PAGE_DELAY_S:
        raise BadSetting(
            f"a page delay of {page_delay_s:g} s is not allowed here "
            f"({shortest:g} to {LONGEST_PAGE_DELAY_S:g}; less than 1 only with a loopback --base-url)"
        )
    return Pace((page_delay_s, page_delay_s), scroll_pause_s)
