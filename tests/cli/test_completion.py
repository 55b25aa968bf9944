"""Shell completion, as the shells ask for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.commands.parameters import recipe_names
from tests.cli.conftest import CLI, Run


def asked(shell: str, line: str) -> dict[str, str]:
    """What a shell sets when it asks how this line may go on."""
    return {
        "_STYLEGRAM_COMPLETE": f"complete_{shell}", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")),
        "_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_told_the_commands(run: Run, shell: str) -> None:
    done = run(**asked(shell, "stylegram sty"))
    assert (done.code, done.err) == (0, "")
    assert "stylize" in done.out
    assert "sweep" not in done.out


def test_options_and_their_values_are_completed(run: Run) -> None:
    assert run(**asked("bash", "stylegram stylize --content 1 2 --style-s")).out.split() == [
        "--style-scale", "--style-shape"]
    assert run(**asked("bash", "stylegram stylize --all --quality f")).out.split() == ["fine"]
    assert recipe_names("gat") == ["gatys", "gatys-paper"]


def test_bash_completes_by_the_line_that_the_manual_gives(tmp_path: Path) -> None:
    program = tmp_path / "stylegram"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CLI}" "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_STYLEGRAM_COMPLETE=source_bash stylegram)"; COMP_WORDS=(stylegram foll); COMP_CWORD=1; '
        '_stylegram_completion stylegram; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script], env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("follow following\n", "")


def test_a_shell_that_is_not_known_is_a_mistake_of_usage(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer._completion_shared._get_shell_name", lambda: "tcsh")
    done = here("--install-completion")
    assert (done.code, done.out) == (2, "Shell tcsh is not supported.\n")
