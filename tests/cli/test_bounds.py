"""Every number that a command takes has a bound, and the largest that it takes can be kept."""

import typing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from console.commands.parameters import LARGEST
from console.errors import BadRequest
from console.picture_options import PictureOptions
from console.program import app
from console.sweep_grid import Options, parse_axes
from console.transfer_options import Machine, RecipeOptions
from db.library import Library
from db.records import ResultKey, ResultRecord, ResultStatus, Role
from stylizer.errors import BadBlend, BadRecipe
from stylizer.pictures.guidance import parse_weights
from stylizer.recipe.model import MOST_HISTORY, MOST_STEPS, MOST_WEIGHT
from stylizer.recipe.overrides import override
from stylizer.recipe.presets import GATYS
from stylizer.recipe.size import parse
from tests.cli.conftest import Run

COMMANDS = typer.main.get_command(app).commands      # type: ignore[attr-defined]


def numbers() -> list[tuple[str, typing.Any]]:
    """Every parameter of every command whose value is a number, or several."""
    found = []
    for name, command in COMMANDS.items():
        for parameter in command.params:
            kind = parameter.type_descriptor.annotation
            kinds = {kind, *typing.get_args(kind)}
            if not {int, float}.isdisjoint(kinds):
                found.append((name, parameter))
    return found


@pytest.mark.parametrize(("command", "parameter"), numbers(), ids=lambda value: getattr(value, "name", value))
def test_every_number_has_a_least_and_a_most(command: str, parameter: typing.Any) -> None:
    assert None not in (parameter.min, parameter.max)
    assert -LARGEST <= parameter.min < parameter.max <= max(LARGEST, MOST_WEIGHT)


def test_the_numbers_of_all_commands_were_found() -> None:
    named = {f"{command} {parameter.name}" for command, parameter in numbers()}
    # Those within words that name images and results have theirs in tests/db/selection/test_terms.py.
    assert {"stylize limit", "stylize steps", "scrape limit", "sweep steps", "refresh spread", "images min_side",
            "report size"} <= named
    assert len(named) > 30


@pytest.mark.parametrize("words", [
    ("stylize", "--all", "--steps", "99999999999999999999"), ("stylize", "--all", "--style-weight", "nan"),
    ("stylize", "--all", "--time-budget", "inf"), ("stylize", "--all", "--limit", "1" + "0" * 5000),
    ("stylize", "--all", "--tile", "1" + "0" * 5000), ("stylize", "--all", "--size", "1" + "0" * 5000),
    ("stylize", "--all", "--scales", "1e999999999,1"),
    ("scrape", "ana", "--page-delay", "1e300"), ("matrix", "--size", "99999999999999999999"),
    ("sweep", "--content", "1", "--style", "2", "--vary", "steps=1,99999999999999999999"),
    ("sweep", "--content", "1", "--style", "2", "--vary", "seed=-1,2"),
], ids=lambda words: " ".join(words)[:60])
def test_a_number_without_measure_is_a_mistake_of_usage(here: Run, words: tuple[str, ...]) -> None:
    done = here(*words)
    assert (done.code, done.err.count("\n"), done.out) == (2, 1, ""), done.err[-300:]


def test_a_weight_of_a_blend_is_read_before_it_is_counted() -> None:
    with pytest.raises(BadBlend, match="such as 2:1"):
        parse_weights("1e999999999:1")
    assert parse_weights("1e1:.5") == (10, Fraction(1, 2))


def test_a_sweep_takes_of_a_number_what_its_option_takes() -> None:
    options = Options(RecipeOptions(), PictureOptions(), Machine())
    (axis,) = parse_axes([f"steps=1,{MOST_STEPS}"], options)
    assert [value for _, value in axis.values] == [1, MOST_STEPS]
    for text in (f"steps=1,{MOST_STEPS + 1}", "steps=0,1", "style-weight=nan,1", "style-scale=0,1", "seed=-1,0"):
        with pytest.raises(BadRequest, match=r"is not from .+ to "):
            parse_axes([text], options)


@pytest.mark.parametrize("changes", [
    {"steps": MOST_STEPS + 1}, {"history": MOST_HISTORY + 1}, {"tv_weight": 1e39}, {"style_weight": 10**400},
    {"style_layers": {"relu1_1": 1e39}}, {"size": 65_536}, {"size": 10**30}, {"size": 10_000, "measure": "short"},
    {"size": 89_000_001, "measure": "pixels"}, {"size": 30_000, "measure": "exact", "height": 30_000},
], ids=str)
def test_a_recipe_of_ones_own_has_the_same_bounds(changes: dict[str, object]) -> None:
    with pytest.raises(BadRecipe, match=r"at most|must be a number"):
        override(GATYS, **changes)


@given(st.text(st.sampled_from("0123456789eExXmMpP.:/,+- "), max_size=30))
def test_whatever_is_said_of_a_size_is_a_size_or_a_mistake(text: str) -> None:
    try:
        size = parse(text)
    except BadRecipe:
        return
    assert 0 <= size.side_px <= 65_535


def test_the_largest_numbers_can_be_kept(album: Path, library: Library) -> None:
    content, style, _ = library.images.find()
    key = ResultKey(content.sha256, style.sha256, "h")
    recipe = replace(GATYS, steps=MOST_STEPS, size=65_535, history=MOST_HISTORY, style_weight=MOST_WEIGHT)
    record = ResultRecord(
        key, recipe.name, recipe.size, recipe.steps, LARGEST, ResultStatus.FAILED, reason="none",
        details={"recipe": recipe.canonical_json(), "seed": LARGEST})
    found = library.results.get(library.results.save(record, None))
    assert found.record == record
    library.follows.add("ana", Role.STYLE, LARGEST)
    assert library.follows.all()[0].limit == LARGEST
