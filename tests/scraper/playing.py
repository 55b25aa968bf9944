"""A tab that plays pages and what passes on them, for what no browser can be brought to do at a given moment."""

from db.politeness import NO_ANSWER, Answer
from scraper.page import PageRead
from scraper.parser.page_kind import PageKind
from scraper.passing import Passed

MORE = "PolarisProfilePostsTabContentQuery_connection"
SOMETHING = "/api/v1/web/something/"


def came(document=None, *, called=MORE, carried="", status=200, **fate):
    """What came of a request of the page's own; of one for more posts, unless it is called something else."""
    documents = () if document is None else (document,)
    return Passed(called, f"{called} {carried}", Answer(status, called), documents, **fate)


class PlayedTab:
    """Hands out a page, then `loaded`, then `scrolled`, an item a scroll, the wall on screen throughout.

    An item is what passed, or a document that came of a request for more; None is one that could not be read.
    """

    def __init__(self, kind=PageKind.PROFILE, loaded=(), wall=None, scrolled=(), failure=None, page=(), led_away=None):
        self.pictures_named = 0
        self.failure, self.led_away = failure, led_away
        self.looks_s = []
        self._kind, self._page, self._wall = kind, list(page), wall
        self._loaded, self._scrolled = list(loaded), list(scrolled)

    def open(self, url):
        return PageRead(self._kind, self._page)

    def wait_for_data(self):
        return [self._passed(item) for item in self._loaded]

    def scroll(self, pause_s):
        self.looks_s.append(pause_s)
        items = self._scrolled.pop(0) if self._scrolled else []
        return [self._passed(item) for item in (items if isinstance(items, list) else [items])]

    def _passed(self, item):
        return item if isinstance(item, Passed) else came(item, is_lost=item is None)

    def wall(self):
        return self._wall

    def answer(self):
        return NO_ANSWER
