"""What happens in the library reaches every open page, once, also one that was away."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.gallery.server.conftest import Gallery, Visiting, served

PATIENCE_S = 10


@contextmanager
def listening(gallery: Gallery, after: str = "", **headers: str) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """The events of a connection as they come: id, kind, data."""
    connection = http.client.HTTPConnection("127.0.0.1", gallery.where.port, timeout=PATIENCE_S)
    said = gallery.client.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", f"/events?after={after}", headers=said)
    answer = connection.getresponse()
    assert answer.status == 200

    def told() -> Iterator[tuple[str, str, Any]]:
        fields: dict[str, str] = {}
        while line := answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                yield fields["id"], fields["event"], json.loads(fields["data"])
                fields = {}

    try:
        yield told()
    finally:
        connection.close()


def star(gallery: Gallery, number: int, *, on: bool = True) -> None:
    gallery.library.marks.star_results([number], starred=on)


def heard_by(gallery: Gallery) -> str:
    """What a page that is rendered now has heard."""
    return gallery.client.ask("/picture/1").text.partition('data-heard="')[2].partition('"')[0]


def test_a_change_by_another_process_is_told_with_what_changed(gallery: Gallery) -> None:
    with listening(gallery, heard_by(gallery)) as told:
        star(gallery, 2)
        _, kind, data = next(told)
        assert kind == "change"
        assert data == {"results": [
            {"id": 2, "pair": "1-4", "is_gone": False, "status": "done", "is_starred": True}]}


def test_one_who_was_away_hears_what_came_meanwhile_once_and_in_order(gallery: Gallery) -> None:
    with listening(gallery, heard_by(gallery)) as told:
        star(gallery, 1)
        first, _, _ = next(told)
        star(gallery, 2)
        second, _, _ = next(told)
    star(gallery, 3)
    with listening(gallery, "nonsense", Last_Event_ID=first) as told:
        ids = [next(told)[0], next(told)[0]]
    assert ids[0] == second
    assert [int(each.partition("-")[2]) for each in (first, *ids)] == [1, 2, 3]


def test_one_who_heard_another_server_is_told_to_look_anew(gallery: Gallery) -> None:
    for after in ("", "abc-3", f"{heard_by(gallery).partition('-')[0]}-99", "-", "é-1", "x" * 5000):
        with listening(gallery, after if after.isascii() else "%C3%A9-1") as told:
            assert next(told)[1] == "reset"


def test_a_server_that_ends_lets_its_listeners_go(tmp_path: Path) -> None:
    with served(tmp_path) as gallery, listening(gallery, heard_by(gallery)) as told:
        began = time.monotonic()
        gallery_closing = gallery.where
    assert next(told, None) is None
    assert time.monotonic() - began < PATIENCE_S
    assert gallery_closing.port


def test_five_open_pages_show_a_change_within_a_second(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        pages = [visit.page, *(visit.page.context.new_page() for _ in range(4))]
        for page in pages:
            page.goto(gallery.where.address)
            page.evaluate("""() => {
                const seen = new MutationObserver(() => { window.at ??= Date.now(); });
                seen.observe(document.querySelector("table"), {childList: true, subtree: true});
            }""")
        at = time.time()
        star(gallery, 1)
        for page in pages:
            expect(page.locator("[data-pair='1-3'] .star")).to_be_visible()
        shown = [page.evaluate("window.at") / 1000 - at for page in pages]
        assert max(shown) < 1.0, shown


def test_a_cell_fills_while_it_is_looked_at_and_a_page_that_was_left_catches_up(
    gallery: Gallery, visiting: Visiting
) -> None:
    content, style = (gallery.library.images.get(number) for number in (2, 4))
    with visiting(gallery) as visit:
        expect(visit.page.locator("[data-pair='2-4'] .empty")).to_be_visible()
        visit.page.goto("about:blank")
        gallery.studio.result(content, style, "white")
        visit.page.go_back()
        expect(visit.page.locator("[data-pair='2-4'] img")).to_be_visible()


def test_a_star_by_key_is_on_the_wall_and_in_the_catalog(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        visit.page.keyboard.press("ArrowRight")
        visit.page.keyboard.press("f")
        expect(visit.page.locator("[data-pair='1-3'] .star")).to_be_visible()
        expect(visit.page.get_by_role("status")).to_have_text("Starred")
        assert gallery.library.results.get(1).is_starred
        expect(visit.page.locator("[data-pair='1-3'] a")).to_be_focused()
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/picture/1")
        expect(visit.page.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
        visit.page.keyboard.press("f")
        expect(visit.page.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "false")
        visit.page.wait_for_function("() => document.querySelector('#said').textContent === 'No longer starred'")
        assert not gallery.library.results.get(1).is_starred
