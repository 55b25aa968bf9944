"""Glimpses are small, seldom, and take a hundredth of the time at most."""

import io

import pytest
import torch
from PIL import Image

from stylizer.transfer import glimpse
from stylizer.transfer.glimpse import Glimpses
from stylizer.transfer.optimization import Step


class Clock:
    """Goes on by what taking a picture costs."""

    def __init__(self) -> None:
        self.now = 100.0
        self.taken = 0

    def step(self, cost_s: float = 0.01, height: int = 400, width: int = 800) -> Step:
        def pictures() -> torch.Tensor:
            self.now += cost_s
            self.taken += 1
            return torch.stack([torch.full((3, height, width), value, dtype=torch.uint8) for value in (10, 200)])

        return Step(1, 9, [1.0, 2.0], pictures)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    kept = Clock()
    monkeypatch.setattr(glimpse.time, "monotonic", lambda: kept.now)
    return kept


def test_of_each_pair_a_small_picture_is_taken(clock: Clock) -> None:
    glimpses = Glimpses(3.0)
    clock.now += 1.1
    taken = [Image.open(io.BytesIO(data)) for data in glimpses.take(clock.step())]
    assert [picture.size for picture in taken] == [(384, 192), (384, 192)]
    assert [picture.getpixel((9, 9)) for picture in taken] == [(10, 10, 10), (200, 200, 200)]


@pytest.mark.parametrize(("cost_s", "expected"), [(0.001, 20), (0.3, 2)])
def test_it_is_looked_no_more_often_than_is_wished_or_than_costs_a_hundredth(
    clock: Clock, cost_s: float, expected: int
) -> None:
    glimpses = Glimpses(3.0)
    for _ in range(600):
        clock.now += 0.1
        glimpses.take(clock.step(cost_s, 8, 8))
    assert clock.taken == pytest.approx(expected, abs=1)
