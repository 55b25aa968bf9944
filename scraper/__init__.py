"""Public pages of a profile -> posts and verified image files. Knows the catalog, never the stylizer.

The door for programs (docs/python.md): `from scraper import scrape`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.api import scrape
    from scraper.errors import ScrapeError
    from scraper.report import ScrapeReport, StopReason

__all__ = ["ScrapeError", "ScrapeReport", "StopReason", "scrape"]

_HOMES = {
    "ScrapeError": "scraper.errors", "ScrapeReport": "scraper.report", "StopReason": "scraper.report",
    "scrape": "scraper.api",
}


def __getattr__(name: str) -> object:
    """What is told above, when it is asked for: Playwright takes a moment to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from stylegram_names import claim

    claim("db")
    return getattr(import_module(_HOMES[name]), name)
