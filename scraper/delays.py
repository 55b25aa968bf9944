"""How slowly a site is visited: the pauses between pages and screens, and how many pages an hour may have."""

from dataclasses import dataclass

from scraper.errors import BadSetting
from scraper.site import Site

DEFAULT_PAGE_DELAY_S = (6.0, 12.0)
SHORTEST_PAGE_DELAY_S = 1.0
LONGEST_PAGE_DELAY_S = 3_600.0
DEFAULT_PAGES_PER_HOUR = 40
MOST_PAGES_PER_HOUR = 120

_SCROLL_PAUSE_S = (1.0, 2.5)
_SCROLL_PAUSE_LOOPBACK_S = (0.1, 0.1)


@dataclass(frozen=True)
class Delays:
    """Ranges in seconds from which pauses are drawn; `pages_per_hour` None means without a budget."""

    page_delay_s: tuple[float, float] = DEFAULT_PAGE_DELAY_S
    scroll_pause_s: tuple[float, float] = _SCROLL_PAUSE_S
    pages_per_hour: int | None = DEFAULT_PAGES_PER_HOUR


def pace_for(site: Site, page_delay_s: float | None = None, pages_per_hour: int | None = None) -> Delays:
    """The pace for a site: the defaults, or as the user says. Raises BadSetting.

    Only a site on loopback may be visited without pause, and then without a budget.
    """
    pages = DEFAULT_PAGES_PER_HOUR if pages_per_hour is None else pages_per_hour
    if not 1 <= pages <= MOST_PAGES_PER_HOUR:
        raise BadSetting(f"{pages} pages an hour are not allowed (1 to {MOST_PAGES_PER_HOUR})")
    if page_delay_s is None:
        return Delays(pages_per_hour=pages)
    shortest = 0.0 if site.loopback else SHORTEST_PAGE_DELAY_S
    if not shortest <= page_delay_s <= LONGEST_PAGE_DELAY_S:
        raise BadSetting(
            f"a page delay of {page_delay_s:g} s is not allowed here "
            f"({shortest:g} to {LONGEST_PAGE_DELAY_S:g}; less than 1 only with a loopback --base-url)"
        )
    if page_delay_s == 0:
        return Delays((0.0, 0.0), _SCROLL_PAUSE_LOOPBACK_S, pages_per_hour)
    return Delays((page_delay_s, page_delay_s), pages_per_hour=pages)
