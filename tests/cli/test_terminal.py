"""What strangers wrote never reaches the terminal as more than one line of plain text."""

import io
import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.terminal import PAGE, Terminal, printable


@given(st.text())
def test_printable_text_is_one_line_without_terminal_codes(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert "\u202e" not in shown


def test_a_record_is_one_json_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(as_json=True).record("image", name="a\u2028b\n\x1b[31mc")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out)["name"] == "a\u2028b\n\x1b[31mc"


def test_a_table_in_a_pipe_is_tab_separated(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().table(("id", "name"), [(1, "a\tb"), (2, None)])
    assert capsys.readouterr().out == "id\tname\n1\ta b\n2\t\n"


def rows_of_a_wall(taken: list[int], printed: Callable[[], int]) -> Iterator[tuple[int, str]]:
    """More rows than two pages have; each notes how many lines were shown before it was asked for."""
    for number in range(2 * PAGE + 10):
        taken.append(printed())
        yield number, "a longer name" if number > PAGE else "name"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_rows_are_shown_as_they_come_so_that_no_table_is_held_in_memory(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    out.isatty = lambda: is_terminal    # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    taken: list[int] = []
    Terminal().table(("id", "name"), rows_of_a_wall(taken, lambda: out.getvalue().count("\n")), kept=("id",))
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["id", *map(str, range(2 * PAGE + 10))]
    assert taken[0] == 0
    assert taken[PAGE + 5] >= PAGE
    assert lines[-1].split(None, 1)[1].strip() == "a longer name"
    assert lines.count(lines[0]) == 1


def test_a_table_of_nothing_has_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    out.isatty = lambda: True   # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("TERM", "dumb")
    Terminal().table(("id", "name"), [])
    assert out.getvalue().split() == ["id", "name"]
