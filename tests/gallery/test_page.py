"""The page's folder: what is copied, and what is never thrown away."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image as Pillow

from db.errors import OutputRefused
from db.records import ResultStatus, Role
from gallery.errors import NothingToShow
from gallery.matrix import Selection
from gallery.page import THUMBNAIL_PX, write_page
from tests.gallery.conftest import Studio


class Addresses(HTMLParser):
    """Where the page's links and pictures point."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in ("href", "src") and value}


def test_every_address_in_the_page_is_a_file_beside_it(wall: Studio, tmp_path: Path) -> None:
    report = write_page(wall.library, tmp_path / "page")
    found = Addresses(report.index.read_text()).found
    on_disk = {path.relative_to(report.folder).as_posix() for path in (report.folder / "images").iterdir()}
    assert found == on_disk
    assert len(on_disk) == 2 * (4 + 3), "four originals and three results, each full and small"
    assert (report.rows, report.columns, report.cells, report.failed) == (2, 2, 3, 1)


def test_results_are_copied_to_the_byte(wall: Studio, tmp_path: Path) -> None:
    write_page(wall.library, tmp_path / "page")
    for result in wall.library.results.find(ResultStatus.DONE):
        assert result.path is not None
        assert (tmp_path / "page" / "images" / f"result-{result.id}.png").read_bytes() == result.path.read_bytes()


def test_originals_leave_their_metadata_at_home_and_stand_upright(
    studio: Studio, paint: Callable[..., bytes], tmp_path: Path
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    exif[0x9286] = "taken at home"
    content = studio.original(paint("red", (60, 30), "TIFF", exif=exif), "scan.tif")
    studio.result(content, studio.style("navy"), "red")
    write_page(studio.library, tmp_path / "page")
    with Pillow.open(tmp_path / "page" / "images" / f"image-{content.id}.jpg") as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (30, 60), {})


def test_thumbnails_are_small_and_never_enlarged(studio: Studio, tmp_path: Path) -> None:
    large, small = studio.content("red", (2000, 100)), studio.content("blue", (30, 30))
    style = studio.style("navy")
    studio.result(large, style, "gray")
    studio.result(small, style, "silver")
    write_page(studio.library, tmp_path / "page")
    sizes = []
    for image in (large, small):
        with Pillow.open(tmp_path / "page" / "images" / f"image-{image.id}-small.webp") as thumbnail:
            sizes.append(thumbnail.size)
    assert sizes == [(THUMBNAIL_PX, THUMBNAIL_PX // 20), (30, 30)]


def test_running_again_brings_the_page_up_to_date(wall: Studio, tmp_path: Path) -> None:
    write_page(wall.library, tmp_path / "page")
    (tmp_path / "page" / ".DS_Store").touch()
    lost = wall.library.results.find(ResultStatus.DONE)[0]
    assert lost.path is not None
    lost.path.unlink()
    report = write_page(wall.library, tmp_path / "page")
    assert (report.cells, report.failed) == (2, 2)
    assert not (report.folder / "images" / f"result-{lost.id}.png").exists()
    assert "the picture cannot be shown: no such file" in report.index.read_text()
    assert [path.name for path in tmp_path.iterdir() if "page" in path.name] == ["page"]


def test_an_original_that_is_lost_keeps_its_name_at_the_edge(wall: Studio, tmp_path: Path) -> None:
    wall.library.images.find(Role.STYLE)[0].path.unlink()
    report = write_page(wall.library, tmp_path / "page")
    assert report.cells == 3
    assert "field.png" in report.index.read_text()


@pytest.mark.parametrize("stranger", ["notes.txt", "images/holiday.jpg", "images/deeper/image-1.jpg"])
def test_a_page_to_which_something_was_added_is_not_thrown_away(wall: Studio, tmp_path: Path, stranger: str) -> None:
    write_page(wall.library, tmp_path / "page")
    added = tmp_path / "page" / stranger
    added.parent.mkdir(exist_ok=True)
    added.write_text("mine")
    with pytest.raises(OutputRefused, match="not ours"):
        write_page(wall.library, tmp_path / "page")
    assert added.read_text() == "mine"


def test_a_folder_of_something_else_is_left_alone(wall: Studio, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>my own site</h1>")
    with pytest.raises(OutputRefused, match="holds other things") as caught:
        write_page(wall.library, site)
    assert caught.value.exit_code == 2
    assert (site / "index.html").read_text() == "<h1>my own site</h1>"
    with pytest.raises(OutputRefused, match="holds other things"):
        write_page(wall.library, wall.library.root)


def test_an_empty_folder_will_do_and_a_file_will_not(wall: Studio, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert write_page(wall.library, tmp_path / "empty").index.is_file()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputRefused, match="is not a folder"):
        write_page(wall.library, tmp_path / "file")


def test_no_results_leave_the_page_of_yesterday(wall: Studio, tmp_path: Path) -> None:
    report = write_page(wall.library, tmp_path / "page")
    before = report.index.read_text()
    with pytest.raises(NothingToShow):
        write_page(wall.library, tmp_path / "page", selection=Selection(recipe="none of this name"))
    assert report.index.read_text() == before
