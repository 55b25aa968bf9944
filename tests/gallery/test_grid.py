"""The labelled matrix of settings: every picture in its place and whole, and room for what is said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from db.errors import OutputRefused
from gallery.errors import TooManyPictures
from gallery.fonts import font_of
from gallery.grid import Cell, Grid, _fit, _wrapped, check, title, write_grid
from tests.gallery.conftest import Studio

COLOURS = [[(200, 30, 30), (30, 200, 30)], [(30, 30, 200), (200, 200, 30)]]


@pytest.fixture
def grid(studio: Studio, tmp_path: Path) -> Callable[..., Grid]:
    """A grid of these pictures' colours; None is a setting that failed."""
    originals = studio.content("gray", (60, 40)), studio.style("olive", (30, 50))

    def make(colours: list[list[tuple[int, int, int] | None]], row_name: str = "style-weight") -> Grid:
        cells = []
        for row, of_row in enumerate(colours):
            cells.append([])
            for column, colour in enumerate(of_row):
                path = tmp_path / f"{row}-{column}.png"
                if colour is not None:
                    Image.new("RGB", (60, 40), colour).save(path)
                cells[-1].append(Cell(path if colour else None, ("loss 1" if colour else "failed", "score 2")))
        return Grid(
            "title", originals, row_name, "content-layers", tuple(f"row {n}" for n in range(len(colours))),
            tuple(f"column {n}" for n in range(len(colours[0]))), tuple(map(tuple, cells)))
    return make


def places(path: Path, colour: tuple[int, int, int]) -> tuple[float, float, float, float]:
    """The box (left, top, right, bottom) of the pixels of a colour."""
    with Image.open(path) as sheet:
        ys, xs = np.nonzero((abs(np.asarray(sheet, dtype=int) - colour) < 8).all(2))
    assert len(xs) == (xs.max() - xs.min() + 1) * (ys.max() - ys.min() + 1), "the picture is not whole"
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def test_rows_and_columns_are_where_their_values_say(grid: Callable[..., Grid], tmp_path: Path) -> None:
    size = write_grid(grid(COLOURS), tmp_path / "sweep.png")
    boxes = [[places(tmp_path / "sweep.png", colour) for colour in row] for row in COLOURS]
    assert boxes[0][0][:2] < boxes[0][1][:2] < boxes[1][1][:2]
    assert boxes[0][0][0] == boxes[1][0][0]
    assert boxes[0][0][1] == boxes[0][1][1]
    for left, top, right, bottom in (box for row in boxes for box in row):
        assert (right - left) / (bottom - top) == pytest.approx(1.5, rel=0.02)
        assert right < size[0]
        assert bottom < size[1] - 40     # its two lines fit below


def test_one_axis_is_one_row_without_names_at_its_side(grid: Callable[..., Grid], tmp_path: Path) -> None:
    two_axes, _ = write_grid(grid(COLOURS), tmp_path / "two.png")
    one_axis, _ = write_grid(grid(COLOURS[:1], row_name=""), tmp_path / "one.png")
    assert one_axis < two_axes


def test_a_setting_that_failed_leaves_an_empty_place(grid: Callable[..., Grid], tmp_path: Path) -> None:
    write_grid(grid([[None, COLOURS[0][0]]]), tmp_path / "failed.png")
    write_grid(grid([COLOURS[0]]), tmp_path / "whole.png")
    left, top, right, bottom = places(tmp_path / "whole.png", COLOURS[0][0])
    with Image.open(tmp_path / "failed.png") as sheet:
        assert len(sheet.crop((left, top, right, bottom)).getcolors()) > 1      # a word instead of the picture
    assert places(tmp_path / "failed.png", COLOURS[0][0]) == places(tmp_path / "whole.png", COLOURS[0][1])


def test_a_wide_grid_has_smaller_cells_and_too_wide_a_one_is_refused(
    grid: Callable[..., Grid], tmp_path: Path
) -> None:
    columns = [[(200, 30, 30)] + [(240, 240, 240)] * 39] * 24
    width, height = write_grid(grid(columns), tmp_path / "wide.png")
    assert width * height <= 60_000_000
    with pytest.raises(TooManyPictures, match="vary fewer"):
        check(200, 200, tmp_path / "wide.png")
    with pytest.raises(OutputRefused, match=r"end in \.png"):
        write_grid(grid(COLOURS), tmp_path / "sweep.jpg")


def test_a_long_list_of_layers_is_broken_after_a_plus_and_none_of_it_is_lost() -> None:
    words = "relu1_1=0.001+relu2_1=0.002+relu3_1=0.00004+relu4_1=0.1"
    lines = _wrapped(words, 15, 240)
    assert len(lines) > 1
    assert "".join(lines) == words
    assert all(line.endswith("+") for line in lines[:-1])
    assert _wrapped("1e5", 15, 240) == ["1e5"]


def test_a_title_has_the_number_of_an_image_whose_name_cannot_be_drawn(studio: Studio) -> None:
    content, style = studio.content("gray", name="кошка.png"), studio.style("olive", name="猫.png")
    assert title(content, style, "gatys, 256 px") == f"кошка.png x image {style.id} · gatys, 256 px"


def test_what_is_said_under_a_picture_fits_below_it(grid: Callable[..., Grid]) -> None:
    line = _fit(grid(COLOURS)).line(0, 0, 1)
    for words in ("score 1.52: content 0.123, style 0.456", "loss 43.2 M, 12.34% of the start"):
        assert font_of(line.height).getlength(words) <= line.width
