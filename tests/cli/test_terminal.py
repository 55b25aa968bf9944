"""What strangers wrote never reaches the terminal as more than one line of plain text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.terminal import Terminal, printable


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
