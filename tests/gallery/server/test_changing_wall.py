"""The wall in an open page as the library changes: no cell, row or column of it is stale, and the page stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from gallery.server.views import wall
from tests.gallery.conftest import Studio
from tests.gallery.server.conftest import Gallery, Visit, Visiting, served


@contextmanager
def watched(visiting: Visiting, gallery: Gallery, path: str = "/") -> Iterator[Visit]:
    """A page that is not loaded again while it is watched."""
    with visiting(gallery) as visit:
        visit.go(path)
        visit.page.evaluate("window.isTheSame = true")
        yield visit
        assert visit.page.evaluate("window.isTheSame")


def remove(gallery: Gallery, image: int) -> None:
    gallery.library.removals.remove([image], (), with_results=True)


def heads(visit: Visit, scope: str) -> Locator:
    return visit.page.locator(f"th[scope={scope}] .name")


def test_a_new_style_is_a_new_column_and_a_new_content_a_new_row(gallery: Gallery, visiting: Visiting) -> None:
    studio = gallery.studio
    with watched(visiting, gallery) as visit:
        visit.page.locator("a[href='/picture/2']").focus()
        studio.result(gallery.library.images.get(1), studio.style("teal", name="sea.png"), "teal")
        expect(heads(visit, "col")).to_have_text(["field.png", "night.png", "sea.png"])
        expect(visit.page.locator("[data-pair='1-5'] img")).to_be_visible()
        expect(visit.page.locator("[data-pair='2-5'] .offer")).to_have_count(1)
        studio.result(studio.content("pink", name="cat.png"), gallery.library.images.get(3), "pink")
        expect(heads(visit, "row")).to_have_text(["boat.png", "portrait.png", "cat.png"])
        expect(visit.page.locator("#summary")).to_have_text("3 × 3 · 5 pictures · 1 failed")
        expect(visit.page.locator("a[href='/picture/2']")).to_be_focused()
        visit.page.keyboard.press("ArrowRight")
        expect(visit.page.locator("[data-pair='1-5'] a")).to_be_focused()
        expect(visit.page.get_by_label("Style").locator("option")).to_have_count(4)


def test_what_was_removed_is_gone_with_its_row_and_its_column(gallery: Gallery, visiting: Visiting) -> None:
    with watched(visiting, gallery) as visit:
        remove(gallery, 1)
        expect(heads(visit, "row")).to_have_text(["portrait.png"])
        remove(gallery, 4)
        expect(heads(visit, "col")).to_have_text(["field.png"])
        expect(visit.page.locator("tbody td")).to_have_count(1)
        gallery.library.removals.remove((), [3], with_results=False)
        expect(visit.page.locator(".nothing")).to_contain_text("The wall is empty")


def test_under_a_filter_what_no_longer_fits_goes_and_what_fits_now_comes(gallery: Gallery, visiting: Visiting) -> None:
    star = gallery.library.marks.star_results
    star([1, 2])
    with watched(visiting, gallery, "/?starred=1") as visit:
        expect(heads(visit, "col")).to_have_text(["field.png", "night.png"])
        star([2], starred=False)
        expect(heads(visit, "col")).to_have_text(["field.png"])
        star([1], starred=False)
        expect(visit.page.locator(".nothing")).to_contain_text("Nothing hangs here")
        star([3])
        expect(heads(visit, "row")).to_have_text(["portrait.png"])
    with watched(visiting, gallery, "/?q=%23sea") as visit:
        expect(visit.page.get_by_role("alert")).to_contain_text("sea")
        gallery.library.marks.tag_results([3], ["sea"])
        expect(visit.page.get_by_role("alert")).to_have_count(0)
        expect(heads(visit, "row")).to_have_text(["portrait.png"])


def test_a_cell_in_hand_whose_content_left_the_wall_goes_with_it(gallery: Gallery, visiting: Visiting) -> None:
    with watched(visiting, gallery) as visit, gallery.library.live.tell("gatys", 1, [(2, 4)].__getitem__) as note:
        note.began(0)
        note.stepped(0, 3, 12, 5.0)
        note.write()
        expect(visit.page.locator("[data-pair='2-4'] .badge")).to_have_text("25 %")
        remove(gallery, 2)
        expect(visit.page.locator("[data-pair='2-4']")).to_have_count(0)
        expect(heads(visit, "row")).to_have_text(["boat.png"])
        note.ended(0, 9, "its image is gone")
        note.write()
        expect(visit.page.locator(".badge")).to_have_count(0)


def test_rows_that_came_later_stay_when_another_row_comes(
    tmp_path: Path, visiting: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(studio: Studio) -> None:
        style = studio.style("navy", name="night.png")
        for number in range(24):
            studio.result(studio.content(f"#{number:06x}", (6, 4), f"content-{number:03}.png"), style, "red")

    monkeypatch.setattr(wall, "CELLS_AT_ONCE", 8)
    with served(tmp_path, fill=many) as gallery, watched(visiting, gallery) as visit:
        page = visit.page
        for _ in range(3):      # parts that were passed over come, too
            page.evaluate("document.querySelector('main').scrollBy(0, document.querySelector('main').scrollHeight / 3)")
            page.wait_for_timeout(50)
        expect(heads(visit, "row")).to_have_count(24)
        page.evaluate("window.last = document.querySelector('[title=\"content-023.png\"]').closest('tr')")
        at = page.evaluate("document.querySelector('main').scrollTop")
        gallery.studio.result(gallery.studio.content("gold", (6, 4), "new.png"), gallery.library.images.get(1), "red")
        expect(page.get_by_title("new.png")).to_have_count(1)
        assert page.evaluate("window.last.isConnected && document.querySelector('main').scrollTop") == at
