"""The command line as a user runs it: a process of its own, with a library in a fresh folder; or without a process."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cli
from db.importing.add import add_images
from db.library import CATALOG, Library, open_library
from db.records import Role
from stylegram_start import OWN
from tests.sharing import made_once

CLI = Path(__file__).parents[2] / "cli.py"


@dataclass(frozen=True)
class Finished:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Finished]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_cli(*arguments: object, timeout_s: float = 100, **environment: str) -> Finished:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STYLEGRAM_LIB")}
        done = subprocess.run(
            [sys.executable, CLI, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=tmp_path,
            env=inherited | environment,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run_cli


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The same in this process, which saves the start of another: for what one process-level test has shown already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STYLEGRAM_LIBRARY", raising=False)

    def run_here(*arguments: object, **environment: str) -> Finished:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            code = cli.run([*map(str, arguments)])
        said = capsys.readouterr()
        return Finished(code, said.out, said.err)

    return run_here


@pytest.fixture
def library(album: Path) -> Iterator[Library]:
    """That of the album, open."""
    with open_library(album / "library") as opened:
        yield opened


@pytest.fixture
def namesakes(tmp_path: Path) -> Path:
    """A user's folder with a module of each name that the program has; whatever loads one ends."""
    for name in OWN:
        said = f"a module of the user's was loaded: {name}"
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit({said!r})\n")
    return tmp_path


@pytest.fixture(scope="session")
def filled_album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `album` is a copy of."""
    return made_once(tmp_path_factory, "album", _fill_album)


@pytest.fixture
def album(filled_album: Path, tmp_path: Path) -> Path:
    """The folder of a library with a content (1) and two styles (2, 3) of 60 x 40 pixels."""
    shutil.copytree(filled_album, tmp_path, dirs_exist_ok=True)
    with closing(sqlite3.connect(tmp_path / "library" / CATALOG)) as catalog, catalog:     # added from here
        catalog.execute("UPDATE additions SET origin = replace(origin, ?, ?)", (str(filled_album), str(tmp_path)))
    return tmp_path


def _fill_album(folder: Path) -> None:
    generator = np.random.default_rng(5)
    with open_library(folder / "library") as library:
        for name in ("content", "a", "b"):
            path = folder / f"{name}.png"
            Image.fromarray(generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((60, 40)).save(path)
            list(add_images(library, [path], Role.CONTENT if name == "content" else Role.STYLE))
