"""A recipe changed by its user: single fields, one of the two losses alone, or a file of their own.

Invariant: a mistake is one BadRecipe that names the field, and a recipe that leaves here can run.
"""

import dataclasses
import difflib
import string
import tomllib
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from stylizer.errors import BadRecipe
from stylizer.recipe.model import NEWEST_STRENGTH_SCALE, Architecture, Init, Layers, Recipe, Recolouring
from stylizer.recipe.presets import find

_HINTS = typing.get_type_hints(Recipe)
_BEYOND_FLOATS = 10**308
_LONGEST_SHOWN = 200
LONGEST_NAME = 200      # which has a place in a line, in the catalog and in the picture's own file
_WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}


class Only(StrEnum):
    """One of the two problems that a transfer is made of."""

    CONTENT = "content"
    STYLE = "style"


def override(recipe: Recipe, /, **changes: object) -> Recipe:
    """The recipe with these fields changed; values as they stand in a TOML file. Raises BadRecipe.

    Who says what content or style weighs does without the recipe's own strength, which weighs them by itself.
    """
    weighed = {"content_weight", "style_weight"} & changes.keys()
    if weighed and changes.get("strength") is not None:
        raise BadRecipe(
            f"recipe {changes.get('name', recipe.name)}: a strength weighs content against style itself, and "
            f"{' and '.join(sorted(weighed))} would change nothing: say one or the other")
    if weighed:
        changes = {"strength": None, **changes}
    if "strength" in changes:       # what is said now is said by what its numbers mean now
        newest = 1 if changes["strength"] is None else NEWEST_STRENGTH_SCALE
        changes = {"strength_scale": newest, **changes}
    return _changed(recipe, changes)


def _changed(recipe: Recipe, changes: Mapping[str, object]) -> Recipe:
    values: dict[str, typing.Any] = {name: _value(name, value) for name, value in changes.items()}
    return dataclasses.replace(recipe, **values)


def alone(recipe: Recipe, only: Only) -> Recipe:
    """The content reconstructed, or the style's texture, from a random start (Gatys et al. 2016, figures 1 and 2)."""
    kept = {"style_layers": ()} if only is Only.CONTENT else {"content_layers": ()}
    return override(recipe, **kept, tv_weight=0.0, init=Init.RANDOM, strength=None, recolour=Recolouring.NONE)


def load_recipe(path: Path) -> Recipe:
    """A recipe from a TOML file with the fields of `Recipe`, layers as tables of weights.

    `base` names the recipe that the other fields start from; without it the defaults of `Recipe` hold. The name
    is that of the file unless it says another. Raises BadRecipe or UnknownRecipe.
    """
    try:
        if path.exists() and not path.is_file():    # a pipe would be waited on for ever
            raise BadRecipe(f"{path} is not a file")
        fields = tomllib.loads(path.read_text("utf-8-sig"))     # with a byte order mark, as some editors write it
    except OSError as error:
        raise BadRecipe(f"cannot read the recipe {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:      # TOMLDecodeError and UnicodeDecodeError; lists without an end
        raise BadRecipe(f"{path} is not TOML: {error}") from error
    base = fields.pop("base", None)
    if base is not None and not isinstance(base, str):
        raise BadRecipe(f"{path}: base must be the name of a recipe")
    name = fields.setdefault("name", path.stem)
    if isinstance(name, str) and not (name.isprintable() and 0 < len(name) <= LONGEST_NAME):
        raise BadRecipe(f"{path}: its name must be printable, of 1 to {LONGEST_NAME} characters: say one by name = ...")
    try:
        if base is not None:
            return override(find(base), **fields)
        layers = {"content_layers": fields.pop("content_layers", {}), "style_layers": fields.pop("style_layers", {})}
        # The defaults need a layer to stand on; both tables are given, so nothing of it remains.
        return override(Recipe("new", (("relu1_1", 1.0),), ()), **fields, **layers)
    except BadRecipe as error:
        raise BadRecipe(f"{path}: {error}") from error


def restore(fields: Mapping[str, object]) -> Recipe:
    """The recipe whose `canonical_json` holds these fields. Raises BadRecipe, also for a field of a later version."""
    layers = {}
    for name in ("content_layers", "style_layers"):
        try:
            pairs = typing.cast(list[typing.Any], fields[name])
            layers[name] = tuple((str(layer), float(weight)) for layer, weight in pairs)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadRecipe(f"{name} must be layers and their weights") from error
    return _changed(Recipe("new", (("relu1_1", 1.0),), ()), {**fields, **layers})


def parse_layers(text: str, own: Layers) -> dict[str, float]:
    """Layers and their weights from relu1_1=1,relu2_1,relu3_1=x2. Raises BadRecipe.

    Without a weight a layer has the one that it has in `own`, and with x2 twice that.
    """
    found: dict[str, float] = {}
    for item in text.split(","):
        name, _, weight = (part.strip() for part in item.partition("="))
        if name in found:
            raise BadRecipe(f"layers {text!r}: {name} stands there twice")
        try:
            if weight and not weight.startswith("x"):
                found[name] = float(weight)
            else:
                found[name] = float(weight[1:] if weight else 1) * _own_weight(name, own)
        except ValueError as error:
            raise BadRecipe(f"layers {text!r}: give weights as in relu1_1=1,relu2_1=0.5, or =x2 for twice the "
                            "recipe's own") from error
    return found


def _own_weight(name: str, own: Layers) -> float:
    """The weight of a layer: its own, or that of its block, or that of all where they have the same."""
    if name not in Architecture.VGG19.layers:
        return 1.0      # the recipe will say that there is no such layer
    of_block = {weight for layer, weight in own if _block(layer) == _block(name)}
    for weights in ({weight for layer, weight in own if layer == name}, of_block, {weight for _, weight in own}):
        if len(weights) == 1:
            return weights.pop()
    raise BadRecipe(f"the recipe has no weight for {name}: give it one, such as {name}=0.001")


def _block(layer: str) -> str:
    return layer.strip(string.ascii_letters)[0]


def find_or_load(text: str) -> Recipe:
    """The recipe of a name, or of a file whose name ends in .toml."""
    return load_recipe(Path(text)) if text.endswith(".toml") else find(text)


def _value(name: str, value: object) -> object:
    """`value` as the field `name` wants it."""
    if name not in _HINTS:
        near = difflib.get_close_matches(name, _HINTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(_HINTS)}"
        raise BadRecipe(f"no field named {name}: {hint}")
    hint = _HINTS[name]
    if isinstance(hint, types.UnionType):       # None is "as ever"
        if value is None:
            return None
        (hint,) = (each for each in typing.get_args(hint) if each is not types.NoneType)
    if hint == Layers:
        return _layers(name, value)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise BadRecipe(f"{name} must be a list of numbers, not {_shown(value)}")
        return tuple(_plain(name, number, float) for number in value)
    if issubclass(hint, StrEnum):
        if value not in list(hint):
            raise BadRecipe(f"{name} must be one of {', '.join(hint)}, not {_shown(value)}")
        return hint(value)
    return _plain(name, value, hint)


def _plain(name: str, value: object, wanted: type) -> object:
    if wanted is float and type(value) is int and abs(value) < _BEYOND_FLOATS:
        return float(value)
    if type(value) is not wanted or (type(value) is int and abs(value) >= _BEYOND_FLOATS):
        raise BadRecipe(f"{name} must be {_WORDS[wanted]}, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    """A wrong value in a message; Python writes no whole number of more than 4,300 digits."""
    try:
        written = repr(value)
    except ValueError:
        return "a number beyond all bounds"
    return written if len(written) <= _LONGEST_SHOWN else f"{written[:_LONGEST_SHOWN]}..."


def _layers(name: str, value: object) -> Layers:
    """Names and weights, from a table or from pairs."""
    if not isinstance(value, Mapping | tuple):
        raise BadRecipe(f"{name} must be a table of layers and their weights, such as relu4_2 = 1.0, not "
                        f"{_shown(value)}")
    pairs = dict(value).items()
    return tuple((layer, typing.cast(float, _plain(f"{name}.{layer}", weight, float))) for layer, weight in pairs)
