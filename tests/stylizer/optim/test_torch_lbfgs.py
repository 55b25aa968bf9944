import torch
from torch import Tensor

from stylizer.optim.torch_lbfgs import TorchLBFGS
from tests.stylizer.minimising import minimise, rosenbrock


def test_each_problem_takes_the_steps_of_the_library_alone() -> None:
    start = torch.tensor([[-1.2, 1.0, 0.5], [0.3, 0.1, -0.4]], dtype=torch.float64)
    ours = torch.stack(minimise(TorchLBFGS(start, history=4), rosenbrock, 25))
    for i, row in enumerate(start):
        x = row.clone().requires_grad_()
        reference = torch.optim.LBFGS([x], lr=1, max_iter=25, max_eval=100, history_size=4,
                                      tolerance_grad=0, tolerance_change=0)
        seen: list[Tensor] = []

        def closure(x: Tensor = x, seen: list[Tensor] = seen, reference: torch.optim.LBFGS = reference) -> Tensor:
            seen.append(x.detach().clone())
            reference.zero_grad()
            loss = rosenbrock(x[None]).sum()
            loss.backward()
            return loss

        reference.step(closure)
        torch.testing.assert_close(ours[:, i], torch.stack(seen), rtol=1e-9, atol=1e-9)


def test_the_best_is_the_lowest_seen_within_the_bounds() -> None:
    start = torch.tensor([[-1.0, 0.5], [0.2, 0.1]], dtype=torch.float64)
    optimizer = TorchLBFGS(start, history=5, bounds=(-2.0, 0.5))
    minimise(optimizer, rosenbrock, 300)
    assert optimizer.best.max() <= 0.5
    # The lowest point of the valley within the bounds is (0.5, 0.25); the penalty lets it sit a little outside.
    torch.testing.assert_close(optimizer.best, torch.tensor([[0.5, 0.25]] * 2).double(), atol=0.01, rtol=0)


def test_a_loss_that_is_no_number_restarts_that_problem_alone_and_the_second_one_ends_it() -> None:
    start = torch.tensor([[-1.2, 1.0], [0.3, 0.1]])
    broken = {step: torch.tensor([torch.nan, 1.0]) for step in (6, 9)}
    optimizer = TorchLBFGS(start, history=5)
    minimise(optimizer, rosenbrock, 12, broken)
    alone = TorchLBFGS(start[1:], history=5)
    minimise(alone, rosenbrock, 12)
    assert optimizer.restarts.tolist() == [2, 0]
    assert optimizer.failed.tolist() == [True, False]
    torch.testing.assert_close(optimizer.best[1:], alone.best)
    torch.testing.assert_close(rosenbrock(optimizer.best), optimizer.best_loss)
