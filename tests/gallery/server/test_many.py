"""A library of 10,000 images and 5,000 results: what a page asks and sends does not grow with it, and a change reads
only what changed. How fast that is, `python -m benchmarks.gallery_ten_thousand` measures.
"""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from db.library import CATALOG, open_library
from gallery.server.model import Model
from gallery.server.serve import running
from gallery.server.views import images
from tests.gallery.conftest import Studio, picture
from tests.gallery.server.conftest import Client, Gallery, Visiting
from tests.gallery.server.crowd import NOW, crowd

IMAGES, RESULTS = 10_000, 5_000
STYLES = (10, 20, 30, 40)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with open_library(tmp_path_factory.mktemp("many")) as library:
        crowd(library, IMAGES)
        stored = library.store.put_bytes(picture("teal", (108, 135)))
        contents = (number for number in range(1, IMAGES) if number % 10)
        pairs = itertools.islice(((content, style) for content in contents for style in STYLES), RESULTS)
        with sqlite3.connect(library.root / CATALOG) as catalog:
            catalog.execute(
                "INSERT INTO files (id, sha256, path, size_bytes, media_type, width, height, added_at)"
                " VALUES (?, ?, ?, 1, 'image/png', 108, 135, ?)",
                (IMAGES + 1, stored.sha256, stored.path.relative_to(library.root).as_posix(), NOW))
            catalog.executemany(
                "INSERT INTO results (content_id, style_id, recipe_hash, recipe, size, steps, seed, status, attempts,"
                " file_id, details, created_at) VALUES (?, ?, 'h', 'gatys', 512, 168, 0, 'done', 1, ?, '{}', ?)",
                [(*pair, IMAGES + 1, NOW) for pair in pairs])
        catalog.close()
        with running(library, port=0) as where:
            stranger = Client(where)
            yield Gallery(Studio(library), where, stranger, stranger.enter())


@contextmanager
def queries() -> Iterator[list[str]]:
    """What is asked of any catalog in the block."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("path", "most_queries", "most_bytes", "most_cells"), [
    ("/", 2, 190_000, 300), ("/wall/rows?from=600", 0, 140_000, 300), ("/?rows=loss&columns=most", 2, 190_000, 300),
    ("/picture/2500", 8, 20_000, 0), ("/images", 8, 400_000, 0), ("/duplicates", 0, 20_000, 0),
    ("/live", 0, 20_000, 0)])
def test_what_a_page_asks_and_sends_is_bounded(
    many: Gallery, path: str, most_queries: int, most_bytes: int, most_cells: int
) -> None:
    many.client.ask("/")
    with queries() as asked:
        answer = many.client.ask(path)
    assert answer.status == 200
    assert len(asked) <= most_queries, asked
    assert len(answer.body) < most_bytes
    assert answer.text.count("<td") <= most_cells
    assert answer.text.count('class="tile ') in (0, images.AT_ONCE)


def test_what_is_in_view_is_loaded_alone(many: Gallery, visiting: Visiting) -> None:
    asked: list[str] = []
    with visiting(many) as visit:
        visit.page.on("request", lambda request: asked.append(request.url))
        visit.go("/")
        visit.page.locator("td img").first.wait_for()
        assert 0 < len([url for url in asked if "/thumbnail/" in url]) < 150
        assert visit.page.locator("tbody[data-rows]").count() > 10
        visit.complaints[:] = [text for text in visit.complaints if "404" not in text]     # there are no files


def test_what_was_read_is_not_read_again_without_a_change(many: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(many.library)
    state = model.now()
    monkeypatch.setattr(model, "_read", lambda: pytest.fail("it was read again"))
    assert model.now() is state


def test_a_change_makes_only_what_changed_anew(many: Gallery) -> None:
    model = Model(many.library)
    before = model.now()
    many.library.marks.star_results([77])
    many.library.marks.tag_images([5], ["sea"])
    now = model.now()
    assert now.results[77].is_starred
    assert now.images[5].tags == ("sea",)
    assert len(now.results) == RESULTS
    assert len(now.images) == IMAGES
    assert [number for number in now.results if now.results[number] is not before.results[number]] == [77]
    assert [number for number in now.images if now.images[number] is not before.images[number]] == [5]
    assert now.results is not before.results
    assert model.now() is now


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    with open_library(tmp_path) as library:
        studio = Studio(library)
        content, style = studio.content("red"), studio.style("navy")
        studio.result(content, style, "teal")
        model = Model(library)
        assert list(model.now().results) == [1]
        with sqlite3.connect(library.root / CATALOG) as catalog:
            catalog.execute("DELETE FROM results")
            catalog.execute("DELETE FROM additions WHERE file_id = 1")
        catalog.close()
        assert dict(model.now().results) == {}
        assert list(model.now().images) == [style.id]
