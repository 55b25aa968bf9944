"""The network as a recipe wants it: its layers, pooling and unit, and whether it sees colours."""

from torch import Tensor

from stylizer.compute.precision import Precision
from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.network.vgg import Network, Weights
from stylizer.pictures.luma import grey
from stylizer.recipe.model import Colour, Recipe


class GreyNetwork(Network):
    """Sees light and dark alone, so that the losses of a recipe which keeps the content's chroma are those of luma."""

    def features(self, pixels: Tensor, upto: str | None = None) -> dict[str, Tensor]:
        """Those of `pixels` in grey; the gradient moves luma and nothing else."""
        return super().features(grey(pixels), upto)


def network_for(
    recipe: Recipe, weights: Weights, device: str = "cpu", tiling: Tiling = WHOLE, precision: Precision = Precision.FP32
) -> Network:
    """The network that computes this recipe's losses. Raises BadRecipe when it has no such layer."""
    kind = GreyNetwork if recipe.colour is Colour.LUMINANCE else Network
    return kind(weights, recipe.layers, recipe.pooling, device, recipe.flavour, tiling, precision, edge=recipe.edge)
