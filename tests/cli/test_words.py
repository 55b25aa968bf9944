"""One of a thing is told in the singular."""

import re
from pathlib import Path

import pytest

from console.words import counted
from tests.cli.conftest import CLI, Run

# A number in a message that can be one stands before its noun by `counted`, not by a plural that is written out.
PLURALS = re.compile(
    r"\{[^{}]+\} (?:new |kept |followed )?"
    r"(?:pictures|posts|images|pages|results|files|profiles|recipes|contents|styles|steps|videos|processes)\b")


def test_one_is_singular_and_none_is_plural() -> None:
    assert [counted(number, "kept page") for number in (0, 1, 2)] == ["0 kept pages", "1 kept page", "2 kept pages"]
    assert [counted(number, "process", "processes") for number in (1, 2)] == ["1 process", "2 processes"]


@pytest.mark.parametrize("path", sorted((CLI.parent / "console").rglob("*.py")), ids=lambda path: path.stem)
def test_no_command_writes_a_plural_behind_a_number(path: Path) -> None:
    assert PLURALS.findall(path.read_text()) == []


def test_one_picture_is_one_picture(here: Run, album: Path) -> None:
    planned = here("stylize", "--content", "1", "--style", "2", "--dry-run", "-q").out.splitlines()[-1]
    assert planned == "would make 1 picture; 0 exist, 0 failed too often"
