"""Captions, file names and recipe names of strangers are text on every page, and no script of theirs runs."""

from datetime import UTC, datetime
from pathlib import Path

from tests.gallery.conftest import Studio, picture
from tests.gallery.server.conftest import Visiting, served

HOSTILE = (
    """"><script>document.title='x'</script><img src=x onerror="document.title='x'">"""
    """'onclick='x' javascript:x {{7*7}}"""
)


def hang_hostile(studio: Studio) -> None:
    library = studio.library
    stored = library.store.put_bytes(picture("gray", (60, 40)))
    content, _ = library.images.add(stored, f"/pictures/{HOSTILE.replace('/', '')}", None, caption=HOSTILE)
    style = studio.style("olive", name=HOSTILE.replace("/", ""))
    details = {HOSTILE: HOSTILE, "mix": HOSTILE}
    studio.result(library.images.get(content), style, "red", recipe=HOSTILE, details=details)
    library.politeness.refused("instagram.com", HOSTILE, datetime.now(UTC))
    library.runs.finish(library.runs.start("scrape", HOSTILE), HOSTILE, {})
    studio.result(library.images.get(content), style, None, recipe=HOSTILE, reason=HOSTILE, recipe_hash="77" * 32)


PATHS = (
    "/", "/make", "/live", "/picture/1", "/picture/2", "/image/1", "/images",
    "/duplicates", "/collect", "/?recipe=%3Cscript%3E")


def test_no_word_of_a_stranger_is_more_than_text(tmp_path: Path, visiting: Visiting) -> None:
    with served(tmp_path, fill=hang_hostile) as gallery, visiting(gallery) as visit:
        page = visit.page
        for path in PATHS:
            visit.go(path)
            assert page.title() != "x"
            assert page.locator("script:not([src]):not([type='application/json'])").count() == 0
            assert page.locator("[onerror], [onclick], [src=x]").count() == 0
            assert all(not (link or "").startswith("javascript") for link in page.eval_on_selector_all(
                "a", "links => links.map(link => link.getAttribute('href'))"))
        visit.go("/image/1")
        assert "{{7*7}}" in page.locator(".caption").inner_text()
