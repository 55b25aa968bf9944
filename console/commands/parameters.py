"""Parameters that several commands share, and how a command takes a whole group of them.

Invariant: a group is a dataclass whose fields are declared like parameters (`Annotated[..., typer.Option]`), so
what a command hands on and what its help shows are one declaration.
"""

import dataclasses
import functools
import inspect
import re
import typing
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer
from typer.core import TyperCommand

from console.terminal import Terminal
from db.records import Role

LARGEST = 2**63 - 1     # integer of SQLite
LONGEST_S = 366 * 86_400      # of a wait or a run


class RoleWord(StrEnum):
    """A role that an image may be given, or that of where it came from."""

    CONTENT = "content"
    STYLE = "style"
    BOTH = "both"
    SOURCE = "source"


BaseUrlOption = Annotated[
    str | None,
    typer.Option(envvar="STYLEGRAM_BASE_URL", help="Another site with the same pages, for tests and the demo."),
]
PageDelayOption = Annotated[
    float | None,
    typer.Option(
        min=0, max=3600, metavar="SECONDS", help="Wait between pages; 0 only on loopback.  [default: 6 to 12]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout; the last is the summary.")]
RoleOption = Annotated[Role | None, typer.Option(help="What the images are for.", show_default=False)]


def terminal_of(context: typer.Context, as_json: bool = False) -> Terminal:
    """How this run talks, from the global options and the command's own --json."""
    return Terminal(as_json, context.obj["quiet"], context.obj["verbose"])


def recipe_names(incomplete: str) -> list[str]:
    """What a shell may complete the beginning of a recipe's name to."""
    from stylizer.recipe.presets import RECIPES

    return [name for name in RECIPES if name.startswith(incomplete)]


def takes_groups(command: Callable[..., int]) -> Callable[..., int]:
    """The command with every parameter that is a dataclass replaced by the fields of it."""
    hints = typing.get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)}

    @functools.wraps(command)
    def spread(**values: object) -> int:
        for name, group in groups.items():
            of_group = {field.name: values.pop(field.name) for field in dataclasses.fields(group)}
            values[name] = typing.cast(type, group)(**of_group)
        return command(**values)

    parameters = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name in groups:
            parameters += _parameters(typing.cast(type, groups[parameter.name]))
        else:
            parameters.append(parameter.replace(annotation=hints[parameter.name], kind=parameter.KEYWORD_ONLY))
    vars(spread).pop("__wrapped__")     # or its signature would be read instead
    vars(spread)["__signature__"] = inspect.Signature(parameters, return_annotation=int)
    spread.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return spread


def _parameters(group: type) -> list[inspect.Parameter]:
    hints = typing.get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default if field.default is not dataclasses.MISSING else inspect.Parameter.empty,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]


class Sectioned(TyperCommand):
    """A command whose help lists its options by their `rich_help_panel`, those without one first."""

    def format_options(self, ctx: typing.Any, formatter: typing.Any) -> None:
        """Writes one section a panel, in the order of their first options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                words, text = record
                # That a number has to fit into the catalog goes without saying.
                record = words, re.sub(rf"(\d+)<=x<={LARGEST}", r"x>=\1", text)
                sections.setdefault(getattr(parameter, "rich_help_panel", None) or "Options", []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
