"""Collect in a real Chromium, over real sockets: who is followed, how visits ended, what the site allows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from db.records import ProfileRecord, Role
from gallery.server.collecting import INSTAGRAM, in_words
from tests.gallery.conftest import Studio
from tests.gallery.server.conftest import Gallery, Visiting, served

SITE = INSTAGRAM.site


def follow_some(studio: Studio) -> None:
    """One that was caught up with, one that ended at a login page, one that was only visited."""
    library = studio.library
    library.posts.save_profile(ProfileRecord("1", "natgeo", Role.CONTENT))
    library.posts.save_profile(ProfileRecord("3", "passer_by", Role.STYLE))
    library.follows.add("natgeo", Role.CONTENT, 50)
    library.follows.add("museum", None, None)
    library.follows.visited("natgeo", "1", "caught_up")
    library.follows.visited("museum", None, "login")
    for target, outcome, counts in (
        ("natgeo", "caught_up", {"posts_new": 2, "images_new": 1, "page_loads": 3}), ("passer_by", "private", {}),
    ):
        library.runs.finish(library.runs.start("scrape", target), outcome, counts)


def test_it_tells_who_is_followed_and_why_the_last_visits_stopped(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, fill=follow_some) as gallery, visiting(gallery) as visit:
        visit.go("/collect")
        for name, words in (
            ("natgeo", "from there on everything was known"), ("museum", "a login page came instead"),
            ("passer_by", "it is private"),
        ):
            expect(visit.page.locator(".profiles li", has_text=f"@{name}")).to_contain_text(words)
        expect(visit.page.locator(".visits li", has_text="natgeo")).to_contain_text("2 new posts, 1 new image, 3 pages")
        visit.page.get_by_role("link", name="@natgeo").click()
        assert visit.path == "/images?profile=natgeo"


def test_pages_of_the_hour_and_cool_downs_are_told(gallery: Gallery) -> None:
    def told() -> str:
        return gallery.client.ask("/collect").text

    politeness, now = gallery.library.politeness, datetime.now(UTC)
    assert "may be visited" in told()
    politeness.page_loaded(SITE, now - timedelta(minutes=61))
    for _ in range(INSTAGRAM.pages_per_hour):
        politeness.page_loaded(SITE, now - timedelta(minutes=20))
    assert "40 of 40 pages" in told()
    assert "may be opened in 40 minutes" in told()
    politeness.refused(SITE, "museum: a login page", now)
    assert "is left alone" in told()
    assert "museum: a login page" in told()
    assert [in_words(timedelta(seconds=seconds)) for seconds in (1, 100, 7100, 20_000)] == [
        "1 minute", "2 minutes", "118 minutes", "6 hours"]


def test_a_profile_is_followed_and_no_more_by_keyboard_alone(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, fill=follow_some) as gallery, visiting(gallery, 390, 844) as visit:
        visit.go("/collect")
        visit.page.get_by_role("textbox", name="Profile").focus()
        visit.page.keyboard.type("https://www.instagram.com/Someone.New/")
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.type("style")
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.type("12")
        visit.page.keyboard.press("Enter")
        new = visit.page.locator(".profiles li", has_text="@someone.new")
        expect(new).to_contain_text("style · 0 images · newest 12")
        visit.page.get_by_role("button", name="Unfollow museum").focus()
        visit.page.keyboard.press("Enter")
        expect(visit.page.get_by_role("button", name="Unfollow museum")).to_have_count(0)
        assert {each.username: (each.role, each.limit) for each in gallery.library.follows.all()} == {
            "natgeo": (Role.CONTENT, 50), "someone.new": (Role.STYLE, 12)}


@pytest.mark.parametrize("values", [
    {"profile": ""}, {"profile": "https://evil.example/x"}, {"profile": "two words"}, {"profile": "-x"},
    {"profile": "https://www.instagram.com/p/DcvZXOD0JLA/"}, {"profile": "x" * 40},
    {"profile": "natgeo", "limit": "-1"}, {"profile": "natgeo", "limit": "1e3"}, {"profile": "natgeo", "role": "king"}])
def test_what_is_no_profile_is_not_followed(gallery: Gallery, values: dict[str, str]) -> None:
    answer = gallery.client.post("/collect/follow", values)
    assert answer.status == 400
    assert gallery.library.follows.all() == []


def test_one_that_only_shows_follows_nobody(tmp_path: Path) -> None:
    with served(tmp_path, read_only=True, fill=follow_some) as gallery:
        page = gallery.client.ask("/collect").text
        assert "@natgeo" in page
        assert 'method="post"' not in page
        assert gallery.client.post("/collect/follow", {"profile": "another"}).status == 403
        assert len(gallery.library.follows.all()) == 2
