"""Losses over the evaluations as a picture: what is drawn is where it belongs, whatever the numbers are."""

import math

import numpy as np
import pytest
from PIL import Image

from gallery.curves import HEIGHT_PX, PALETTE, WIDTH_PX, Curve, draw, has_losses


def rows_of(picture: Image.Image, colour: tuple[int, int, int], column: int) -> np.ndarray:
    """Where a colour stands in a column of the picture."""
    pixels = np.asarray(picture, dtype=int)[:, column]
    return np.flatnonzero((abs(pixels - colour) < 40).all(1))


def test_a_loss_that_falls_by_a_constant_factor_is_a_straight_line() -> None:
    losses = tuple(10.0 ** (6 - 3 * step / 100) for step in range(101))
    picture = draw([Curve("", losses, (101,))], "")
    assert picture.size == (WIDTH_PX, HEIGHT_PX)
    heights = [rows_of(picture, PALETTE[0], column).mean() for column in (200, 450, 700)]
    assert heights[0] < heights[1] < heights[2]
    assert heights[1] == pytest.approx((heights[0] + heights[2]) / 2, abs=1.5)


def test_a_step_that_was_taken_back_does_not_lift_the_curve() -> None:
    steady = (100.0, 50.0, 50.0, 25.0)
    tried = (100.0, 50.0, 9e9, 25.0)
    columns = slice(97, 870)
    lines = [
        np.asarray(draw([Curve("", losses, (4,))], ""), dtype=int)[:, columns] - PALETTE[0]
        for losses in (steady, tried)
    ]
    both = [(abs(line) < 25).all(2) for line in lines]
    assert (both[0] & both[1]).sum() > 0.9 * both[0].sum()


def test_scales_are_marked_and_not_joined() -> None:
    losses = (1000.0, 100.0, 10.0, 900.0, 90.0, 9.0)
    plain, marked = draw([Curve("", losses, (6,))], ""), draw([Curve("", losses, (3, 3))], "", (0.5, 1.0))
    middle = 96 + (WIDTH_PX - 96 - 28 - 300) // 2
    assert len(rows_of(plain, PALETTE[0], middle)) > 0
    assert len(rows_of(marked, PALETTE[0], middle)) == 0
    assert len(rows_of(marked, (140, 135, 127), middle)) > 500


@pytest.mark.parametrize("losses", [
    (5.0,), (5.0, 5.0, 5.0), (math.inf, 4.0, math.nan, 3.0), (0.0, 2.0), (1e-30, 1e30), (7.0,) * 5000,
], ids=lambda losses: str(losses[:3]))
def test_whatever_the_losses_there_is_a_plot(losses: tuple[float, ...]) -> None:
    curve = Curve("=cmd()\nx é", losses, (len(losses),))
    assert has_losses(curve)
    assert draw([curve] * 2, "title").size == (WIDTH_PX, HEIGHT_PX)


def test_nothing_finite_is_nothing_to_draw() -> None:
    assert not has_losses(Curve("", (math.nan, 0.0), (2,)))
    assert not has_losses(Curve("", (), (0,)))


def test_many_curves_have_the_whole_width_and_no_names() -> None:
    curves = [Curve(f"pair {number}", (1e6 / (number + 1), 100.0), (2,)) for number in range(30)]
    picture = np.asarray(draw(curves, "30 pairs"), dtype=int)
    assert (picture[300:, 900:1170] != 255).any(2).sum() > 200
