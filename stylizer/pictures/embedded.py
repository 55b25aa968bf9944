"""How a picture was made, read out of its own file: what `provenance` wrote there, in whichever format.

Invariant: a file is untrusted, whoever it says has made it. What leaves here are values that a transfer can run with,
within bounds, and that fit together: the recipe's hash is that of the rest. Anything else is one NoProvenance.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from db.errors import PictureRefused
from db.imaging import own_words
from db.imaging.pictures import identify
from stylizer.compute import tiling
from stylizer.compute.device import Processor
from stylizer.compute.precision import Precision
from stylizer.errors import NoProvenance, StylizerError
from stylizer.recipe.model import Recipe, recipe_hash
from stylizer.recipe.overrides import LONGEST_NAME, restore
from stylizer.recipe.size import MOST_SIDE_PX

# Above, no picture was ever made: what a file says beyond is a mistake or worse.
_MOST_SECONDS, _MOST_STYLES = 1e9, 64
# What `besides` may hold; a start of one's own and a mask of what is kept go with each.
_BESIDES = ({"blend"}, {"regions", "content_mask"}, {"regions", "content_mask", "style_mask"}, set[str]())
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


@dataclass(frozen=True)
class Named:
    """A file by its hash, and what it was called."""

    sha256: str
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.name} (sha256 {self.sha256[:12]})" if self.name else f"sha256 {self.sha256[:12]}"


@dataclass(frozen=True)
class Masked:
    """A mask, the style of each of its regions, dark to light, and the mask of a single style."""

    mask: Named
    styles: tuple[Named, ...]
    style_mask: Named | None


@dataclass(frozen=True)
class Made:
    """How a picture was made. `mix` holds styles with their weights, or regions."""

    content: Named
    style: Named
    recipe: Recipe
    recipe_hash: str
    seed: int
    weights_sha256: str
    time_budget_s: float | None
    precision: Precision | None
    tile: str | None                    # as `--tile` takes it; None where it does not say
    mix: tuple[tuple[Named, float], ...] | Masked | None
    start: Named | None
    keep: Named | None                  # the mask of what is kept
    machine: Mapping[str, str]          # what rounding depends on, in words


def read_made(path: Path) -> Made:
    """How the picture at `path` was made. Raises NoProvenance."""
    try:
        return _made(_details(path))
    except _Wrong as error:
        raise NoProvenance(f"{path.name} {error}") from error
    except StylizerError as error:      # a recipe of no sense; it says which
        raise NoProvenance(f"{path.name} says what cannot be: {error}") from error


class _Wrong(Exception):
    """What is wrong with a file, to be read after its name."""


def _details(path: Path) -> dict[str, Any]:
    """The JSON object in the file, of any content."""
    try:
        identify(path)      # whole, and within bounds
        text = own_words.read(path)
    except PictureRefused as error:
        raise _Wrong(f"is no picture that can be read: {error}") from error
    except Exception as error:  # decoders of untrusted bytes raise anything
        raise _Wrong("does not say how it was made, or is damaged") from error
    if not text:
        raise _Wrong("does not say how it was made: stylegram has not made it, or what it wrote was taken out")
    if len(text) > own_words.LONGEST:
        raise _Wrong("says more than stylegram ever wrote")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _Wrong("says how it was made in a form that is damaged") from error
    if not isinstance(found, dict):
        raise _Wrong("says how it was made in a form that is not stylegram's")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _made(details: dict[str, Any]) -> Made:
    names = details.get("names")
    named = _Reader(names if isinstance(names, dict) else {})
    weights, besides = _object(details, "weights"), _object(details, "besides", {})
    made = Made(
        content=named.file(details.get("content_sha256"), "content"),
        style=named.file(details.get("style_sha256"), "style"),
        recipe=_recipe(_object(details, "recipe")),
        recipe_hash=_hash(details.get("recipe_hash"), "recipe"),
        seed=_seed(details.get("seed")),
        weights_sha256=_hash(weights.get("sha256"), "weights"),
        time_budget_s=_budget(details.get("time_budget_s")),
        precision=_precision(details.get("precision")),
        tile=_tile(details.get("tiles")),
        mix=_mix(named, besides),
        start=named.file(besides["start"], "start") if "start" in besides else None,
        keep=named.file(besides["keep"], "mask of what is kept") if "keep" in besides else None,
        machine=_machine(details),
    )
    identity = recipe_hash(
        made.recipe, seed=made.seed, weights_sha256=made.weights_sha256, time_budget_s=made.time_budget_s,
        guidance=besides)
    if identity != made.recipe_hash:
        raise _Wrong("says things that do not fit together: it was changed, or made by a version that knew more")
    return made


@dataclass(frozen=True)
class _Reader:
    """Files by their hashes, with the names that the picture remembers."""

    names: Mapping[Any, Any]

    def file(self, sha256: object, what: str) -> Named:
        found = _hash(sha256, what)
        name = self.names.get(found)
        return Named(found, name[:LONGEST_NAME] if isinstance(name, str) and name else None)


def _object(details: Mapping[str, Any], name: str, otherwise: dict[str, Any] | None = None) -> dict[str, Any]:
    found = details.get(name) or otherwise
    if not isinstance(found, dict):
        raise _Wrong(f"does not say which {name} it was made with")
    return found


def _hash(value: object, what: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _Wrong(f"does not say the hash of its {what}")
    return value


def _seed(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise _Wrong("has no seed that can be")
    return value


def _recipe(stored: dict[str, Any]) -> Recipe:
    """Its numbers have the recipe's own bounds. Raises BadRecipe or _Wrong."""
    recipe = restore(stored)
    if not recipe.name.isprintable() or len(recipe.name) > LONGEST_NAME:
        raise _Wrong("has a recipe of no printable name")
    return recipe


def _budget(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= _MOST_SECONDS:
        raise _Wrong("has a time budget that cannot be")
    return value


def _precision(value: object) -> Precision | None:
    """None where it is none that is known: it is no part of the identity."""
    return Precision(value) if value in list(Precision) else None   # type: ignore[arg-type] # a text, see above


def _tile(value: object) -> str | None:
    if not isinstance(value, dict):
        return None     # of a version that did not say
    side_px, memory_bytes = value.get("side_px"), value.get("memory_bytes")
    if memory_bytes is not None:
        return tiling.AUTO
    if side_px is None:
        return tiling.OFF
    return str(side_px) if type(side_px) is int and tiling.LEAST_PX <= side_px <= MOST_SIDE_PX else None


def _mix(named: _Reader, besides: dict[str, Any]) -> tuple[tuple[Named, float], ...] | Masked | None:
    if besides.keys() - {"start", "keep"} not in _BESIDES:
        raise _Wrong("was made with more than this version knows of")
    if "blend" in besides:
        parts = _pairs(besides["blend"])
        if not all(type(weight) is float and 0 < weight < 1 for _, weight in parts) or not math.isclose(
                sum(weight for _, weight in parts), 1, rel_tol=1e-6):
            raise _Wrong("mixes styles by weights that cannot be")
        return tuple((named.file(sha256, "style"), weight) for sha256, weight in parts)
    if "regions" in besides:
        parts = _pairs(besides["regions"])
        if not all(isinstance(colour, str) and _COLOUR.fullmatch(colour) for colour, _ in parts):
            raise _Wrong("has a mask of colours that cannot be")
        style_mask = named.file(besides["style_mask"], "style mask") if "style_mask" in besides else None
        styles = tuple(named.file(sha256, "style") for _, sha256 in parts)
        return Masked(named.file(besides.get("content_mask"), "mask"), styles[:1] if style_mask else styles, style_mask)
    return None


def _pairs(value: object) -> list[Any]:
    pairs = value if isinstance(value, list) and 0 < len(value) <= _MOST_STYLES else []
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise _Wrong("mixes styles in a way that cannot be")
    return pairs


def _machine(details: Mapping[str, Any]) -> dict[str, str]:
    """Processor and version of torch, where it says them."""
    found: dict[str, str] = {}
    processor, versions = details.get("processor"), details.get("versions")
    if isinstance(processor, dict):
        words = (str(processor.get(field.name))[:LONGEST_NAME] for field in fields(Processor))
        found["processor"] = str(Processor(*words))
    if isinstance(versions, dict) and isinstance(versions.get("torch"), str):
        found["torch"] = versions["torch"][:LONGEST_NAME]
    return found
