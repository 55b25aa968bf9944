"""P11: a picture that cannot be drawn is shown as such, in its place, and ends nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow

from db.errors import PictureRefused
from db.records import Image
from gallery import page, sheet
from gallery.errors import NothingToShow
from gallery.grid import Cell, Grid, write_grid
from gallery.page import write_page
from gallery.sheet import write_sheet
from gallery.timelapse import write_timelapse
from tests.gallery.conftest import Studio

LONG = (4, 70_000)      # longer than any JPEG, and no WebP is longer than 16,383


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[[Image | Path], None]:
    """Lets one file be one that a decoder refuses although it was stored."""
    broken: set[Path] = set()
    genuine = page.open_rendition

    def open_or_refuse(path: Path) -> Pillow.Image:
        if path in broken:
            raise PictureRefused("decoding it takes more than <60> s")
        return genuine(path)

    for module in (page, sheet):
        monkeypatch.setattr(module, "open_rendition", open_or_refuse)
    return lambda what: broken.add(what if isinstance(what, Path) else what.path)


def test_a_content_longer_than_any_jpeg_is_on_the_page_and_on_the_sheet(studio: Studio, tmp_path: Path) -> None:
    long, plain, style = studio.content("red", LONG), studio.content("blue"), studio.style("navy")
    studio.result(long, style, "lime")
    studio.result(plain, style, "silver")
    written = write_page(studio.library, tmp_path / "page")
    assert (written.cells, written.failed) == (2, 0)
    with Pillow.open(tmp_path / "page" / "images" / f"image-{long.id}.jpg") as shown:
        assert shown.height == 65_500
    assert write_sheet(studio.library, tmp_path / "sheet.png").cells == 2


def test_an_original_and_a_result_that_cannot_be_read_are_told_with_the_reason(
    studio: Studio, refused: Callable[[Image | Path], None], tmp_path: Path
) -> None:
    contents = studio.content("red", name="boat.png"), studio.content("blue", name="cat.png")
    style = studio.style("navy")
    studio.result(contents[0], style, "lime")
    second = studio.result(contents[1], style, "silver")
    assert second is not None
    refused(contents[0])
    refused(style)
    written = write_page(studio.library, tmp_path / "page")
    assert (written.cells, written.failed) == (2, 0)
    text = written.index.read_text()
    assert text.count("<b>unreadable</b>") == 2
    assert "the picture cannot be shown: decoding it takes more than &lt;60&gt; s" in text
    assert "boat.png" in text
    refused(second.path)
    written = write_page(studio.library, tmp_path / "page")
    assert (written.cells, written.failed) == (1, 1)
    assert "<b>failed</b><span>the picture cannot be shown" in written.index.read_text()
    assert write_sheet(studio.library, tmp_path / "sheet.png").failed == 1


def test_originals_of_extreme_shapes_hang_over_a_grid_of_settings(studio: Studio, tmp_path: Path) -> None:
    originals = studio.content("red", LONG), studio.style("navy", LONG[::-1])
    Pillow.new("RGB", (30, 20), "lime").save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    cells = ((Cell(tmp_path / "good.png", ("loss 1",)), Cell(tmp_path / "bad.png", ("loss 2",)),
              Cell(tmp_path / "none.png", ())),)
    grid = Grid("title", originals, "", "weight", ("",), ("1", "2", "3"), cells)
    width, height = write_grid(grid, tmp_path / "sweep.png")
    assert width < 4_000
    assert height < 4_000


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".mp4"])
def test_a_frame_that_cannot_be_read_leaves_its_time_to_the_one_before(tmp_path: Path, suffix: str) -> None:
    colours = ["red", "lime", "blue", "white"]
    frames = [tmp_path / f"{number}.png" for number in range(len(colours))]
    for frame, colour in zip(frames, colours, strict=True):
        Pillow.new("RGB", (32, 20), colour).save(frame)
    for broken in (frames[0], frames[2]):
        broken.write_bytes(broken.read_bytes()[:40])
    written = write_timelapse(frames, tmp_path / f"out{suffix}", seconds=2.0)
    assert (written.frames, written.unreadable, written.seconds) == (2, 2, 3.5)
    if suffix != ".mp4":
        with Pillow.open(written.path) as film:
            durations = []
            for number in range(film.n_frames):
                film.seek(number)
                film.load()
                durations.append(film.info["duration"])
        assert durations == [1500, 2000]


def test_frames_of_which_none_can_be_read_make_no_film(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"<html>")
    with pytest.raises(NothingToShow, match=r"none of 2 pictures can be read: .*web page"):
        write_timelapse([tmp_path / "a.png"] * 2, tmp_path / "out.webp")
    assert not (tmp_path / "out.webp").exists()
