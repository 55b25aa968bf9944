"""Duplicates side by side in a real Chromium: kept, excluded, removed, by keys and without a script."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect

from db.duplicates import near_pairs
from gallery.server import alike
from gallery.server.views import duplicates
from tests.gallery.conftest import Studio
from tests.gallery.server.conftest import Gallery, Visiting, served


def drawing(kind: str, side: int) -> bytes:
    """One of two motifs, by their names in Pillow, at a size."""
    buffer = io.BytesIO()
    drawn = Pillow.linear_gradient("L") if kind == "linear" else Pillow.radial_gradient("L")
    drawn.resize((side, side)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def hang_alike(studio: Studio) -> None:
    """Three sizes of one motif (1 to 3; 2 is the largest), two of another (4, 5), a picture of 1 on the wall."""
    for name, kind, side in (("a", "linear", 60), ("b", "linear", 120), ("c", "linear", 90), ("d", "radial", 60),
                             ("e", "radial", 64)):
        studio.original(drawing(kind, side), f"{name}.png")
    studio.result(studio.library.images.get(1), studio.style("navy"), "red")
    studio.library.marks.exclude([6])


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """Nothing is changed in it."""
    with served(tmp_path_factory.mktemp("alike"), fill=hang_alike) as gallery:
        yield gallery


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with served(tmp_path, fill=hang_alike) as gallery:
        yield gallery


def groups(text: str) -> list[str]:
    return [part.partition('"')[0] for part in text.split('data-group="')[1:]]


def excluded(gallery: Gallery) -> list[int]:
    return [image.id for image in gallery.library.images.find() if image.is_excluded and image.id < 6]


def test_copies_stand_beside_each_other_with_what_tells_them_apart(looked_at: Gallery) -> None:
    page = looked_at.client.ask("/duplicates")
    assert groups(page.text) == ["1,2,3", "4,5"]
    best = page.text.partition("the best<")[0]
    assert best.rpartition('data-id="')[2].startswith("2")
    assert "120 × 120 · 1 kB" in page.text
    assert page.text.count("1 on the wall") == 1
    assert 'href="/?q=1"' in page.text
    assert groups(looked_at.client.ask("/duplicates?q=1+3-5").text) == ["1,3", "4,5"]
    assert groups(looked_at.client.ask("/duplicates?bits=12&min_side=64").text) == ["2,3"]
    assert 'href="/duplicates?min_side=64"' in looked_at.client.ask("/images?min_side=64&sort=-id").text
    assert "no image 99" in looked_at.client.ask("/duplicates?q=99").text


def test_of_many_groups_some_come_at_once_and_nothing_is_compared_twice(
    looked_at: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", 1)
    compared: list[int] = []
    monkeypatch.setattr(alike, "near_pairs", lambda hashes, bits: compared.append(bits) or near_pairs(hashes, bits))
    assert groups(looked_at.client.ask("/duplicates?bits=4").text) == ["1,2,3"]
    assert 'href="/duplicates?bits=4&amp;from=1"' in looked_at.client.ask("/duplicates?bits=4").text
    assert groups(looked_at.client.ask("/duplicates?bits=4&from=1").text) == ["4,5"]
    assert groups(looked_at.client.ask("/duplicates?bits=4&from=9").text) == ["4,5"]
    assert compared == [4]


def test_keys_alone_keep_one_of_each_group(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery, 390, 844) as visit:
        visit.go("/duplicates")
        press = visit.page.keyboard.press
        press("ArrowDown")
        press("ArrowRight")
        press("k")
        expect(visit.page.get_by_role("status")).to_have_text("Kept, 2 excluded")
        expect(visit.page.locator("[data-group='1,2,3']")).to_have_class("alike decided")
        expect(visit.page.locator("[data-id='4'] > a")).to_be_focused()
        assert excluded(gallery) == [1, 3]
        press("x")
        expect(visit.page.get_by_role("button", name="Include d.png")).to_be_visible()
        press("f")
        expect(visit.page.locator("[data-id='4'] .star")).to_be_visible()
        assert excluded(gallery) == [1, 3, 4]
        visit.page.reload()
        expect(visit.page.locator(".nothing")).to_contain_text("2 groups decided before")
        visit.go("/duplicates?decided=1")
        visit.page.get_by_role("button", name="Include d.png").click()
        expect(visit.page.get_by_role("status")).to_have_text("No longer excluded")
        assert excluded(gallery) == [1, 3]


def test_one_is_removed_after_a_look_and_without_a_script_all_is_done_by_forms(
    gallery: Gallery, visiting: Visiting
) -> None:
    with visiting(gallery, java_script_enabled=False) as visit:
        visit.go("/duplicates?min_side=40")
        visit.page.get_by_role("button", name="Remove e.png").click()
        visit.page.get_by_role("button", name="Remove", exact=True).click()
        assert visit.path == "/duplicates?min_side=40"
        expect(visit.page.locator("[data-group]")).to_have_count(1)
        visit.page.get_by_role("button", name="Keep only b.png").click()
        assert excluded(gallery) == [1, 3]
        assert visit.path == "/duplicates?min_side=40"
        visit.page.get_by_role("link", name="Decided", exact=True).click()
        visit.page.get_by_role("button", name="Include a.png").click()
        assert excluded(gallery) == [3]


@pytest.mark.parametrize("values", [
    {}, {"image": 1}, {"image": 1, "of": "1"}, {"image": "1,2", "of": "1,2,3"}, {"image": 9, "of": "1,2"},
    {"image": "x", "of": "1,2"}])
def test_what_makes_no_sense_excludes_nothing(looked_at: Gallery, values: dict[str, object]) -> None:
    assert looked_at.client.post("/marks/keep", values).status == 400
    assert excluded(looked_at) == []


def test_one_that_only_shows_offers_nothing_to_press(tmp_path: Path) -> None:
    with served(tmp_path, read_only=True, fill=hang_alike) as gallery:
        page = gallery.client.ask("/duplicates").text
        assert groups(page) == ["1,2,3", "4,5"]
        assert 'method="post"' not in page
        assert gallery.client.post("/marks/keep", {"image": 1, "of": "1,2,3"}).status == 403
