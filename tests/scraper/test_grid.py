"""What a grid's reading makes of answers that come in an odd order or not at all: with a tab that plays them."""

from types import SimpleNamespace

import pytest

from db.manners import NO_ANSWER
from scraper.collect import open_post
from scraper.errors import LoginWall
from scraper.grid import open_profile
from scraper.page import PageRead
from scraper.parser.page_kind import PageKind


class PlayedTab:
    """Hands out a page without data, then `loaded`, then an answer for each scroll, the wall on screen throughout."""

    def __init__(self, kind=PageKind.PROFILE, loaded=(), wall=None):
        self.pictures_named = 0
        self._kind, self._loaded, self._wall = kind, list(loaded), wall

    def open(self, url):
        return PageRead(self._kind, [])

    def wait_for_data(self):
        return self._loaded

    def wall(self):
        return self._wall

    def answer(self):
        return NO_ANSWER

    refusal = answer


def test_a_dialog_over_a_profile_whose_data_came_late_does_not_hide_it(document, instagram):
    tab = PlayedTab(loaded=[document("xig_profile"), document("xig_grid")], wall=PageKind.LOGIN)
    assert len(open_profile(tab, instagram, "harbour.light").timeline.posts) == 4


def test_a_dialog_over_a_post_whose_data_came_late_does_not_hide_it(document, instagram):
    tab = PlayedTab(PageKind.POST, [document("xig_post_image")], PageKind.LOGIN)
    tools = SimpleNamespace(tab=tab, site=instagram, gate=SimpleNamespace(before_page=lambda: None))
    assert open_post(tools, "DcvZZqTktaH").is_whole


def test_a_dialog_over_a_page_of_which_nothing_came_is_a_wall(instagram):
    with pytest.raises(LoginWall):
        open_profile(PlayedTab(wall=PageKind.LOGIN), instagram, "harbour.light")
