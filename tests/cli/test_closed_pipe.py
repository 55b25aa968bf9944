"""Whoever reads a command's answer may go away, and its disk may be full: one exit code each, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from db.library import read_library
from tests.cli.conftest import CLI


def start(album: Path, *arguments: str, **streams: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, CLI, *arguments], cwd=album, **streams)  # type: ignore[call-overload]


def nobody_reads() -> int:
    """The end of a pipe that is written to, the other one being closed."""
    there, here = os.pipe()
    os.close(there)
    return here


def ends(started: "list[subprocess.Popen[bytes]]") -> list[tuple[int, bytes, bytes]]:
    """Of each its exit code and what it said on the streams that are left."""
    found = []
    for process in started:
        out, err = process.communicate(timeout=60)
        found.append((process.returncode, out or b"", err or b""))
    return found


def test_a_closed_pipe_ends_any_command_quietly_with_141(album: Path) -> None:
    """In parallel, for each is a start of the program."""
    closed, commands = nobody_reads(), (["--help"], ["sweep", "-h"], ["images"], ["results", "--json"], ["recipes"])
    unread = [start(album, *words, stdout=closed, stderr=subprocess.PIPE) for words in commands]
    assert ends(unread) == [(141, b"", b"")] * len(commands)
    mistakes = (["frobnicate"], ["results", "x"])
    untold = [start(album, *words, stdout=subprocess.PIPE, stderr=closed) for words in mistakes]
    assert ends(untold) == [(141, b"", b"")] * len(mistakes)
    os.close(closed)


def test_what_was_made_before_the_pipe_closed_is_kept(album: Path) -> None:
    closed = nobody_reads()
    process = start(album, "-q", "stylize", "--all", "--size", "48", "--steps", "2", "--json",
                    stdout=closed, stderr=subprocess.PIPE)
    assert ends([process]) == [(141, b"", b"")]
    os.close(closed)
    with read_library(album / "library") as library:
        assert len(library.results.find()) == 1     # it was kept, and then nobody wanted to hear of it
        assert library.runs.latest(1)[0].outcome == "interrupted"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_answer_that_finds_no_room_is_one_line_and_74(album: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        told = start(album, "images", stdout=full, stderr=subprocess.PIPE)
        untold = start(album, "images", "--json", stdout=subprocess.PIPE, stderr=full)
        assert ends([told]) == [(74, b"", b"error: cannot write the answer: No space left on device\n")]
        ((code, out, _),) = ends([untold])
    assert code == 0
    assert out.endswith(b'{"type": "summary", "exit_code": 0}\n')


def test_streams_that_were_closed_before_the_start_are_no_one_elses(album: Path) -> None:
    """The next files to be opened would get their numbers: what is said would be written into the catalog."""
    script = f'exec "$0" "{CLI}" status >&- 2>&- <&-'
    assert subprocess.run(["sh", "-c", script, sys.executable], cwd=album, check=False).returncode == 0
    with read_library(album / "library") as library:
        assert len(library.images.find()) == 3
