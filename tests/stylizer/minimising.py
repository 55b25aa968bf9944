"""Small things to minimise: a recipe without the deeper layers, and an optimiser driven over a function that is not a
network, with every point that it asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from stylizer.optim.per_pair import Minimizer
from stylizer.recipe.presets import GATYS

# For what does not hang on the deeper layers: an evaluation takes a third of the time.
SHALLOW = replace(GATYS, content_layers=(("relu3_1", 1.0),), style_layers=GATYS.style_layers[:3])

Function = Callable[[Tensor], Tensor]      # [B, n] -> [B]
WHOLE: Mapping[int, Tensor] = {}


def rosenbrock(x: Tensor) -> Tensor:
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1)


def minimise(
    optimizer: Minimizer, function: Function, evaluations: int, broken: Mapping[int, Tensor] = WHOLE
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
