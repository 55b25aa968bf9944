"""An optimiser driven over a function that is not a network, and every point that it asked for."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from stylizer.separately import Optimiser

Function = Callable[[Tensor], Tensor]      # [B, n] -> [B]
WHOLE: Mapping[int, Tensor] = {}


def rosenbrock(x: Tensor) -> Tensor:
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1)


def minimise(
    optimizer: Optimiser, function: Function, evaluations: int, broken: Mapping[int, Tensor] = WHOLE
) -> list[Tensor]:
    """Every point that was asked for; `broken` multiplies the losses of the evaluations it names."""
    points = []
    for i in range(evaluations):
        x = optimizer.trial.clone().requires_grad_()
        loss = function(x)
        (gradient,) = torch.autograd.grad(loss.sum(), x)
        optimizer.tell(loss.detach() * broken.get(i, torch.ones(1)), gradient)
        points.append(x.detach())
    return points
