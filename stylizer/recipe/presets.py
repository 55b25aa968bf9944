"""The named recipes: our own, and published systems' own losses, weights and starts, and where they are from.

Layers called conv in a source are taken before the ReLU. Steps and rates that a source gives for other units
of pixels are given here for 0..255. Within the range of pixels, and with the loss of the saved picture in
view, our optimiser needs fewer evaluations than the published programs; `--steps` says how many.
"""

import difflib

from stylizer.errors import UnknownRecipe
from stylizer.recipe.model import (
    NEWEST_STRENGTH_SCALE,
    Architecture,
    ContentFormula,
    Edge,
    Flavour,
    Init,
    Layers,
    Optimizer,
    Pooling,
    Recipe,
    Recolouring,
    StyleFormula,
    StyleShape,
    VariationFormula,
    recipe_hash,
)
from stylizer.recipe.strength import DEFAULT as DEFAULT_STRENGTH

__all__ = [
    "BALANCED", "GATYS", "RECIPES", "Architecture", "ContentFormula", "Edge", "Flavour", "Init", "Layers", "Optimizer",
    "Pooling", "Recipe", "StyleFormula", "StyleShape", "VariationFormula", "find", "recipe_hash",
]

_ALL_DETAIL = 1e9               # levels: of what a pixel can differ by nothing is held back
_STANDARD_DEVIATION = 57.6      # of ImageNet, in 0..255: what sources with normalised pixels count in


def _first_of_blocks(kind: str, weights: tuple[float, ...]) -> Layers:
    return tuple((f"{kind}{block}_1", weight) for block, weight in enumerate(weights, start=1))


BALANCED = Recipe(
    name="balanced",
    content_layers=(("relu3_2", 1.0),),
    style_layers=_first_of_blocks("relu", (0.25,) * 4),
    style_formula=StyleFormula.NORMALISED_MOMENTS,
    # Without the strength: what the two weigh in it in the middle of many pairs.
    content_weight=1e-6,
    self_similarity=0.9,
    style_trim=0.03,
    strength=DEFAULT_STRENGTH,
    strength_scale=NEWEST_STRENGTH_SCALE,
    recolour=Recolouring.LINEAR,
    underpaint=True,
    detail=_ALL_DETAIL,
    clean=True,
    tapers=True,
    edge=Edge.PLAIN,
    source=(
        "this program's own: the same strength in every pair. Means and covariances by their bounds (Cheng et al., "
        "CVPR 2021, with Gram matrices), a photograph in the painting's colours first, both terms divided by what they "
        "are for the pair's own images, and corrected on the way."
    ),
)

GATYS = Recipe(
    name="gatys",
    content_layers=(("relu4_2", 1.0),),
    style_layers=_first_of_blocks("relu", tuple(1 / channels**2 for channels in (64, 128, 256, 512, 512))),
    style_weight=1e3,
    edge=Edge.PLAIN,
    source=(
        "L. Gatys' own PyTorch code (leongatys/PytorchNeuralStyleTransfer): L-BFGS from the content picture, "
        "history 100, max pooling. That code runs 500 evaluations; here 300, because within the range of "
        "pixels they already reach a lower loss of the saved picture."
    ),
)

GATYS_PAPER = Recipe(
    name="gatys-paper",
    content_layers=(("conv4_2", 1.0),),
    style_layers=_first_of_blocks("conv", (0.2,) * 5),
    content_weight=1e-3,
    content_formula=ContentFormula.HALF_SUM_SQUARE,
    style_formula=StyleFormula.PAPER,
    pooling=Pooling.AVERAGE,
    init=Init.RANDOM,
    steps=500,
    edge=Edge.PLAIN,
    source=(
        "Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, CVPR 2016, "
        "eqs. 1 to 7, alpha/beta = 1e-3."
    ),
)

TUTORIAL = Recipe(
    name="tutorial",
    content_layers=(("conv2_2", 1.0),),
    style_layers=tuple((name, 1.0) for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")),
    style_weight=1e6,
    style_formula=StyleFormula.MEAN_SQUARE_PER_ELEMENT,
    flavour=Flavour.TORCHVISION,
    edge=Edge.PLAIN,
    source=(
        "The PyTorch tutorial (A. Jacq), as in Henri-Hoyez/Style_Transfer. The source takes 128 pixels on a CPU "
        "(--size 128) and squashes both pictures to squares; here they keep their shapes."
    ),
)

FIVE_LAYER = Recipe(
    name="five-layer",
    content_layers=_first_of_blocks("conv", (1.0,) * 5),
    style_layers=_first_of_blocks("conv", (0.2,) * 5),
    style_weight=1e5,
    content_formula=ContentFormula.HALF_SUM_SQUARE,
    style_formula=StyleFormula.PAPER,
    flavour=Flavour.TORCHVISION,
    optimizer=Optimizer.ADAM,
    learning_rate=0.007 * _STANDARD_DEVIATION,
    steps=2500,
    edge=Edge.PLAIN,
    source=(
        "lazyCodes7/StyleTransfer, by its README: content and style on the same five layers, alpha and beta of "
        "the user (content weight and style weight; the smaller alpha/beta, the more style); beta is chosen here so "
        "that both show at 256 pixels. Its code differs: "
        "layer weights 1, 0.8, 0.5, 0.3, 0.1 instead of 1/5 each. Adam at 0.007 and 2500 steps are the code's."
    ),
)

WEIGHTED = Recipe(
    name="weighted",
    content_layers=(("conv4_2", 1.0),),
    style_layers=_first_of_blocks("conv", (1.0, 0.8, 0.5, 0.3, 0.1)),
    style_weight=1e6,
    style_formula=StyleFormula.RAW,
    flavour=Flavour.TORCHVISION,
    optimizer=Optimizer.ADAM,
    learning_rate=0.003 * _STANDARD_DEVIATION,
    steps=2800,
    size=400,
    style_shape=StyleShape.CONTENT,
    edge=Edge.PLAIN,
    source=(
        "LaurentVeyssier/Style-transfer-with-Deep-Neural-Network, by its README: Gram matrices that nothing "
        "divides, so that style outweighs content by far. Its code differs: each layer's term is divided by "
        "C M as well. Adam at 0.003 and 2800 steps are the code's."
    ),
)

THREE_LOSS = Recipe(
    name="three-loss",
    content_layers=(("relu5_2", 1.0),),
    style_layers=_first_of_blocks("relu", (0.2,) * 5),
    content_weight=0.02,
    style_weight=4.5,
    tv_weight=0.995,
    content_formula=ContentFormula.SUM_SQUARE,
    style_formula=StyleFormula.PER_IMAGE,
    tv_formula=VariationFormula.SUM_POWER,
    init=Init.RANDOM,
    history=10,
    steps=200,
    edge=Edge.PLAIN,
    source=(
        "vibhorjain99/Style-Transfer: content, style and variation; alone from a random start, content is a "
        "reconstruction (--only content) and style a texture (--only style)."
    ),
)

VGG16 = Recipe(
    name="vgg16",
    content_layers=(("relu5_2", 1.0),),
    style_layers=_first_of_blocks("relu", (0.2,) * 5),
    content_weight=0.1,
    style_weight=100.0,
    tv_weight=1.0,
    content_formula=ContentFormula.HALF_SUM_SQUARE,
    style_formula=StyleFormula.PER_IMAGE,
    tv_formula=VariationFormula.SUM_POWER,
    network=Architecture.VGG16,
    init=Init.RANDOM,
    history=10,
    edge=Edge.PLAIN,
    source=(
        "vstark21/Neural_Style_Transfer, on VGG16: needs its weights (--weights torchvision or a file). The "
        "source starts from noise, the style or the content (--init) and runs up to 20 rounds of 300 "
        "evaluations, forgetting its memory after each; here one round that forgets nothing."
    ),
)

JOHNSON = Recipe(
    name="johnson",
    content_layers=(("relu4_2", 1.0),),
    style_layers=_first_of_blocks("relu", (1.0,) * 5),
    content_weight=5.0,
    style_weight=1e2,
    tv_weight=1e-3,
    style_formula=StyleFormula.MEAN_SQUARE_PER_ELEMENT,
    init=Init.RANDOM,
    steps=1000,
    edge=Edge.PLAIN,
    source=(
        "jcjohnson/neural-style (Lua Torch). Its variation exists only as a gradient; the term here is the one "
        "that has this gradient. Its random start is nearly grey, here it is uniform noise."
    ),
)

W2 = Recipe(
    name="w2",
    content_layers=(("relu4_2", 1.0),),
    style_layers=_first_of_blocks("relu", tuple(weight / 341 for weight in (256, 64, 16, 4, 1))),
    content_weight=0.015,
    tv_weight=2.0,
    style_formula=StyleFormula.WASSERSTEIN,
    tv_formula=VariationFormula.NINE_POINT,
    flavour=Flavour.TORCHVISION,
    optimizer=Optimizer.ADAM,
    learning_rate=0.02 * 255,
    averaging=0.99,
    steps=500,
    edge=Edge.PLAIN,
    source=(
        "crowsonkb/style-transfer-pytorch: Wasserstein-2 distance of the features' means and covariances, Adam, "
        "and the average of its iterates as the picture. The source works from 128 pixels up in steps of sqrt 2, "
        "repeats the picture's edge around it and lets Adam forget its squares faster (0.99)."
    ),
)

RECIPES = {
    recipe.name: recipe
    for recipe in (BALANCED, GATYS, GATYS_PAPER, TUTORIAL, FIVE_LAYER, WEIGHTED, THREE_LOSS, VGG16, JOHNSON, W2)
}


def find(name: str) -> Recipe:
    """The recipe of this name. Raises UnknownRecipe, with the nearest name if one is near."""
    if name in RECIPES:
        return RECIPES[name]
    near = difflib.get_close_matches(name.lower(), RECIPES, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(RECIPES)}"
    raise UnknownRecipe(f"no recipe named {name!r}: {hint}")
