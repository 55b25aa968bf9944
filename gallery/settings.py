"""What tells the settings of a report apart, in words: "gatys, 256 px, 168 steps: style weight 100, pooling avg".

Invariant: no two settings have the same words. Where nothing that they name differs, the beginning of the hash does.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gallery.labels import plain

_IN_THE_TITLE = frozenset({"name", "size", "steps"})


@dataclass(frozen=True)
class Setting:
    """How the results of a recipe hash were made: what is always said, and every field by its name."""

    title: str
    recipe_hash: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """The title of a setting and in what it differs from the others of the same title."""

    title: str
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.title}: {', '.join(self.differences)}" if self.differences else self.title


def fields_of(details: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What shapes a picture besides its images, from the details of a result.

    `defaults` are the fields of a recipe that it does not say where they are as ever.
    """
    recipe = details.get("recipe")
    besides = details.get("besides") or {}
    return {
        **({**recipe, **defaults, **recipe} if isinstance(recipe, dict) else {}),
        "seed": details.get("seed"),
        "weights": (details.get("weights") or {}).get("sha256"),
        "time budget": details.get("time_budget_s"),
        "mix": details.get("mix"),
        **{name.replace("_", " "): besides.get(name) for name in ("start", "content_mask", "style_mask", "keep")},
    }


def told_apart(settings: Sequence[Setting]) -> tuple[Words, ...]:
    """Words for each setting, in their order."""
    found = [Words(setting.title, _differences(setting, settings)) for setting in settings]
    often = Counter(map(str, found))
    return tuple(
        words if often[str(words)] == 1 else
        Words(words.title, (*words.differences, f"recipe hash {setting.recipe_hash[:12]}"))
        for words, setting in zip(found, settings, strict=True)
    )


def _differences(setting: Setting, settings: Sequence[Setting]) -> tuple[str, ...]:
    """Its own values of the fields in which settings of its title differ."""
    alike = [other.fields for other in settings if other.title == setting.title]
    names = dict.fromkeys(name for fields in alike for name in fields if name not in _IN_THE_TITLE)
    return tuple(
        f"{plain(name.replace('_', ' '))} {_value(setting.fields.get(name))}"
        for name in names if len({json.dumps(fields.get(name), sort_keys=True) for fields in alike}) > 1
    )


def _value(value: Any) -> str:
    """A field's value in a few characters."""
    match value:
        case None:
            return "none"
        case bool():
            return "on" if value else "off"
        case float():
            return f"{value:.12g}"
        case list() if value and all(map(_is_layer, value)):
            return "+".join(name if weight == 1 else f"{name}={weight:.12g}" for name, weight in value)
        case list() if value and all(isinstance(share, int | float) and math.isfinite(share) for share in value):
            return "+".join(str(Fraction(share).limit_denominator(64)) for share in value)
        case str() if len(value) == 64 and value.isalnum():     # a hash
            return value[:12]
        case _:
            return plain(str(value))


def _is_layer(value: Any) -> bool:
    match value:
        case [str(), int() | float()]:
            return True
        case _:
            return False
