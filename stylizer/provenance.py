"""How a result was made, for its row and for its file: everything needed to make it again."""

import json
import platform
from dataclasses import asdict
from functools import cache
from importlib import metadata
from typing import Any

from db.records import Image
from stylizer.compute.device import Hardware
from stylizer.pictures.guidance import Guidance, Regions
from stylizer.run_config import RunConfig


def provenance(config: RunConfig, hardware: Hardware, content: Image, style: Image) -> dict[str, Any]:
    """The two images by hash, the recipe in full, seed, weights, device and versions; plain JSON values.

    Names are there for people: an image is known by its hash.
    """
    return {
        "content_sha256": content.sha256,
        "style_sha256": style.sha256,
        "recipe": json.loads(config.recipe.canonical_json()),
        "recipe_hash": config.recipe_hash,
        "seed": config.seed,
        "weights": {"network": config.recipe.network.upper(), "sha256": config.weights_sha256},
        "device": hardware.device,
        "processor": asdict(hardware.processor),
        "precision": config.precision,
        "time_budget_s": config.time_budget_s,
        "besides": config.guidance.identity(),
        "mix": config.guidance.in_words(),
        "names": _names(config.guidance, content, style),
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
    if guidance.keep:
        found[guidance.keep.sha256] = guidance.keep.name
    if guidance.start:
        found[guidance.start.sha256] = guidance.start.path.name
    return {sha256: name for sha256, name in found.items() if name}


@cache
def version(package: str) -> str:
    """Of an installed package. Finding one takes milliseconds, which every picture would pay."""
    return metadata.version(package)
