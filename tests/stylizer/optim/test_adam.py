import pytest
import torch
from torch import Tensor

from stylizer.optim.adam import Adam
from tests.stylizer.minimising import minimise


def bowl(x: Tensor) -> Tensor:
    """A quadratic of condition 100 with its lowest point at 1, one value per row."""
    return (torch.logspace(0, 2, x.shape[1], dtype=x.dtype) * (x - 1).square()).sum(1)


def test_it_takes_the_steps_of_torch(generator: torch.Generator) -> None:
    start = torch.rand(2, 6, generator=generator)
    x = start.clone().requires_grad_()
    reference = torch.optim.Adam([x], lr=0.05)
    for mine in minimise(Adam(start, learning_rate=0.05), bowl, 30):
        torch.testing.assert_close(mine, x.detach(), rtol=1e-4, atol=1e-5)
        reference.zero_grad()
        bowl(x).sum().backward()
        reference.step()


def test_the_best_point_is_the_lowest_seen(generator: torch.Generator) -> None:
    optimizer = Adam(torch.rand(3, 5, generator=generator), learning_rate=0.3)
    points = torch.stack(minimise(optimizer, bowl, 40))
    values = torch.stack([bowl(point) for point in points])
    torch.testing.assert_close(optimizer.best_loss, values.amin(0))
    torch.testing.assert_close(bowl(optimizer.best), optimizer.best_loss)


def test_with_averaging_the_picture_is_the_mean_of_the_points_weighted_towards_the_last() -> None:
    optimizer = Adam(torch.zeros(1, 4), learning_rate=0.1, averaging=0.9)
    torch.testing.assert_close(optimizer.best, torch.zeros(1, 4))
    points = torch.cat(minimise(optimizer, bowl, 25))
    weights = 0.9 ** torch.arange(24.0, -1, -1)
    torch.testing.assert_close(optimizer.best[0], (weights @ points) / weights.sum())


def test_bounds_hold_at_every_point() -> None:
    optimizer = Adam(torch.full((1, 4), -3.0), learning_rate=0.5, bounds=(0.0, 0.75))
    for point in minimise(optimizer, bowl, 50):
        assert point.min() >= 0
        assert point.max() <= 0.75
    assert optimizer.best.tolist() == [[0.75] * 4]


def test_a_loss_that_is_no_number_restarts_that_problem_alone_and_the_second_one_ends_it() -> None:
    start = torch.zeros(2, 4)
    once = Adam(start, learning_rate=0.1)
    minimise(once, bowl, 200, {5: torch.tensor([torch.nan, 1.0])})
    assert (once.restarts.tolist(), once.failed.tolist()) == ([1, 0], [False, False])
    assert once.best_loss.max() < 1e-3
    twice = Adam(start, learning_rate=0.1)
    minimise(twice, bowl, 200, {5: torch.tensor([torch.inf, 1.0]), 9: torch.tensor([torch.inf, 1.0])})
    assert twice.failed.tolist() == [True, False]
    assert twice.best.isfinite().all()
    assert twice.best_loss[1] == pytest.approx(0, abs=1e-3)
