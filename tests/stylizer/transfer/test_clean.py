"""What the first step of a clean recipe leaves alone, beside that of one that is not."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.optim.lbfgs import LBFGS
from stylizer.recipe.presets import GATYS
from stylizer.transfer.optimization import _optimizer

GREY = torch.full((1, 3, 40, 48), 128.0)


def first_step(gradient: Tensor, *, clean: bool, is_upsampled: bool) -> Tensor:
    optimizer = _optimizer(replace(GATYS, clean=clean), GREY, 5, is_upsampled=is_upsampled)
    assert isinstance(optimizer, LBFGS)
    optimizer.tell(torch.ones(1), gradient.flatten(1))
    return optimizer.trial.view_as(GREY) - GREY


@pytest.mark.parametrize("is_upsampled", [True, False])
def test_lines_along_columns_move_less_than_what_is_aslant(is_upsampled: bool) -> None:
    across, down = torch.arange(48), torch.arange(40)[:, None]
    lines, aslant = ((-1.0) ** wave.expand(40, 48) for wave in (across, across + down))

    def share(*, clean: bool) -> float:
        step = first_step((lines + aslant).expand_as(GREY), clean=clean, is_upsampled=is_upsampled)
        return ((step * lines).mean() / (step * aslant).mean()).item()

    assert 0 < share(clean=True) < 0.3 * share(clean=False)


@pytest.mark.parametrize(("clean", "is_upsampled", "least", "most"), [
    (True, True, 0.0, 0.5), (True, False, 0.8, 1.3), (False, True, 0.8, 1.3),
])
def test_the_border_of_an_enlarged_picture_moves_less(
    clean: bool, is_upsampled: bool, least: float, most: float, generator: torch.Generator,
) -> None:
    noise = torch.randn(1, 3, 40, 48, generator=generator)
    step = first_step(noise, clean=clean, is_upsampled=is_upsampled).abs()
    assert least < step[..., :2, :].mean() / step[..., 10:-10, 10:-10].mean() < most
