"""The wall in a real Chromium, over real sockets."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from gallery.server.views import wall
from tests.gallery.conftest import Studio
from tests.gallery.server.conftest import Gallery, Visiting, served


def test_every_picture_is_shown_beside_its_originals(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        expect(visit.page.locator("table img")).to_have_count(7)
        visit.page.wait_for_function(
            "() => [...document.querySelectorAll('table img')].every(i => i.complete && i.naturalWidth)")
        expect(visit.page.locator("td .empty")).to_contain_text("diverged <b>twice</b>")
        assert visit.path == "/"


def test_keys_alone_go_from_picture_to_picture_open_one_and_come_back(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        press = visit.page.keyboard.press
        press("ArrowRight")
        press("ArrowRight")
        expect(visit.page.locator("a[href='/picture/2']")).to_be_focused()
        press("Enter")
        visit.page.wait_for_url("**/picture/2")
        press("ArrowLeft")
        visit.page.wait_for_url("**/picture/1")
        press("ArrowDown")
        visit.page.wait_for_url("**/picture/3")
        press("Escape")
        visit.page.wait_for_url("**/")
        assert visit.path == "/"


def test_back_closes_a_picture_whichever_was_walked_to(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        visit.go("/?recipe=gatys")
        visit.page.click("a[href^='/picture/1']")
        visit.page.wait_for_url("**/picture/1?recipe=gatys")
        visit.page.click("[data-way=right]")
        visit.page.wait_for_url("**/picture/2?recipe=gatys")
        visit.page.go_back()
        assert visit.path == "/?recipe=gatys"


def test_a_filter_has_an_address_and_leaves_what_it_says(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        visit.page.get_by_label("Style").select_option(label="field.png")
        visit.page.wait_for_url("**/?style=3")
        expect(visit.page.locator("td img")).to_have_count(2)
        visit.page.get_by_role("link", name="Everything").click()
        expect(visit.page.locator("td img")).to_have_count(3)


@pytest.mark.parametrize(("order", "first"), [("name", "boat.png"), ("newest", "portrait.png")])
def test_rows_go_in_the_order_that_is_wished(gallery: Gallery, order: str, first: str) -> None:
    page = gallery.client.ask(f"/?rows={order}").text
    names = [name for name in ("boat.png", "portrait.png") if f'<th scope="row" title="{name}"' in page]
    assert len(names) == 2
    assert min(names, key=lambda name: page.index(f'<th scope="row" title="{name}"')) == first


def hang_many(studio: Studio) -> None:
    """So many rows that they do not come at once; all pictures are the same file."""
    style = studio.style("navy", name="night.png")
    for number in range(50):
        content = studio.content(f"#{number:06x}", (6, 4), f"content-{number:03}.png")
        studio.result(content, style, "red", total_loss=float(number))


def test_rows_come_before_they_are_seen_and_without_a_script_by_a_link(
    tmp_path: Path, visiting: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "CELLS_AT_ONCE", 20)
    with served(tmp_path, fill=hang_many) as gallery:
        first = gallery.client.ask("/").text
        assert first.count('<th scope="row"') == 20
        assert 'href="/?from=40"' in first
        assert "content-049.png" in gallery.client.ask("/?from=40").text
        assert gallery.client.ask("/?whole=1").text.count('<th scope="row"') == 50
        with visiting(gallery) as visit:
            tall = visit.page.evaluate("document.querySelector('main').scrollHeight")
            for place, name in ((1e7, "content-049.png"), (tall / 2, "content-025.png")):
                visit.page.evaluate("place => document.querySelector('main').scrollTo(0, place)", place)
                expect(visit.page.get_by_title(name)).to_be_in_viewport()
            expect(visit.page.locator("tbody tr:has(th)")).to_have_count(50)
            assert visit.page.evaluate("document.querySelector('main').scrollHeight") == pytest.approx(tall, rel=.02)


def test_a_library_without_pictures_says_how_to_begin(tmp_path: Path) -> None:
    with served(tmp_path, fill=lambda studio: studio.content("red")) as gallery:
        page = gallery.client.ask("/").text
        assert "The wall is empty" in page
        assert "/make" in page


def test_a_change_by_anyone_is_on_the_next_page(gallery: Gallery) -> None:
    assert "3 pictures" in gallery.client.ask("/").text
    content, style = (gallery.library.images.get(number) for number in (2, 4))
    gallery.studio.result(content, style, "white")
    assert "4 pictures" in gallery.client.ask("/").text


def test_on_paper_the_whole_wall_stands(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery, 700, 200) as visit:
        visit.go("/?whole=1")
        visit.page.emulate_media(media="print")
        last = visit.page.locator("tbody tr").last.bounding_box()
        assert last is not None
        assert visit.page.evaluate("document.documentElement.scrollHeight") + 1 >= last["y"] + last["height"] > 200
        expect(visit.page.locator(".top")).to_be_hidden()


def test_without_a_script_there_is_all_to_look_at(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery, java_script_enabled=False) as visit:
        assert visit.page.locator("td img").count() == 3
        visit.page.get_by_label("Style").select_option(label="field.png")
        visit.page.get_by_role("button", name="Show").click()
        expect(visit.page.locator("td img")).to_have_count(2)
        visit.page.locator("td a").first.click()
        assert visit.path.startswith("/picture/1")
        visit.page.get_by_role("button", name="Star").click()
        assert visit.path.startswith("/picture/1")
        assert gallery.library.results.get(1).is_starred
