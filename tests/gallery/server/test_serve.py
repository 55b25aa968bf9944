"""The command that serves the gallery: as a process, in this one without torch, and where its packages are missing."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import uvicorn

from console.gallery import has_windows, run_gallery
from console.terminal import Terminal
from db.library import open_library
from tests.gallery.conftest import Studio, hang_some

CLI = Path(__file__).parents[3] / "cli.py"


def test_it_answers_at_the_address_that_it_prints_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        hang_some(Studio(library))
    arguments = ["--library", tmp_path / "library", "gallery", "--no-open", "--port", "0", "--json"]
    with subprocess.Popen([sys.executable, CLI, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert b"boat.png" in opener.open(told["address"], timeout=20).read()
        process.send_signal(signal.SIGINT)
        last = json.loads(process.stdout.read().splitlines()[-1])
        assert process.wait(20) == last["exit_code"] == 130


def test_torch_is_not_in_its_process() -> None:
    look = (
        "import sys; import console.gallery, gallery.server.serve; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'ray', 'playwright', 'matplotlib')))")
    assert subprocess.run([sys.executable, "-c", look], cwd=CLI.parent, check=False).returncode == 0


def test_what_is_missing_is_told_with_its_remedy() -> None:
    start = "import sys; sys.modules['uvicorn'] = None; import cli; sys.exit(cli.run(['gallery']))"
    done = subprocess.run([sys.executable, "-c", start], cwd=CLI.parent, check=False, capture_output=True, text=True)
    assert done.returncode == 78
    assert "uvicorn: pip install 'stylegram[gallery]'" in done.stderr


def test_a_library_that_others_can_reach_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_library(tmp_path):
        pass

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(signal, "pause", interrupt)
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        run_gallery(Terminal(), tmp_path, host="0.0.0.0", port=0, read_only=False, opens=False)
    assert "can change it" in capsys.readouterr().err


@pytest.mark.parametrize(("environment", "opened"), [({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "w"}, True),
                                                      ({}, sys.platform == "darwin")])
def test_no_browser_takes_the_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], opened: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert has_windows() is opened
