"""What a screen reader or a keyboard meets: axe-core finds no serious fault on any view, at both widths and schemes."""

from importlib.resources import files
from typing import Any

import pytest

from tests.gallery.server.conftest import Gallery, Visiting

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
VIEWS = [
    "/", "/picture/1", "/picture/4", "/image/1", "/images", "/duplicates", "/collect", "/nowhere",
    "/make?content=1&style=3", "/live"]


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_no_view_has_a_serious_fault(gallery: Gallery, visiting: Visiting, width: int, scheme: str) -> None:
    with visiting(gallery, width, color_scheme=scheme) as visit:
        for path in VIEWS:
            visit.go(path)
            visit.complaints[:] = [text for text in visit.complaints if "404" not in text]
            if path == "/images":       # what is selected can be marked
                visit.page.keyboard.press("ArrowRight")
                visit.page.keyboard.press(" ")
            visit.page.evaluate(AXE)
            found: list[dict[str, Any]] = visit.page.evaluate("axe.run().then(found => found.violations)")
            serious = [
                (path, fault["id"], node["html"][:200]) for fault in found
                if fault["impact"] in ("serious", "critical") for node in fault["nodes"]
            ]
            assert serious == []
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
