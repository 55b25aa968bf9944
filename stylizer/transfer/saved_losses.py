"""From the optimised picture to its file, and the losses of what that file holds.

Invariant: the losses of an outcome that leaves here are those of the file's colours as they are read back, by the
same objective. Of an exact 8-bit file they are known already.
"""

from dataclasses import replace

from torch import Tensor

from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair
from stylizer.network.vgg import Network
from stylizer.pictures import load
from stylizer.pictures.encode import encode, read_back
from stylizer.recipe.model import Recipe
from stylizer.transfer.transfer import Outcome


def losses_of_saved_file(
    network: Network, recipe: Recipe, pair: Pair, outcome: Outcome, opacity: Tensor | None
) -> Outcome:
    """The outcome with the pixels and losses of its file: after a lossy format, with 16 bits, or on white."""
    data = encode(outcome.picture, recipe.format, quality=recipe.file_quality, opacity=opacity)
    colours = read_back(data)
    if colours.equal(outcome.pixels.float()):
        return outcome
    balance = None if outcome.balance is None else colours.new_tensor([outcome.balance])
    terms = Objective(network, recipe, [pair], balance).terms(colours[None].to(network.device))
    return replace(
        outcome,
        pixels=load.to_bytes(colours),
        content_loss=terms.content.item(),
        style_loss=terms.style.item(),
        tv_loss=terms.tv.item(),
        total_loss=terms.total.item(),
    )
