"""Removing images from the page: nothing goes that was not shown, and what is gone is gone from the cache, too."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from gallery.server.thumbnails import FOLDER
from tests.gallery.server.conftest import Gallery, Visiting, served


def ids(gallery: Gallery) -> tuple[list[int], list[int]]:
    """Of the images and of the results."""
    library = gallery.library
    return [image.id for image in library.images.find()], [result.id for result in library.results.find()]


def test_what_goes_is_shown_first_and_back_changes_nothing(gallery: Gallery, visiting: Visiting) -> None:
    gallery.library.marks.star_images([1])
    with visiting(gallery) as visit:
        page = visit.page
        visit.go("/images?sort=-id")
        page.locator(".tile[data-id='1'] > a").focus()
        page.keyboard.press("Delete")
        expect(page.get_by_role("heading", name="Remove 1 image?")).to_be_visible()
        expect(page.locator(".loss")).to_contain_text("1 of them is starred")
        expect(page.locator(".loss")).to_contain_text("2 pictures were made of them")
        page.get_by_role("link", name="Back").click()
        assert visit.path == "/images?sort=-id"
        assert ids(gallery) == ([1, 2, 3, 4], [1, 2, 3, 4])


@pytest.mark.parametrize(("button", "results"), [
    ("Remove, and keep the pictures", [1, 2, 3, 4]), ("Remove with 2 pictures", [3, 4])])
def test_pictures_go_with_their_original_only_where_that_is_said(
    tmp_path: Path, visiting: Visiting, button: str, results: list[int]
) -> None:
    with served(tmp_path) as gallery, visiting(gallery, 390, 844) as visit:
        for path in ("/thumbnail/image/1/320", "/thumbnail/image/2/320", "/thumbnail/result/1/320"):
            assert gallery.client.ask(path).status == 200
        visit.go("/images")
        visit.page.locator(".tick input").first.check()
        visit.page.get_by_role("button", name="Remove…").click()
        visit.page.get_by_role("button", name=button).click()
        visit.page.wait_for_url("**/images")
        expect(visit.page.locator(".tile")).to_have_count(3)
        assert ids(gallery) == ([2, 3, 4], results)
        files = {path.name for path in (gallery.library.root / "cache" / FOLDER).rglob("*-320.webp")}
        stored = {path.stem for path in (gallery.library.root / "files").rglob("*.*")}
        assert {name.removesuffix("-320.webp") for name in files} <= stored


def test_what_was_not_said_is_not_removed(gallery: Gallery) -> None:
    post = gallery.client.post
    assert post("/removals/remove", {"image": 1}).status == 400
    assert post("/removals/remove", {"image": "1x", "results": "remove"}).status == 400
    assert post("/removals/preview", {"image": 99}).status == 400
    assert post("/removals/preview", {}).status == 400
    assert post("/removals/remove", {"image": 1, "results": "remove"}, Origin="https://evil.example").status == 403
    with gallery.library.lock("stylize"):
        busy = post("/removals/remove", {"image": 1, "results": "remove"}, Accept="application/json")
        assert (busy.status, "another stylize run" in busy.text) == (503, True)
    assert ids(gallery) == ([1, 2, 3, 4], [1, 2, 3, 4])


def test_it_leads_back_to_the_images_and_nowhere_else(gallery: Gallery) -> None:
    for number, (back, path) in enumerate((
        ("/images?role=style", "/images?role=style"), ("//evil.example", "/images"), ("/images.evil", "/images"),
        ("https://evil.example/images?", "/images")), start=1):
        answer = gallery.client.post("/removals/remove", {"image": number, "results": "keep", "back": back})
        assert (answer.status, answer.headers["location"]) == (303, path)


def test_one_that_only_shows_removes_nothing(tmp_path: Path) -> None:
    with served(tmp_path, read_only=True) as gallery:
        assert gallery.client.post("/removals/preview", {"image": 1}).status == 403
        assert gallery.client.post("/removals/remove", {"image": 1, "results": "remove"}).status == 403
        assert ids(gallery) == ([1, 2, 3, 4], [1, 2, 3, 4])
