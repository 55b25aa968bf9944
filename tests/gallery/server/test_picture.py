"""A picture in a real Chromium: zoom, before and after, A/B, and how it was made."""

from playwright.sync_api import expect

from tests.gallery.conftest import picture
from tests.gallery.server.conftest import Gallery, Visiting

# What the middle of a picture on the screen looks like, whatever lies over it.
MIDDLE = """async selector => {
    const picture = document.querySelector(selector);
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    canvas.getContext("2d").drawImage(picture, 0, 0, 1, 1);
    return [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


def other_of_the_first_pair(gallery: Gallery) -> None:
    content, style = (gallery.library.images.get(number) for number in (1, 3))
    details = {"trace": [100.0, 10.0, 50.0, 5.0], "evaluations_by_scale": [2, 2], "weights": {"sha256": "ab"}}
    gallery.studio.result(content, style, "white", recipe="w2", recipe_hash="b7" * 32, details=details)


def test_before_and_after_by_a_slider_and_by_a_held_key(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        visit.go("/picture/1")
        before = visit.page.locator("[data-before]")
        expect(before).to_be_hidden()
        visit.page.get_by_label("How much of the content").fill("40")
        expect(before).to_be_visible()
        assert visit.page.evaluate("document.querySelector('[data-before]').style.clipPath") == "inset(0px 60% 0px 0px)"
        made, over = (visit.page.locator(f"[data-{part}]").bounding_box() for part in ("made", "before"))
        assert made == over
        visit.page.get_by_label("How much of the content").fill("0")
        visit.page.locator("h1").click()
        visit.page.keyboard.down("c")
        expect(before).to_be_visible()
        visit.page.keyboard.up("c")
        expect(before).to_be_hidden()


def test_zoom_shows_the_picture_pixel_by_pixel_and_escape_leaves_it(gallery: Gallery, visiting: Visiting) -> None:
    with visiting(gallery) as visit:
        visit.go("/picture/1")
        widths = []
        for _ in range(4):
            visit.page.keyboard.press("z")
            box = visit.page.locator("[data-made]").bounding_box()
            widths.append(box and box["width"])
        assert widths[:3] == [60, 120, 240]
        assert (widths[3] or 0) > 500
        visit.page.keyboard.press("z")
        visit.page.keyboard.press("Escape")
        assert visit.path == "/picture/1"


def test_a_key_puts_another_picture_of_the_pair_in_its_place_and_back(gallery: Gallery, visiting: Visiting) -> None:
    other_of_the_first_pair(gallery)
    with visiting(gallery) as visit:
        visit.go("/picture/1")
        assert visit.page.evaluate(MIDDLE, "[data-made]") == [255, 0, 0]
        visit.page.keyboard.press("b")
        assert visit.page.evaluate(MIDDLE, "[data-made]") == [255, 255, 255]
        expect(visit.page.get_by_role("button", name="B: w2")).to_have_attribute("aria-pressed", "true")
        visit.page.keyboard.press("b")
        assert visit.page.evaluate(MIDDLE, "[data-made]") == [255, 0, 0]


def test_what_came_about_is_played_from_its_frames(gallery: Gallery, visiting: Visiting) -> None:
    key = gallery.library.results.get(1).record.key
    gallery.library.frames.save(key, [(1, picture("black", (60, 40))), (9, picture("white", (60, 40)))])
    with visiting(gallery) as visit:
        visit.go("/picture/1")
        visit.page.evaluate("""() => {
            const made = document.querySelector("[data-made]");
            window.shown = [];
            new MutationObserver(() => window.shown.push(new URL(made.src).pathname)).observe(made, {attributes: true});
        }""")
        visit.page.get_by_role("button", name="Play").click()
        visit.page.wait_for_function("() => window.shown.length === 3")
        assert visit.page.evaluate("window.shown") == ["/file/frame/1/1", "/file/frame/1/9", "/file/result/1"]


def test_all_of_how_it_was_made_is_told(gallery: Gallery) -> None:
    other_of_the_first_pair(gallery)
    page = gallery.client.ask("/picture/5").text
    assert "weights sha256</dt><dd>ab" in page
    assert page.count("<polyline") == 2
    assert "stylize --like" in page
    assert 'href="/picture/5"' in page


def test_a_failed_one_says_why_and_nothing_of_it_is_markup(gallery: Gallery) -> None:
    page = gallery.client.ask("/picture/4").text
    assert "diverged &lt;b&gt;twice&lt;/b&gt;" in page
    assert "stylize --like" not in page


def test_an_original_shows_what_was_made_with_it(gallery: Gallery) -> None:
    page = gallery.client.ask("/image/1").text
    assert "2 made with it" in page
    assert '/picture/1"' in page
    assert '/picture/2"' in page
