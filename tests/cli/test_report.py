"""The command `report`: what it finds in finished pictures is what the catalog says of them, or it says otherwise."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from console.reporting import run_report
from console.stylizing import run_stylize
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from gallery.matrix import EVERYTHING, Selection
from tests.cli.conftest import Run

Report = Callable[..., tuple[int, list[dict[str, Any]]]]


def stylize(album: Path, recipe: RecipeOptions, **choice: Any) -> None:
    terminal = Terminal(as_json=True, quiet=True)
    assert run_stylize(terminal, album / "library", ImageSelection(content=[1], **choice), recipe, Machine()) == 0


@pytest.fixture
def report(album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Report:
    """`report` in the album: the exit code and the JSON lines."""
    monkeypatch.chdir(album)

    def run(selection: Selection = EVERYTHING, **options: Any) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        code = run_report(Terminal(as_json=True, quiet=True), album / "library", None, selection, **options)
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return run


def test_losses_by_layer_of_the_file_add_up_to_those_of_the_catalog(album: Path, report: Report) -> None:
    stylize(album, RecipeOptions(size="48", steps=4, scales="2"), style=[2])
    stylize(album, RecipeOptions(recipe="w2", size="48", steps=3), style=[2, 3], blend="1:2")
    code, (pyramid, blend, summary) = report()
    assert code == 0
    assert (summary["pairs"], summary["lost"]) == (2, 0)
    for pair in (pyramid, blend):
        assert sum(pair["layers"]["content"].values()) == pytest.approx(pair["content_loss"], rel=1e-4)
        assert sum(pair["layers"]["style"].values()) == pytest.approx(pair["style_loss"], rel=1e-4)
        assert 0 < pair["measures"]["style_loss"] < 1
    assert pyramid["evaluations_by_scale"] == [2, 2]
    assert (pyramid["notes"], blend["notes"]) == ([], ["the measures compare with its main style alone"])


def test_what_cannot_be_found_again_is_said_and_the_rest_is_told(album: Path, report: Report) -> None:
    stylize(album, RecipeOptions(size="48", steps=2), style=[2, 3])
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[:, 30:] = 255
    Image.fromarray(mask).save(album / "mask.png")
    stylize(album, RecipeOptions(size="48", steps=2), style=[2, 3], content_mask=album / "mask.png")
    _, lines = report()
    first, second, masked = sorted(lines[:-1], key=lambda pair: pair["result_id"])
    assert masked["notes"][0] == "losses by layer: made with a mask, which the library does not keep"
    assert masked["measures"]["cf"] is not None
    Path(first["path"]).unlink()
    Path(second["path"]).write_bytes(Path(second["path"]).read_bytes()[:200])
    code, lines = report()
    assert code == 3
    first, second, masked = sorted(lines[:-1], key=lambda pair: pair["result_id"])
    assert "its picture is gone" in first["reason"]
    assert "cannot be read" in second["reason"]
    assert masked["reason"] is None
    assert lines[-1]["lost"] == 2


def test_a_result_of_little_memory_says_so(
    album: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylizer.compute.memory.for_the_optimiser", lambda *_: 0)
    stylize(album, RecipeOptions(size="48", steps=14), style=[2])
    _, (pair, _) = report(measures=False)
    assert pair["notes"] == ["memory held no more than an L-BFGS memory of 10 steps"]


def test_a_file_that_is_not_what_was_made_is_noticed(album: Path, report: Report) -> None:
    stylize(album, RecipeOptions(size="48", steps=2), style=[2])
    _, (pair, _) = report(measures=False)
    Image.open(album / "content.png").resize((48, 32)).save(pair["path"])
    _, (pair, _) = report()
    assert "and the catalog says" in pair["notes"][0]


def test_the_command_writes_a_folder_and_tells_where(here: Run, album: Path) -> None:
    stylize(album, RecipeOptions(size="48", steps=2), style=[2])
    done = here("report", "--no-measures", "-o", "out")
    assert (done.code, done.out) == (0, f"1 result of 1 recipe: {album / 'out/report.md'}\n")
    assert "measures" not in (album / "out/report.md").read_text()
    for arguments, code, words in (
        (["report", "--recipe", "none"], 2, "no results with recipe none"),
        (["report", "-o", album], 2, "holds other things"),
        (["report", "--weights", "none.pth"], 78, "cannot read the weights none.pth"),
        (["report", "--library", "elsewhere"], 78, "there is no library"),
    ):
        done = here(*arguments)
        assert done.code == code, done.err
        assert words in done.err.splitlines()[-1]
