"""How a result was made, for its row and for its file: everything needed to make it again."""

import json
import platform
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from typing import Any

from db.records import Image
from stylizer.compute.device import Processor
from stylizer.compute.precision import Precision
from stylizer.pictures.guidance import PLAIN, Guidance, Regions
from stylizer.recipe.presets import Recipe
from stylizer.recipe.snapshots import SnapshotSchedule


@dataclass(frozen=True)
class Setting:
    """What all pairs of a batch share."""

    recipe: Recipe
    recipe_hash: str
    seed: int
    weights_sha256: str
    device: str         # in words
    time_budget_s: float | None = None      # for each pair
    guidance: Guidance = PLAIN
    frames: SnapshotSchedule | None = None           # pictures that are kept on the way; no part of the identity
    precision: Precision = Precision.FP32   # nor is this, like the device
    processor: Processor | None = None


def provenance(setting: Setting, content: Image, style: Image) -> dict[str, Any]:
    """The two images by hash, the recipe in full, seed, weights, device and versions; plain JSON values.

    Names are there for people: an image is known by its hash.
    """
    return {
        "content_sha256": content.sha256,
        "style_sha256": style.sha256,
        "recipe": json.loads(setting.recipe.canonical_json()),
        "recipe_hash": setting.recipe_hash,
        "seed": setting.seed,
        "weights": {"network": setting.recipe.network.upper(), "sha256": setting.weights_sha256},
        "device": setting.device,
        "processor": asdict(setting.processor) if setting.processor else None,
        "precision": setting.precision,
        "time_budget_s": setting.time_budget_s,
        "besides": setting.guidance.identity(),
        "mix": setting.guidance.in_words(),
        "names": _names(setting.guidance, content, style),
        "versions": {
            "stylegram": version("stylegram"),
            "python": platform.python_version(),
            "torch": version("torch"),
            "torchvision": version("torchvision"),
            "pillow": version("pillow"),
        },
    }


def _names(guidance: Guidance, content: Image, style: Image) -> dict[str, str]:
    """What each image and file that went into it was called, by its hash.

    Of further styles those of the user's own disk alone: forgetting a profile removes the results of its images, but
    finds no name of theirs in the results of others.
    """
    found = {image.sha256: image.source for image in guidance.styles if image.profile is None}
    found |= {image.sha256: image.source for image in (content, style)}
    if isinstance(guidance.mix, Regions):
        masks = filter(None, (guidance.mix.mask, guidance.mix.style_mask))
        found |= {mask.sha256: mask.name for mask in masks}
    if guidance.start:
        found[guidance.start.sha256] = guidance.start.path.name
    return {sha256: name for sha256, name in found.items() if name}


@cache
def version(package: str) -> str:
    """Of an installed package. Finding one takes milliseconds, which every picture would pay."""
    return metadata.version(package)
