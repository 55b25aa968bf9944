"""What a sweep varies: a field of `stylize`'s options and the values that it takes in turn.

Invariant: a value means what it means behind its option; a mistake is one BadRequest that names the axis.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from console.errors import BadRequest
from console.picture_options import PictureOptions
from console.transfer_options import Machine, RecipeOptions

# What may be varied, by the group that holds it. All of it shapes the picture and is part of a result's identity.
_GROUPS: dict[str, type] = {
    **{field.name: RecipeOptions for field in dataclasses.fields(RecipeOptions)},
    **{field.name: PictureOptions for field in dataclasses.fields(PictureOptions)},
    "seed": Machine,
}
_ALIASES = {"color": "colour", "content_layer": "content_layers"}
# Their own values have commas: within one of them a plus stands for it.
_LISTS = frozenset({"content_layers", "layer_weights", "scales"})
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Axis:
    """A field by the name of its option, and its values with the words they were given in."""

    field: str
    values: tuple[tuple[str, object], ...]

    @property
    def name(self) -> str:
        return self.field.replace("_", "-")


@dataclass(frozen=True)
class Options:
    """All that shapes a picture."""

    recipe: RecipeOptions
    picture: PictureOptions
    machine: Machine

    def where(self, field: str, value: object) -> "Options":
        """The same with one field changed."""
        group = _GROUPS[field]
        name = {RecipeOptions: "recipe", PictureOptions: "picture", Machine: "machine"}[group]
        return dataclasses.replace(self, **{name: dataclasses.replace(getattr(self, name), **{field: value})})


def parse_axes(texts: Sequence[str], options: Options) -> tuple[Axis, ...]:
    """One or two axes from texts such as style-weight=1e2,1e3. Raises BadRequest."""
    if not texts:
        raise BadRequest("say what to vary, such as --vary strength=20,40,60,80")
    if len(texts) > 2:
        raise BadRequest(f"a sheet has two sides, and {len(texts)} fields are to vary: vary two at a time, and give "
                         "the others as options")
    axes = tuple(map(_axis, texts))
    if len({axis.field for axis in axes}) < len(axes):
        raise BadRequest(f"{axes[0].name} is varied twice: give all of its values to one --vary")
    for axis in axes:
        (field,) = (field for field in dataclasses.fields(_GROUPS[axis.field]) if field.name == axis.field)
        group = next(each for each in (options.recipe, options.picture, options.machine)
                     if isinstance(each, _GROUPS[axis.field]))
        if getattr(group, axis.field) != field.default:
            raise BadRequest(f"{axis.name} is to vary: leave out --{axis.name}")
    return axes


def combinations(axes: Sequence[Axis], options: Options) -> Iterator[tuple[tuple[str, ...], Options]]:
    """Every point of the grid: the words of its values, and its options; the last axis runs fastest."""
    for point in product(*(axis.values for axis in axes)):
        varied = options
        for axis, (_, value) in zip(axes, point, strict=True):
            varied = varied.where(axis.field, value)
        yield tuple(words for words, _ in point), varied


def _axis(text: str) -> Axis:
    name, equals, listed = text.partition("=")
    field = name.strip().removeprefix("--").replace("-", "_")
    field = _ALIASES.get(field, field)
    if field not in _GROUPS:
        options = [known.replace("_", "-") for known in _GROUPS]
        near = difflib.get_close_matches(name, options, n=1)
        raise BadRequest(f"--vary {text}: no option {name!r}; " + (
            f"did you mean {near[0]}?" if near else f"there is {', '.join(options)}"))
    words = [word.strip() for word in listed.split(",") if word.strip()]
    if not equals or not words:
        raise BadRequest(f"--vary {text}: give its values after an equals sign, such as {name}=A,B,C")
    if len(set(words)) < len(words):
        raise BadRequest(f"--vary {text}: a value stands there twice")
    return Axis(field, tuple((word, _value(text, field, word)) for word in words))


def _value(text: str, field: str, word: str) -> object:
    kind = _kind(field)
    value: typing.Any
    try:
        if kind is bool:
            return _TRUTH[word.lower()]
        if issubclass(kind, StrEnum):
            return kind(word)
        value = kind(word.replace("+", ",") if field in _LISTS else word)
    except (ValueError, KeyError) as error:
        wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind)
        if issubclass(kind, StrEnum):
            wanted = f"one of {', '.join(kind)}"
        raise BadRequest(f"--vary {text}: {word!r} is not {wanted}") from error
    least, most = _bounds(field)
    if (least is not None and not value >= least) or (most is not None and not value <= most):     # nan is neither
        raise BadRequest(f"--vary {text}: {word!r} is not from {least:g} to {most:g}")
    return value


def _bounds(field: str) -> tuple[float | None, float | None]:
    """Between what a field's option takes its numbers."""
    (option,) = typing.get_type_hints(_GROUPS[field], include_extras=True)[field].__metadata__
    return option.min, option.max


def _kind(field: str) -> type[typing.Any]:
    """The type of a field's values; None, which leaves it to the recipe, put aside."""
    hint = typing.get_type_hints(_GROUPS[field])[field]
    if isinstance(hint, types.UnionType):
        (hint,) = (each for each in typing.get_args(hint) if each is not type(None))
    return typing.cast(type[typing.Any], hint)
