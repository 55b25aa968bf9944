"""In a window of any width every id is shown, and no line is broken: in a real terminal, as a user has it."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from db.library import open_library
from db.records import ResultKey, ResultRecord, ResultStatus
from tests.cli.conftest import CLI

IDS = ["1", "2", "3"]


@pytest.fixture
def wall(album: Path) -> Path:
    """The album with three results, one of them failed with a long reason."""
    with open_library(album / "library") as library:
        content, *styles = library.images.find()
        for number, style in enumerate([*styles, styles[0]]):
            key = ResultKey(content.sha256, style.sha256, f"{number:064x}")
            failed = ResultRecord(key, "gatys", 512, 300, 0, ResultStatus.FAILED, reason="out of memory " * 9)
            library.results.save(failed, None)
    return album


def shown(folder: Path, columns: int, *command: str) -> list[str]:
    """What a terminal of this width has on its screen after the command, line by line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    told = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "STYLEGRAM_LIBRARY")}
    done = subprocess.Popen(
        [sys.executable, CLI, *command], cwd=folder, stdout=theirs, stderr=subprocess.DEVNULL,
        env=told | {"TERM": "xterm"},
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65_536):
            said += part
    except OSError:     # how Linux tells that the other end is closed
        pass
    os.close(ours)
    assert done.wait(60) == 0
    return said.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()


@pytest.mark.parametrize("columns", [60, 80, 100, 140])
@pytest.mark.parametrize("command", ["images", "results"])
def test_every_id_is_shown_and_no_line_is_wider_than_the_window(wall: Path, command: str, columns: int) -> None:
    head, *lines = shown(wall, columns, command)
    assert head.split()[0] == "id"
    assert [line.split()[0] for line in lines] == IDS
    assert max(map(len, (head, *lines))) <= columns


def test_the_long_hash_is_what_gives_way_first(wall: Path) -> None:
    wide, narrow = (shown(wall, columns, "images")[1:] for columns in (200, 60))
    for whole, cut in zip(wide, narrow, strict=True):
        *first, path = whole.split()
        assert path.startswith("files/")
        assert "\u2026" not in whole
        assert cut.split()[: len(first)] == first
        assert cut.endswith("\u2026")
