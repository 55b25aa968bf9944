"""Recipes: everything that shapes a picture besides its two images, the seed and the weights.

A recipe is data. Two equal recipes give the same picture, and the hash of a recipe is the same on every
machine: it is taken over canonical JSON, and no field's meaning depends on the code around it.
"""

import dataclasses
import difflib
import hashlib
import json
import math
from dataclasses import dataclass
from enum import StrEnum

from stylizer.errors import BadRecipe, UnknownRecipe


class ContentFormula(StrEnum):
    """How features F of the picture and P of the content become a content loss."""

    MEAN_SQUARE = "mean_square"         # mean of (F - P)^2


class StyleFormula(StrEnum):
    """How Gram matrices G of the picture and A of the style, of M and M_s positions, become a style loss."""

    MEAN_SQUARE = "mean_square"         # mean of (G/M - A/M_s)^2


class Pooling(StrEnum):
    """What stands between two blocks of the network; both halve the sides."""

    MAX = "max"
    AVERAGE = "avg"


class Init(StrEnum):
    """Where the optimisation starts."""

    CONTENT = "content"
    RANDOM = "random"                   # uniform over the range of pixels, from the pair's own generator


class Optimizer(StrEnum):
    """What moves the pixels."""

    LBFGS = "lbfgs"


@dataclass(frozen=True)
class Recipe:
    """One way to make a picture. Layer names are `conv4_2` (before the ReLU) or `relu4_2` (after it).

    The loss is the sum of weight x content term over `content_layers` plus the sum of weight x style term
    over `style_layers`, on pixels in 0..255. `source` is text for people and no part of the identity.
    """

    name: str
    content_layers: tuple[tuple[str, float], ...]
    style_layers: tuple[tuple[str, float], ...]
    content_formula: ContentFormula = ContentFormula.MEAN_SQUARE
    style_formula: StyleFormula = StyleFormula.MEAN_SQUARE
    pooling: Pooling = Pooling.MAX
    init: Init = Init.CONTENT
    optimizer: Optimizer = Optimizer.LBFGS
    history: int = 100                  # pairs of vectors that L-BFGS remembers
    steps: int = 300                    # evaluations of the loss and its gradient
    size: int = 512                     # longest side of content and style in pixels; never scaled up
    bounded: bool = True                # pixels stay within 0..255 while optimising
    source: str = ""

    def __post_init__(self) -> None:
        """Raises BadRecipe: a transfer that has begun never fails for a value that was known before."""
        for field, low in (("steps", 1), ("size", 16), ("history", 1)):
            if getattr(self, field) < low:
                raise BadRecipe(f"recipe {self.name}: {field} must be at least {low}, not {getattr(self, field)}")
        weights = [weight for _, weight in self.content_layers + self.style_layers]
        if not weights or not all(math.isfinite(weight) and weight >= 0 for weight in weights):
            raise BadRecipe(f"recipe {self.name}: needs a layer, and layer weights that are finite and not negative")

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer whose features the losses read, without repeats."""
        return tuple(dict.fromkeys(name for name, _ in self.content_layers + self.style_layers))

    def canonical_json(self) -> str:
        """All that shapes the picture, as JSON with sorted keys and no spaces."""
        fields = dataclasses.asdict(self)
        del fields["source"]
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


GATYS = Recipe(
    name="gatys",
    content_layers=(("relu4_2", 1.0),),
    style_layers=tuple(
        (layer, 1e3 / channels**2)
        for layer, channels in (
            ("relu1_1", 64), ("relu2_1", 128), ("relu3_1", 256), ("relu4_1", 512), ("relu5_1", 512),
        )
    ),
    source=(
        "L. Gatys' own PyTorch code (leongatys/PytorchNeuralStyleTransfer): L-BFGS from the content picture, "
        "history 100, max pooling. That code runs 500 evaluations; here 300, because within the range of "
        "pixels they already reach a lower loss of the saved picture."
    ),
)

RECIPES = {recipe.name: recipe for recipe in (GATYS,)}


def find(name: str) -> Recipe:
    """The recipe of this name. Raises UnknownRecipe, with the nearest name if one is near."""
    if name in RECIPES:
        return RECIPES[name]
    near = difflib.get_close_matches(name.lower(), RECIPES, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there is {', '.join(RECIPES)}"
    raise UnknownRecipe(f"no recipe named {name!r}: {hint}")


def recipe_hash(recipe: Recipe, *, seed: int, weights_sha256: str) -> str:
    """SHA-256 (hex) over the recipe with its overrides, size and steps included, the seed and the weights."""
    text = f'{{"recipe":{recipe.canonical_json()},"seed":{seed:d},"weights":"{weights_sha256}"}}'
    return hashlib.sha256(text.encode()).hexdigest()
