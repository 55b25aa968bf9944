"""The images in a real Chromium, over real sockets: looked through, selected and marked."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from db.records import PostRecord, ProfileRecord, Role, SlideRecord
from gallery.server.views import images
from tests.gallery.conftest import Studio, picture
from tests.gallery.server.conftest import Gallery, Visiting, served
from tests.gallery.server.crowd import crowd

SIGNED = "https://scontent.cdninstagram.com/v/1.jpg?_nc_sig=5ecre7"


def hang_six(studio: Studio) -> None:
    """Four contents and a style from disk (1 to 5), and one of a post (6)."""
    for number, colour in enumerate(("red", "green", "blue", "white"), start=1):
        studio.content(colour, (40 + number, 40), f"content-{number}.png")
    studio.style("navy", name="night.png")
    library = studio.library
    library.posts.save_profile(ProfileRecord("7", "natgeo", Role.CONTENT))
    library.posts.save(PostRecord("70", "DcvZXOD0JLA", "7", "image", (SlideRecord(0, "700"),), None, "a calm sea"), "7")
    library.posts.slide_saved("70", 0, library.store.put_bytes(picture("aqua", (30, 60))), SIGNED, True)
    library.marks.star_images([2])
    library.marks.exclude([3])
    library.marks.tag_images([2, 5], ["blue"])


def selected(page: Page) -> list[int]:
    found = page.eval_on_selector_all(".tile.selected", "tiles => tiles.map(tile => Number(tile.dataset.id))")
    return [int(number) for number in found]


def shown(gallery: Gallery, address: str) -> list[int]:
    text = gallery.client.ask(address).text
    return [int(part.partition('"')[0]) for part in text.split('data-id="')[1:]]


def test_every_filter_is_an_address(tmp_path: Path) -> None:
    with served(tmp_path, fill=hang_six) as gallery:
        assert {address: shown(gallery, f"/images?{address}") for address in (
            "", "q=1-3+-2", "q=%40natgeo", "role=style", "role=content&starred=1", "tag=blue", "status=excluded",
            "text=sea", "profile=natgeo", "min_side=41", "aspect=portrait", "sort=-id", "since=2990-01-01",
            "until=1990-01-01", "full_size=1&q=6", "role=nonsense&min_side=x&sort=up&since=never&starred=7",
        )} == {
            "": [1, 2, 3, 4, 5, 6], "q=1-3+-2": [1, 3], "q=%40natgeo": [6], "role=style": [5],
            "role=content&starred=1": [2], "tag=blue": [2, 5], "status=excluded": [3], "text=sea": [6],
            "profile=natgeo": [6], "min_side=41": [], "aspect=portrait": [6], "sort=-id": [6, 5, 4, 3, 2, 1],
            "since=2990-01-01": [], "until=1990-01-01": [], "full_size=1&q=6": [6],
            "role=nonsense&min_side=x&sort=up&since=never&starred=7": [1, 2, 3, 4, 5, 6],
        }
        assert SIGNED.partition("?")[2] not in gallery.client.ask("/images").text
        assert SIGNED.partition("?")[2] not in gallery.client.ask("/image/6").text


@pytest.mark.parametrize(("address", "words"), [
    ("q=99", "no image 99"), ("q=%40nobody", "no image of a profile nobody"), ("aspect=4:0", "is no aspect"),
    ("q=%3Cb%3E", "nothing is called &#39;&lt;b&gt;&#39;")])
def test_a_selection_that_names_nothing_says_so_and_shows_nothing_to_be_marked_by_mistake(
    gallery: Gallery, address: str, words: str
) -> None:
    page = gallery.client.ask(f"/images?{address}")
    assert page.status == 200
    assert words in page.text
    assert shown(gallery, f"/images?{address}") == []
    assert gallery.client.ask(f"/images/part?{address}").status == 400


def test_the_mouse_selects_one_several_and_all_between_and_what_is_selected_is_marked(
    tmp_path: Path, visiting: Visiting
) -> None:
    with served(tmp_path, fill=hang_six) as gallery, visiting(gallery) as visit:
        visit.go("/images")
        page, marks = visit.page, gallery.library.images.get
        link = page.locator(".tile > a")
        link.nth(1).click()
        link.nth(3).click(modifiers=["Shift"])
        assert selected(page) == [2, 3, 4]
        link.nth(0).click(modifiers=["Shift"])
        assert selected(page) == [1, 2]
        link.nth(3).click(modifiers=["Shift"])
        link.nth(2).click(modifiers=["Control"])
        assert selected(page) == [2, 4]
        expect(page.locator("[data-count][aria-live]")).to_have_text("2 selected")
        page.get_by_role("button", name="Star").click()
        expect(page.get_by_role("status")).to_have_text("Starred: 1 of 2")
        page.get_by_role("button", name="Exclude").click()
        expect(page.get_by_role("status")).to_have_text("Excluded: 2 of 2")
        assert [(marks(number).is_starred, marks(number).is_excluded) for number in (2, 3, 4)] == [
            (True, True), (False, True), (True, True)]
        page.get_by_role("button", name="Star").click()
        expect(page.get_by_role("status")).to_have_text("No longer starred: 2 of 2")
        assert not marks(2).is_starred
        link.nth(0).click()
        assert selected(page) == [1]
        link.nth(0).dblclick()
        page.wait_for_url("**/image/1")
        page.go_back()
        expect(page.locator(".tile.selected")).to_have_count(1)


def test_the_keyboard_alone_does_all_of_it(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, fill=hang_six) as gallery, visiting(gallery) as visit:
        visit.go("/images")
        page, marks = visit.page, gallery.library.images.get

        def press(*keys: str) -> None:
            for key in keys:
                page.keyboard.press(key)

        def said(words: str) -> None:
            expect(page.get_by_role("status")).to_have_text(words)

        press("ArrowRight", "ArrowRight", "f")
        said("No longer starred: 1 of 1")
        press("Shift+ArrowRight")
        assert selected(page) == [2, 3]
        press("x")
        said("Excluded: 1 of 2")
        press("Escape")
        assert selected(page) == []
        press(" ")
        assert selected(page) == [3]
        press("t")
        page.keyboard.type("Sea")
        press("Enter")
        said("Tagged sea: 1 of 1")
        press("Escape")
        expect(page.locator(".tile[data-id='3'] > a")).to_be_focused()
        press("Control+a")
        assert selected(page) == [1, 2, 3, 4, 5, 6]
        press("Escape", "ArrowLeft", "Enter")
        page.wait_for_url("**/image/2")
        assert (marks(2).is_starred, marks(2).is_excluded, marks(3).tags) == (False, True, ("sea",))


def test_in_a_narrow_window_a_finger_opens_or_once_one_is_ticked_selects(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, fill=hang_six) as gallery, visiting(gallery, 390, 844, has_touch=True) as visit:
        visit.go("/images")
        page = visit.page
        page.locator(".tick input").nth(0).tap()
        page.locator(".tile > a").nth(1).tap()
        assert selected(page) == [1, 2]
        page.get_by_label("Role").select_option("style")
        page.get_by_role("button", name="Set").tap()
        expect(page.get_by_role("status")).to_have_text("Role: 2 of 2")
        assert gallery.library.images.get(2).role is Role.STYLE
        expect(page.locator(".tile[data-id='2'] [data-flag=role]")).to_have_text("style")
        page.get_by_role("button", name="Select nothing").tap()
        page.locator(".tile > a").nth(1).tap()
        page.wait_for_url("**/image/2")


def test_without_a_script_it_is_looked_through_by_links_and_marked_by_forms(
    tmp_path: Path, visiting: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "AT_ONCE", 4)
    with served(tmp_path, fill=hang_six) as gallery, visiting(gallery, java_script_enabled=False) as visit:
        visit.go("/images?sort=-id")
        page = visit.page
        page.get_by_label("Select night.png").check()
        page.get_by_placeholder("tag", exact=True).fill("dark")
        page.get_by_role("button", name="Tag", exact=True).click()
        assert visit.path == "/images?sort=-id"
        assert gallery.library.images.get(5).tags == ("blue", "dark")
        page.get_by_role("link", name="5–6").click()
        expect(page.locator(".tile")).to_have_count(2)
        page.get_by_role("link", name="Images before these").click()
        expect(page.locator(".tile")).to_have_count(4)


def test_what_was_not_sent_yet_comes_before_it_is_seen_and_can_be_selected(
    tmp_path: Path, visiting: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "AT_ONCE", 30)

    def many(studio: Studio) -> None:
        crowd(studio.library, 300)

    with served(tmp_path, fill=many) as gallery, visiting(gallery, height=400) as visit:
        page = visit.page
        page.route("**/thumbnail/**", lambda route: route.fulfill(status=204))     # there are no files
        visit.go("/images")
        assert page.locator(".tile").count() < 300
        page.keyboard.press("Control+a")
        page.keyboard.press("x")
        expect(page.get_by_role("status")).to_have_text("Excluded: 300 of 300")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.locator(".tile[data-id='300']")).to_be_in_viewport()
        expect(page.locator(".tile[data-id='300']")).to_have_class("tile r90 selected")
        assert page.locator("[data-part]").count() > 0      # what was passed over was not fetched
        page.locator(".tile[data-id='300'] > a").click()
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.closest('.tile').offsetTop") < page.evaluate(
            "document.querySelector('.tile.selected').offsetTop")


def test_a_change_by_another_process_is_seen_on_the_tile(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        visit.go("/images")
        expect(visit.page.locator(".tile")).to_have_count(4)
        gallery.library.marks.star_images([2])
        expect(visit.page.locator(".tile[data-id='2'] .star")).to_be_visible()
        gallery.studio.content("pink", name="new.png")
        visit.page.get_by_role("button", name="There is more").click()
        expect(visit.page.locator(".tile")).to_have_count(5)


def test_one_that_only_shows_offers_no_mark_and_makes_none(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, read_only=True) as gallery, visiting(gallery) as visit:
        visit.go("/images")
        expect(visit.page.locator(".tile")).to_have_count(4)
        expect(visit.page.locator("main form[method=post], .tick, [data-acts]")).to_have_count(0)
        for key in ("ArrowRight", "f", "x", "t", " "):
            visit.page.keyboard.press(key)
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/image/1")
        assert gallery.client.post("/marks/star", {"image": 1}).status == 403
        assert not gallery.library.images.get(1).is_starred


def test_what_another_page_asks_for_marks_nothing(gallery: Gallery) -> None:
    answer = gallery.client.post("/marks/star", {"image": 1}, Origin="https://evil.example")
    assert answer.status == 403
    assert not gallery.library.images.get(1).is_starred
