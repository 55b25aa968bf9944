"""What a program may ask of a picture, by keyword: written once for all of the door's functions, with its types.

Invariant: every field of `Recipe` can be asked for, as in a recipe's TOML file, and nothing that is not listed here.
"""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TypedDict

from stylizer.engines.protocol import Stepped
from stylizer.recipe.model import Layers, Recipe

OnStep = Callable[[Stepped], None]
LayerWeights = Mapping[str, float] | Layers


class RecipeFields(TypedDict, total=False):
    """Fields of `Recipe` that take the place of the recipe's own; words as on the command line, such as "lbfgs"."""

    name: str
    content_layers: LayerWeights
    style_layers: LayerWeights
    content_weight: float
    style_weight: float
    tv_weight: float
    content_formula: str
    style_formula: str
    tv_formula: str
    network: str
    flavour: str
    pooling: str
    init: str
    optimizer: str
    history: int
    learning_rate: float
    averaging: float
    steps: int
    scales: Sequence[float]
    last_share: float
    tapers: bool
    tolerance: float
    measure: str
    height: int
    upscale: bool
    style_scale: float
    style_trim: float
    style_shape: str
    colour: str
    format: str
    file_quality: int
    bounded: bool
    edge: str
    self_similarity: float
    strength: float | None
    strength_scale: int
    recolour: str
    underpaint: bool
    detail: float
    clean: bool
    source: str


class Options(RecipeFields, total=False):
    """The recipe and its size, and what belongs to one run of it. See `stylize`, and docs/python.md."""

    recipe: str | Recipe            # a name, a file that ends in .toml, or one of the program's own; "balanced"
    size: int | str | None          # as behind `--size`; None is the recipe's
    quality: str | None             # draft, standard or fine
    seed: int                       # 0
    time_budget_s: float | None     # None is as long as it takes
    keep: str | PathLike[str] | None    # a mask over the content, as behind `--keep`; None keeps no part more
    on_step: OnStep | None          # hears of every evaluation
