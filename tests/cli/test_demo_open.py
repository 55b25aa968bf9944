"""The demo ends with the gallery on its library where that is asked for, and only when all before it went well."""

from pathlib import Path
from typing import Any

import pytest

from console import demo
from console.terminal import Terminal


@pytest.mark.parametrize(("opens", "drawn", "shown"), [(True, 0, 1), (False, 0, 0), (True, 3, 0)])
def test_the_gallery_is_the_last_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opens: bool, drawn: int, shown: int
) -> None:
    opened: list[Any] = []

    def gallery(_: Terminal, root: Path, **options: object) -> int:
        opened.append((root, options))
        return 0

    for step in ("run_scrape", "run_stylize"):
        monkeypatch.setattr(demo, step, lambda *_, **__: 0)
    monkeypatch.setattr(demo, "run_matrix", lambda *_, **__: drawn)
    monkeypatch.setattr(demo, "run_gallery", gallery)
    assert demo.run_demo(Terminal(quiet=True), tmp_path, opens=opens) == drawn
    assert opened == [
        (tmp_path, {"host": "127.0.0.1", "port": None, "read_only": False, "opens": True})] * shown
