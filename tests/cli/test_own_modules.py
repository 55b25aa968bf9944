"""A user's folder may hold modules of any name: those of the program are its own, however it is started."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stylegram_start import OWN
from tests.cli.conftest import CLI

ROOT = CLI.parent


def installed_script(namesakes: Path) -> Path:
    """The console script as pip writes it."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["stylegram"]
    module, _, function = entry.partition(":")
    bin_ = namesakes / "bin"
    bin_.mkdir()
    script = bin_ / "stylegram"
    script.write_text(
        f"import sys\nfrom {module} import {function}\nif __name__ == '__main__':\n    sys.exit({function}())\n")
    return script


@pytest.fixture
def environment(namesakes: Path) -> dict[str, str]:
    """The user's folder is on the search path, and the program is where an installed one is: behind it."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (namesakes, ROOT)))}


def test_every_module_of_ours_is_meant() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages = {pattern.rstrip("*") for pattern in found["setuptools"]["packages"]["find"]["include"]}
    assert packages | {*found["setuptools"]["py-modules"]} == OWN | {"stylegram_names", "stylegram_start"}


@pytest.mark.parametrize(
    "started", ["stylegram", "python /path/cli.py", "python -m cli", "python -m scraper.provision"])
def test_the_programs_own_modules_win(namesakes: Path, environment: dict[str, str], started: str) -> None:
    if " -m " in started:       # which module is meant by a name is Python's own to say
        (namesakes / f"{started.split()[-1].split('.')[0]}.py").unlink()
    command = {
        "stylegram": [installed_script(namesakes), "images"],
        "python /path/cli.py": [CLI, "images"],
        "python -m cli": ["-m", "cli", "images"],
        "python -m scraper.provision": ["-m", "scraper.provision"],
    }[started]
    done = subprocess.run(
        [sys.executable, *command], cwd=namesakes, env=environment, capture_output=True, text=True, check=False)
    if "provision" in started:
        assert (done.returncode, done.stderr) == (0, "")
    else:
        assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
        assert "there is no library" in done.stderr


def test_they_win_in_the_processes_that_it_starts_too(
    album: Path, namesakes: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, installed_script(namesakes), "stylize", "--content", "1", "--style", "2",
         "--size", "48", "--steps", "1", "--workers", "1"],
        cwd=album, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "1 picture made, 0 failed, 0 existed already\n"), done.stderr
