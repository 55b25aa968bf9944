"""How a result was made, for its row and for its file: everything needed to make it again."""

import json
import platform
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from db.records import Image
from stylizer.frames import Spacing
from stylizer.ingredients import PLAIN, Ingredients
from stylizer.precision import Precision
from stylizer.recipes import Recipe


@dataclass(frozen=True)
class Setting:
    """What all pairs of a batch share."""

    recipe: Recipe
    recipe_hash: str
    seed: int
    weights_sha256: str
    device: str         # in words
    time_budget_s: float | None = None      # for each pair
    ingredients: Ingredients = PLAIN
    frames: Spacing | None = None           # pictures that are kept on the way; no part of the identity
    precision: Precision = Precision.FP32   # nor is this, like the device


def provenance(setting: Setting, content: Image, style: Image) -> dict[str, Any]:
    """The two images by hash, the recipe in full, seed, weights, device and versions; plain JSON values."""
    return {
        "content_sha256": content.sha256,
        "style_sha256": style.sha256,
        "recipe": json.loads(setting.recipe.canonical_json()),
        "recipe_hash": setting.recipe_hash,
        "seed": setting.seed,
        "weights": {"network": setting.recipe.network.upper(), "sha256": setting.weights_sha256},
        "device": setting.device,
        "precision": setting.precision,
        "time_budget_s": setting.time_budget_s,
        "besides": setting.ingredients.identity(),
        "mix": setting.ingredients.in_words(),
        "versions": {
            "stylegram": metadata.version("stylegram"),
            "python": platform.python_version(),
            "torch": metadata.version("torch"),
            "torchvision": metadata.version("torchvision"),
            "pillow": metadata.version("pillow"),
        },
    }
