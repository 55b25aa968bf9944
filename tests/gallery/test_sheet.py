"""The sheet: real pictures in, the pixels of a real PNG out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from db.errors import LibraryBusy, OutputRefused
from db.records import Role
from gallery.errors import NothingToShow, TooManyPictures
from gallery.layout import MAX_PIXELS, Box, fit, lay_out
from gallery.matrix import Selection
from gallery.sheet import EMPTY, WALL, write_sheet
from tests.gallery.conftest import Studio


def pixels(path: Path) -> Pillow.Image:
    with Pillow.open(path) as picture:
        picture.load()
        assert (picture.format, picture.mode) == ("PNG", "RGB")
        return picture


def middle(sheet: Pillow.Image, box: Box) -> object:
    return sheet.getpixel((box.left + box.width // 2, box.top + box.height // 2))


def extent(sheet: Pillow.Image, colour: tuple[int, int, int]) -> tuple[int, int]:
    """Width and height of the area of one colour."""
    rows, columns = np.nonzero((np.asarray(sheet) == colour).all(axis=2))
    width, height = len(set(columns)), len(set(rows))
    assert len(rows) == width * height, "a full rectangle"
    return width, height


def test_every_picture_hangs_in_its_own_cell(wall: Studio, tmp_path: Path) -> None:
    report = write_sheet(wall.library, tmp_path / "wall.png", cell_px=100)
    sheet = pixels(tmp_path / "wall.png")
    layout = lay_out([1, 1], [2 / 3, 5 / 4], 100)
    assert (report.width, report.height) == sheet.size == (layout.width, layout.height)
    colours = [[middle(sheet, layout.box(row, column)) for column in range(3)] for row in range(3)]
    grey, silver, olive, navy = (128,) * 3, (192,) * 3, (128, 128, 0), (0, 0, 128)
    assert colours[0][1:] == [olive, navy]
    assert colours[1] == [grey, (255, 0, 0), (0, 255, 0)]
    assert colours[2][:2] == [silver, (0, 0, 255)]
    assert (report.rows, report.columns, report.cells, report.failed) == (2, 2, 3, 1)
    assert (report.cell_px, report.shrunk, report.path) == (100, False, tmp_path / "wall.png")


def test_the_same_library_gives_the_same_bytes(wall: Studio, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_sheet(wall.library, tmp_path / name, cell_px=64)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((300, 30), (100, 10)), ((300, 100), (100, 33)), ((30, 300), (12, 125)), ((9, 9), (100, 100))],
)
def test_a_picture_of_any_shape_keeps_its_aspect(
    studio: Studio, tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    studio.result(studio.content("gray", size), studio.style("navy"), "red")
    write_sheet(studio.library, tmp_path / "wall.png", cell_px=100)
    assert extent(pixels(tmp_path / "wall.png"), (255, 0, 0)) == expected


def test_a_pair_that_failed_or_was_never_tried_leaves_an_empty_place(wall: Studio, tmp_path: Path) -> None:
    style = wall.style("teal")
    wall.result(wall.library.images.find(Role.CONTENT)[0], style, "yellow")
    write_sheet(wall.library, tmp_path / "wall.png", cell_px=100)
    sheet = pixels(tmp_path / "wall.png")
    layout = lay_out([1, 1, 1], [2 / 3, 5 / 4], 100)
    failed, untried = layout.box(2, 2), layout.box(2, 3)
    assert sheet.getpixel((failed.left + 10, failed.top + 10)) == EMPTY
    word = sheet.crop((failed.left, failed.top, failed.left + failed.width, failed.top + failed.height)).getcolors()
    assert word is not None
    assert len(word) > 2, "the word 'failed'"
    assert middle(sheet, untried) == EMPTY
    assert sheet.getpixel((1, 1)) == WALL


def test_a_lost_or_damaged_file_costs_one_cell_and_not_the_sheet(wall: Studio, tmp_path: Path) -> None:
    first, second = [result for result in wall.library.results.find() if result.path][:2]
    assert first.path is not None
    assert second.path is not None
    first.path.unlink()
    second.path.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    wall.library.images.find(Role.STYLE)[0].path.unlink()
    report = write_sheet(wall.library, tmp_path / "wall.png")
    assert (report.cells, report.failed) == (1, 3)


def test_an_upright_photograph_stands_in_its_row(studio: Studio, paint: Callable[..., bytes], tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    content = studio.original(paint("gray", (60, 30), "JPEG", exif=exif, quality=100), "phone.jpg")
    studio.result(content, studio.style("navy"), "red")
    write_sheet(studio.library, tmp_path / "wall.png", cell_px=100)
    assert extent(pixels(tmp_path / "wall.png"), (128, 128, 128)) == (63, 125)


def test_any_name_can_be_drawn(studio: Studio, tmp_path: Path) -> None:
    names = ["кошка.png", "猫\u202e.png", "a\nb\x1b[31m.png", "é" * 400 + ".png", "😀"]
    style = studio.style("navy")
    for shade, name in enumerate(names):
        studio.result(studio.content(f"rgb({shade},0,0)", name=name), style, "red")
    assert write_sheet(studio.library, tmp_path / "wall.png").cells == len(names)


def test_a_hundred_by_a_hundred_pictures_stay_within_the_limit() -> None:
    layout = fit([1.25] * 100, [1.25] * 100, 256)
    assert 40 < layout.cell < 256
    assert layout.width * layout.height <= MAX_PIXELS
    larger = lay_out([1.25] * 100, [1.25] * 100, layout.cell + 1)
    assert larger.width * larger.height > MAX_PIXELS


def test_a_sheet_that_had_to_shrink_says_so(wall: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.layout.MAX_PIXELS", 30_000)
    report = write_sheet(wall.library, tmp_path / "wall.png", cell_px=200)
    assert report.shrunk
    assert report.cell_px < 200
    assert report.width * report.height <= 30_000


def test_more_pictures_than_can_be_seen_are_refused() -> None:
    with pytest.raises(TooManyPictures, match="make the page instead"):
        fit([1] * 2000, [1] * 2000, 256)


def test_an_empty_library_is_told_apart_and_writes_nothing(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(NothingToShow, match="stylize"):
        write_sheet(studio.library, tmp_path / "wall.png")
    assert not (tmp_path / "wall.png").exists()


def test_a_selection_draws_only_what_it_admits(wall: Studio, tmp_path: Path) -> None:
    content, style = wall.library.images.find(Role.CONTENT)[0], wall.library.images.find(Role.STYLE)[0]
    wall.result(content, style, "yellow", recipe="tutorial", recipe_hash="77" * 32)
    report = write_sheet(wall.library, tmp_path / "wall.png", selection=Selection(recipe="tutorial"))
    assert (report.rows, report.columns, report.cells) == (1, 1, 1)


@pytest.mark.parametrize("name", ["wall.jpg", "wall", "folder.png", "file/wall.png", "x" * 300 + ".png"])
def test_a_place_that_cannot_be_written_is_one_clear_error(wall: Studio, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputRefused) as caught:
        write_sheet(wall.library, tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cell_px", [15, 1025])
def test_a_cell_of_no_sensible_size_is_refused(wall: Studio, tmp_path: Path, cell_px: int) -> None:
    with pytest.raises(OutputRefused, match="16 to 1024"):
        write_sheet(wall.library, tmp_path / "wall.png", cell_px=cell_px)


def test_a_second_run_at_once_leaves_at_once(wall: Studio, tmp_path: Path) -> None:
    with wall.library.lock("matrix"), pytest.raises(LibraryBusy):
        write_sheet(wall.library, tmp_path / "wall.png")
