from itertools import accumulate

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from stylizer.optim import lbfgs
from stylizer.optim.lbfgs import LBFGS
from stylizer.optim.preconditioner import InverseFrequency
from tests.stylizer.minimising import Function, minimise, rosenbrock


def quadratic(n: int, generator: torch.Generator, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Function]:
    """A convex quadratic of condition about 1e3 and its Hessian."""
    basis, _ = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64))
    hessian = (basis * torch.logspace(-1, 2, n, dtype=torch.float64) @ basis.T).to(dtype)
    return hessian, lambda x: 0.5 * ((x @ hessian) * x).sum(1) - x.sum(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_quadratic_is_solved(dtype: torch.dtype, generator: torch.Generator) -> None:
    hessian, function = quadratic(40, generator, dtype)
    optimizer = LBFGS(torch.full((1, 40), 3.0, dtype=dtype), history=50)
    minimise(optimizer, function, 200)
    solution = torch.linalg.solve(hessian, torch.ones(40, dtype=dtype))
    torch.testing.assert_close(optimizer.best[0], solution, rtol=0, atol=2e-3 if dtype == torch.float32 else 1e-6)


def test_unbounded_it_takes_the_steps_of_torch(generator: torch.Generator) -> None:
    _, function = quadratic(12, generator)
    start = torch.rand(1, 12, generator=generator, dtype=torch.float64)
    x = start.clone().requires_grad_()
    reference = torch.optim.LBFGS(
        [x], lr=1, max_iter=25, max_eval=25, history_size=5, tolerance_grad=0, tolerance_change=0)
    theirs = []

    def closure() -> Tensor:
        reference.zero_grad()
        theirs.append(x.detach().clone())
        loss = function(x).sum()
        loss.backward()
        return loss

    reference.step(closure)
    ours = minimise(LBFGS(start, history=5), function, 25)
    for mine, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, their, rtol=1e-6, atol=1e-8)


def test_each_problem_of_a_batch_takes_the_course_it_takes_alone(generator: torch.Generator) -> None:
    start = torch.randn(4, 10, generator=generator, dtype=torch.float64)
    together = minimise(LBFGS(start, history=6, bounds=(-1.5, 1.5)), rosenbrock, 40)
    for i in range(4):
        alone = minimise(LBFGS(start[i:i + 1], history=6, bounds=(-1.5, 1.5)), rosenbrock, 40)
        for batched, single in zip(together, alone, strict=True):
            torch.testing.assert_close(batched[i:i + 1], single, rtol=1e-7, atol=1e-7)


def test_bounds_hold_at_every_point_and_the_solution_satisfies_the_optimality_conditions(
    generator: torch.Generator,
) -> None:
    start = torch.rand(3, 20, generator=generator, dtype=torch.float64) - 0.5
    optimizer = LBFGS(start, history=10, bounds=(-5.0, 0.5))
    for point in minimise(optimizer, rosenbrock, 250):
        assert point.min() >= -5.0
        assert point.max() <= 0.5
    x = optimizer.best.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(rosenbrock(x).sum(), x)
    free = (x > -5.0) & (x < 0.5)
    assert gradient[free].abs().max() < 1e-3
    assert (gradient[x >= 0.5] <= 1e-9).all()
    assert (x >= 0.5).any()


def test_with_bounds_the_accepted_losses_never_rise(generator: torch.Generator) -> None:
    start = 0.9 + 0.2 * torch.rand(2, 8, generator=generator, dtype=torch.float64)
    optimizer = LBFGS(start, history=5, bounds=(-9.0, 9.0))
    last = torch.full((2,), torch.inf, dtype=torch.float64)
    for _ in range(60):
        minimise(optimizer, rosenbrock, 1)
        assert (optimizer.best_loss <= last).all()
        last = optimizer.best_loss
    assert (last < 1e-6).all()


def test_a_preconditioner_that_is_the_inverse_hessian_needs_a_handful_of_steps(generator: torch.Generator) -> None:
    hessian, function = quadratic(30, generator)
    inverse = torch.linalg.inv(hessian)
    optimizer = LBFGS(
        torch.zeros(1, 30, dtype=torch.float64), history=5, precondition=lambda vectors: vectors @ inverse)
    minimise(optimizer, function, 5)
    solution = torch.linalg.solve(hessian, torch.ones(30, dtype=torch.float64))
    torch.testing.assert_close(optimizer.best[0], solution, rtol=0, atol=1e-6)


@pytest.mark.parametrize("bounds", [None, (-99.0, 99.0)])
def test_a_loss_that_is_no_number_restarts_from_the_best_point(
    bounds: tuple[float, float] | None, generator: torch.Generator,
) -> None:
    hessian, function = quadratic(6, generator)
    calls = 0

    def once_broken(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        loss = function(x)
        return loss * torch.tensor([1.0, torch.nan]) if calls == 5 else loss

    start = torch.full((2, 6), 0.5, dtype=torch.float64)
    optimizer = LBFGS(start, history=10, bounds=bounds)
    minimise(optimizer, once_broken, 120)
    assert optimizer.restarts.tolist() == [0, 1]
    assert optimizer.failed.tolist() == [False, False]
    solution = torch.linalg.solve(hessian, torch.ones(6, dtype=torch.float64))
    torch.testing.assert_close(optimizer.best, solution.expand(2, 6), rtol=0, atol=1e-5)


def test_a_second_one_fails_that_problem_alone() -> None:
    calls = 0

    def twice_broken(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        loss = rosenbrock(x)
        return loss * torch.tensor([torch.inf, 1.0]) if calls in (10, 20) else loss

    optimizer = LBFGS(torch.full((2, 6), 0.5, dtype=torch.float64), history=5, bounds=(-9.0, 9.0))
    minimise(optimizer, twice_broken, 80)
    assert optimizer.failed.tolist() == [True, False]
    assert optimizer.best.isfinite().all()
    assert optimizer.best_loss[1] < 1e-6


def test_a_problem_that_never_has_a_loss_fails() -> None:
    optimizer = LBFGS(torch.ones(1, 3), history=2, bounds=(0.0, 2.0))
    for _ in range(3):
        optimizer.tell(torch.tensor([torch.nan]), torch.ones(1, 3))
    assert optimizer.failed.tolist() == [True]
    assert optimizer.trial.isfinite().all()


def test_a_memory_whose_steps_lead_nowhere_is_emptied() -> None:
    optimizer = LBFGS(torch.full((1, 6), 0.5, dtype=torch.float64), history=5, bounds=(-9.0, 9.0))
    minimise(optimizer, rosenbrock, 8)
    minimise(optimizer, lambda x: rosenbrock(x) + 1e9, 11)
    first_move = (optimizer.trial - optimizer.best).square().mean().sqrt()
    assert first_move.item() == pytest.approx(4.0)      # as with no memory
    minimise(optimizer, rosenbrock, 80)
    assert optimizer.restarts.tolist() == [0]
    assert optimizer.best_loss < 1e-6


def test_a_point_of_no_slope_stays_where_it_is() -> None:
    optimizer = LBFGS(torch.ones(1, 3), history=2, bounds=(0.0, 2.0))
    for _ in range(5):
        optimizer.tell(torch.zeros(1), torch.zeros(1, 3))
    assert optimizer.best.tolist() == [[1.0, 1.0, 1.0]]
    assert not optimizer.failed.any()


# Without a memory the first step is 4 levels long as root mean square: here (-4, -4) over a slope of (1, 1).
SLOPE = torch.ones(1, 2, dtype=torch.float64)
PROMISED = 8.0


def after_one_step(loss: float, gradient: Tensor) -> LBFGS:
    """An optimiser that was at (0, 0), with a loss of 100 and that slope, and has found this at (-4, -4)."""
    optimizer = LBFGS(torch.zeros(1, 2, dtype=torch.float64), history=3, bounds=(-99.0, 99.0))
    optimizer.tell(torch.tensor([100.0], dtype=torch.float64), SLOPE)
    assert optimizer.trial.tolist() == [[-4.0, -4.0]]
    optimizer.tell(torch.tensor([loss], dtype=torch.float64), gradient)
    return optimizer


@pytest.mark.parametrize("change", [
    [1.0, 1.0],             # steeper downhill: curved the wrong way
    [0.0, 0.0],             # as steep as before
    [-1e-9, 1e-9],          # bent across the step only
    [-1.0 - 1e-9, 1.0],     # along it by less than a hundred-millionth of both lengths
], ids=str)
def test_a_step_that_met_no_curvature_is_not_remembered(change: list[float]) -> None:
    gradient = SLOPE + torch.tensor(change, dtype=torch.float64)
    optimizer = after_one_step(90.0, gradient)
    following = optimizer.trial - optimizer.best
    first_move = -4.0 * gradient / gradient.square().mean().sqrt()      # as with no memory: straight down, as long
    torch.testing.assert_close(following, first_move)


def test_a_step_that_met_curvature_is_remembered() -> None:
    optimizer = after_one_step(90.0, SLOPE / 4)
    # Three quarters of the slope went in a step of 4, so Newton's step goes a third as far again.
    torch.testing.assert_close(optimizer.trial, optimizer.best - 4 / 3)


@pytest.mark.parametrize(("share", "taken"), [(0.9e-4, False), (1.1e-4, True)])
def test_a_step_must_bring_a_ten_thousandth_of_what_its_slope_promised(share: float, taken: bool) -> None:
    loss = 100.0 - share * PROMISED
    optimizer = after_one_step(loss, SLOPE / 2)
    if taken:
        assert optimizer.best.tolist() == [[-4.0, -4.0]]
        assert optimizer.best_loss.item() == loss
    else:
        assert optimizer.best.tolist() == [[0.0, 0.0]]
        assert optimizer.best_loss.item() == 100.0
        assert optimizer.trial.tolist() == [[-2.0, -2.0]]       # half as far


@pytest.mark.parametrize("bounds", [None, (-99.0, 99.0)])
def test_when_the_function_changes_no_point_is_evaluated_twice_and_the_best_is_of_the_new_one(
    bounds: tuple[float, float] | None, generator: torch.Generator
) -> None:
    hessian, before = quadratic(12, generator)

    def after(x: Tensor) -> Tensor:
        return before(x) + 5 + 0.1 * (x - 2).square().sum(1)

    optimizer = LBFGS(torch.zeros(1, 12, dtype=torch.float64), history=8, bounds=bounds)
    points = minimise(optimizer, before, 20)
    low = optimizer.best_loss.item()
    optimizer.reassess()
    points += minimise(optimizer, after, 1)
    assert optimizer.best_loss.item() == after(optimizer.best).item() > low
    assert optimizer.best.equal(points[-1])
    points += minimise(optimizer, after, 120)
    assert len({tuple(point.flatten().tolist()) for point in points}) == len(points)
    least = torch.linalg.solve(hessian + 0.2 * torch.eye(12), torch.full((12,), 1.4, dtype=torch.float64))
    torch.testing.assert_close(optimizer.best[0], least, rtol=0, atol=1e-5)


def test_products_with_the_memory_in_parts_are_the_products() -> None:
    generator = torch.Generator().manual_seed(3)
    for length in (7, 64, 1000):    # shorter than a part, even, and with a rest
        memory, vectors = (torch.randn(shape, generator=generator, dtype=torch.float64)
                           for shape in ((3, 5, length), (3, length)))
        wanted = torch.einsum("bmn,bn->bm", memory, vectors)
        torch.testing.assert_close(lbfgs.products_in_parts(memory, vectors), wanted)


@pytest.mark.parametrize(("start", "gradient", "expected"), [
    ([0.0, 50.0], [1.0, 1.0], [0.0, 50 - 32**0.5]),         # held below: the other has the whole first step
    ([99.0, 50.0], [-1.0, 1.0], [99.0, 50 - 32**0.5]),      # held above
    ([0.0, 50.0], [-1.0, 1.0], [4.0, 46.0]),                # at a bound, and drawn away from it
    ([99.0, 50.0], [1.0, 1.0], [95.0, 46.0]),
])
def test_what_its_gradient_holds_at_a_bound_takes_no_part_in_the_step(
    start: list[float], gradient: list[float], expected: list[float],
) -> None:
    optimizer = LBFGS(torch.tensor([start], dtype=torch.float64), history=3, bounds=(0.0, 99.0))
    optimizer.tell(torch.tensor([1.0], dtype=torch.float64), torch.tensor([gradient], dtype=torch.float64))
    torch.testing.assert_close(optimizer.trial, torch.tensor([expected], dtype=torch.float64))


@pytest.mark.parametrize(("times", "restarts"), [(9.9, 0), (10.1, 1)])
def test_without_bounds_ten_times_the_loss_of_the_start_sends_it_back(times: float, restarts: int) -> None:
    optimizer = LBFGS(torch.zeros(1, 2, dtype=torch.float64), history=3)
    for loss in (100.0, times * 100.0):
        optimizer.tell(torch.tensor([loss], dtype=torch.float64), SLOPE)
    assert optimizer.restarts.tolist() == [restarts]


def test_what_was_found_stays_when_the_memory_goes() -> None:
    optimizer = LBFGS(torch.zeros(2, 30), history=5)
    minimise(optimizer, rosenbrock, 8)
    best, loss = optimizer.best.clone(), optimizer.best_loss.clone()
    optimizer.release()
    assert torch.equal(optimizer.best, best)
    assert torch.equal(optimizer.best_loss, loss)
    assert not any(value.numel() > best.numel() for value in optimizer.state().values())


def test_a_step_takes_five_pictures_beside_its_gradient_and_what_is_kept(generator: torch.Generator) -> None:
    picture = 255 * torch.rand(1, 3, 96, 128, generator=generator)
    filter_ = InverseFrequency(picture, lattices=0.1, border=0.3)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        optimizer = LBFGS(picture.flatten(1), history=3, bounds=(0.0, 255.0), precondition=filter_)
        for _ in range(4):
            gradient = 2 * (optimizer.trial - 100)
            optimizer.tell(gradient.square().sum(1) / 4, gradient)
        del gradient
    events = [event for event in profiled.profiler.kineto_results.events() if event.name() == "[memory]"]
    in_hand = list(accumulate(event.nbytes() for event in events))
    assert max(in_hand) - in_hand[-1] < 6.2 * picture.nbytes
    of_the_memory = 2 * 3
    assert in_hand[-1] < (3.2 + of_the_memory) * picture.nbytes     # where it stands, its gradient, and where to go


def test_of_the_last_two_evaluations_nothing_need_be_remembered(generator: torch.Generator) -> None:
    _, function = quadratic(40, generator)
    start = torch.rand(1, 40, generator=generator, dtype=torch.float64)
    longer, shorter, too_short = (
        minimise(LBFGS(start, history=history), function, 8) for history in (8, 6, 5))
    for mine, their in zip(shorter, longer, strict=True):
        torch.testing.assert_close(mine, their, rtol=1e-9, atol=1e-9)
    assert (too_short[-1] - longer[-1]).abs().max() > 1e-6
