"""The page in a real Chromium, opened from disk."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from db.library import open_library
from gallery.page import PageReport, write_page
from scraper.browser import Chromium, open_chromium
from tests.gallery.conftest import Studio, hang_some


# For this file of tests and no longer: while it is open, nobody else can open one in this process.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with open_chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> PageReport:
    folder = tmp_path_factory.mktemp("browsing")
    with open_library(folder / "library") as library:
        hang_some(Studio(library))
        return write_page(library, folder / "page")


@dataclass(frozen=True)
class Visit:
    """An open page, with what it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def cell(self, row: int, column: int) -> str:
        return f"a[data-row='{row}'][data-column='{column}']"


@pytest.fixture
def visit(report: PageReport, chromium: Chromium) -> Iterator[Visit]:
    with chromium.context() as context:
        page = context.new_page()
        visit = Visit(page)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("console", lambda message: visit.complaints.append(message.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.goto(report.index.as_uri())
        yield visit
        assert visit.complaints == []
        folder = report.folder.as_uri()
        assert [url for url in visit.requests if not url.startswith(folder)] == []


def titled(visit: Visit) -> str:
    return visit.page.locator("dialog h2").inner_text()


def test_every_picture_of_the_wall_is_shown(visit: Visit) -> None:
    pictures = visit.page.locator("table img")
    assert pictures.count() == 7
    for index in range(7):
        pictures.nth(index).scroll_into_view_if_needed()
    visit.page.wait_for_function("[...document.querySelectorAll('table img')].every(i => i.complete && i.naturalWidth)")


def test_a_click_shows_the_result_at_full_size_with_how_it_was_made(visit: Visit) -> None:
    visit.page.click(visit.cell(0, 0))
    expect(visit.page.locator("dialog")).to_be_visible()
    assert titled(visit) == "boat.png in the style of field.png"
    shown = visit.page.locator("[data-part=result] img")
    assert (shown.get_attribute("src") or "").endswith("result-1.png")
    visit.page.wait_for_function("document.querySelector('[data-part=result] img').naturalWidth === 60")
    facts = visit.page.locator(".facts").inner_text()
    assert "gatys" in facts
    assert "3 · 0.25% of the start" in facts
    assert "1 min 23 s" in facts


def test_the_arrows_walk_over_the_wall_and_pass_what_failed(visit: Visit) -> None:
    visit.page.click(visit.cell(0, 0))
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp"):
        visit.page.keyboard.press(key)
        seen.append(titled(visit))
    boat, portrait = "boat.png in the style of", "portrait.png in the style of"
    assert seen == [
        f"{boat} night.png",
        f"{boat} night.png",
        f"{boat} night.png",
        f"{boat} field.png",
        f"{portrait} field.png",
        f"{portrait} field.png",
        f"{boat} field.png",
    ]


def test_escape_closes_and_the_focus_is_on_the_cell_last_seen(visit: Visit) -> None:
    visit.page.focus(visit.cell(0, 0))
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("dialog")).to_be_hidden()
    expect(visit.page.locator(visit.cell(0, 1))).to_be_focused()
    visit.page.keyboard.press("ArrowLeft")
    expect(visit.page.locator(visit.cell(0, 0))).to_be_focused()


def test_the_buttons_do_what_the_keys_do(visit: Visit) -> None:
    visit.page.click(visit.cell(0, 0))
    visit.page.get_by_role("button", name="Next content").click()
    assert titled(visit) == "portrait.png in the style of field.png"
    nowhere = visit.page.get_by_role("button", name="Next style")
    assert nowhere.get_attribute("aria-disabled") == "true"
    visit.page.get_by_role("button", name="Close").click()
    expect(visit.page.locator("dialog")).to_be_hidden()


@pytest.mark.parametrize("width", [1400, 420])
def test_the_originals_stay_in_sight_and_the_window_is_never_too_narrow(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 360})
    visit.page.evaluate("document.querySelector('main').scrollTo(10000, 10000)")
    main = visit.page.locator("main").bounding_box()
    style = visit.page.locator("thead th").last.bounding_box()
    content = visit.page.locator("tbody th").last.bounding_box()
    assert main is not None
    assert style is not None
    assert content is not None
    assert style["y"] == pytest.approx(main["y"], abs=1)
    assert content["x"] >= main["x"] - 1
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.page.locator(visit.cell(1, 0)).click()
    box = visit.page.locator("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_the_policy_stops_what_is_not_ours(visit: Visit) -> None:
    blocked = visit.page.evaluate(
        """async () => {
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
            const fetched = await fetch("https://example.org/").then(() => true, () => false);
            return [window.broken === undefined, !fetched];
        }"""
    )
    assert blocked == [True, True]
    assert len(visit.complaints) >= 2
    assert all("Content Security Policy" in complaint or "Fetch API" in complaint for complaint in visit.complaints)
    visit.complaints.clear()
    visit.requests[:] = [url for url in visit.requests if url.startswith("file:")]


def test_on_paper_the_whole_wall_stands_and_not_what_a_window_shows_of_it(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 700, "height": 200})
    visit.page.emulate_media(media="print")
    last = visit.page.locator("tbody tr").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] > 200
    assert visit.page.evaluate("document.documentElement.scrollHeight") + 1 >= last["y"] + last["height"]
    assert visit.page.evaluate("getComputedStyle(document.querySelector('main')).overflowY") == "visible"
    assert visit.page.evaluate("getComputedStyle(document.querySelector('thead th')).position") == "static"
