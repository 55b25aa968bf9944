"""Losses over the evaluations as a picture: what is drawn is where it belongs, whatever the numbers and names are."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from gallery.curves import COLOURS, MOST_LINES, MOST_WITH_LOSSES, Curve, draw, has_losses, save


def bold(figure: Figure) -> list[tuple[Any, Any]]:
    """Evaluations and losses of the lines that say what would be kept."""
    return [line.get_data() for line in figure.axes[0].lines if line.get_linewidth() > 1]


def test_a_loss_that_falls_by_a_constant_factor_is_a_straight_line() -> None:
    losses = tuple(10.0 ** (6 - 3 * step / 100) for step in range(101))
    figure = draw([Curve("", losses, (101,))], "")
    ((evaluations, lowest),) = bold(figure)
    np.testing.assert_allclose(lowest, losses)
    points = figure.axes[0].transData.transform([*zip(evaluations, lowest, strict=True)])
    slopes = np.diff(points[:, 1]) / np.diff(points[:, 0])
    np.testing.assert_allclose(slopes, slopes.mean(), rtol=1e-6)
    assert slopes.mean() < 0


def test_a_step_that_was_taken_back_does_not_lift_the_curve() -> None:
    steady = (100.0, 50.0, 50.0, 25.0)
    tried = (100.0, 50.0, 9e9, 25.0)
    figures = [draw([Curve("", losses, (4,))], "") for losses in (steady, tried)]
    assert [list(lowest) for figure in figures for _, lowest in bold(figure)] == [list(steady)] * 2
    limits = [figure.axes[0].get_ylim() for figure in figures]
    assert limits[0] == limits[1]
    assert limits[0][0] < 25
    assert 100 < limits[0][1] < 200


def test_scales_are_marked_named_and_not_joined() -> None:
    losses = (1000.0, 100.0, 10.0, 900.0, 90.0, 9.0)
    figure = draw([Curve("", losses, (3, 3))], "", (0.5, 1.0))
    assert [list(evaluations) for evaluations, _ in bold(figure)] == [[1, 2, 3], [4, 5, 6]]
    (border,) = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [3.5, 3.5]]
    assert list(border.get_ydata()) == [0, 1]       # from the bottom to the top
    assert [text.get_text() for text in figure.axes[0].texts] == ["at 1/2 of the size", "at full size"]


@pytest.mark.parametrize("losses", [
    (5.0,), (5.0, 5.0, 5.0), (math.inf, 4.0, math.nan, 3.0), (0.0, 2.0), (1e-30, 1e30), (7.0,) * 5000,
    (1e-320, 1.0, 1.7e308), (100.0, 99.9999), (1e199, 1e-199),
], ids=lambda losses: str(losses[:3]))
def test_whatever_the_losses_there_is_a_plot(losses: tuple[float, ...], tmp_path: Path) -> None:
    curve = Curve("=cmd()\nx é", losses, (len(losses),))
    assert has_losses(curve)
    save([curve] * 2, "title", tmp_path / "plot")
    with Image.open(tmp_path / "plot.png") as picture:
        assert min(picture.size) > 700
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20


def test_nothing_finite_is_nothing_to_draw() -> None:
    assert not has_losses(Curve("", (math.nan, 0.0, -1.0, math.inf), (4,)))
    assert not has_losses(Curve("", (), (0,)))


def test_no_two_lines_look_alike_and_each_is_named() -> None:
    curves = [Curve(f"pair {number}", (1e6 / (number + 1), 100.0), (2,)) for number in range(MOST_LINES)]
    figure = draw(curves, "many")
    strokes = {(to_hex(line.get_color()), str(line.get_linestyle()), str(line._dash_pattern))     # type: ignore[attr-defined]
             for line in figure.axes[0].lines}
    assert len(figure.axes[0].lines) == len(strokes) == MOST_LINES > 8
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [curve.name for curve in curves]
    of_legend = [(to_hex(line.get_color()), str(line._dash_pattern)) for line in legend.get_lines()]   # type: ignore[attr-defined]
    assert of_legend == [(to_hex(line.get_color()), str(line._dash_pattern)) for line in figure.axes[0].lines]  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="ways for a line to look"):
        draw([*curves, curves[0]], "too many")


def test_the_first_lines_are_told_apart_by_colour_alone_and_few_show_each_loss() -> None:
    curve, counts = Curve("a", (3.0, 9.0, 2.0), (3,)), (MOST_WITH_LOSSES, MOST_WITH_LOSSES + 1)
    figures = [draw([curve] * count, "") for count in counts]
    assert [to_hex(line.get_color()) for line in figures[1].axes[0].lines[:7]] == [*COLOURS]
    assert [len(figure.axes[0].lines) for figure in figures] == [2 * MOST_WITH_LOSSES, MOST_WITH_LOSSES + 1]
    assert list(figures[0].axes[0].lines[0].get_ydata()) == [3.0, 9.0, 2.0]


@pytest.mark.parametrize(("name", "shown"), [
    ("_hidden", "_hidden"), ("$\\frac{1}$", "$\\frac{1}$"), ("кошка\n猫", "кошка\ncurve 1"), ("", "curve 1"),
    ("--><script>alert(1)</script>\n]]>", "--><script>alert(1)</script>\n]]>"), ("W" * 99, None),
], ids=str)
def test_a_name_is_text_and_nothing_else(name: str, shown: str | None, tmp_path: Path) -> None:
    curve = Curve(name, (3.0, 2.0), (2,))
    legend = draw([curve], name).axes[0].get_legend()
    assert legend is not None
    (text,) = [text.get_text() for text in legend.get_texts()]
    assert text == shown if shown else text.endswith("W…")
    save([curve], name, tmp_path / "plot")
    elements = {element.tag.rpartition("}")[2] for element in ElementTree.parse(tmp_path / "plot.svg").iter()}
    assert not elements & {"script", "a", "image", "foreignObject", "text"}


def test_the_same_curves_are_the_same_bytes_whatever_the_user_has_set(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 30\nsvg.fonttype: none\n")
    code = ("from pathlib import Path; from gallery.curves import *; "
            "save([Curve('a', (3.0, 2.0), (2,))], 'title', Path('{}'))")
    for name, extra in (("a", {}), ("b", {"MATPLOTLIBRC": str(tmp_path), "SOURCE_DATE_EPOCH": "7"})):
        subprocess.run([sys.executable, "-c", code.format(tmp_path / name)], check=True, env=os.environ | extra,
                       cwd=Path(__file__).parents[2])
    for suffix in ("png", "svg"):
        first = (tmp_path / f"a.{suffix}").read_bytes()
        assert first == (tmp_path / f"b.{suffix}").read_bytes()
        assert b"Matplotlib" not in first
        assert b"date" not in first


def test_matplotlib_is_loaded_with_the_first_plot_and_no_sooner() -> None:
    code = ("import sys, gallery.page, gallery.sheet, gallery.grid, gallery.report, gallery.fonts; "
            "gallery.fonts.drawable('кошка', ''); sys.exit('matplotlib' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
