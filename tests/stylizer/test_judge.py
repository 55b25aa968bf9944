"""The judge of comparisons against the program's own loss, and the pictures that it is given."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from torch import Tensor

from benchmarks import peers
from benchmarks.judge import Judge, read
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair, content_target, style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Weights
from stylizer.recipe.model import Edge
from stylizer.recipe.presets import GATYS

Blobs = Callable[[int, int, int], Tensor]
OURS = ("stylizer", "db", "gallery", "console", "scraper", "demo")


def losses(weights: Weights, edge: Edge, content: Tensor, style: Tensor, picture: Tensor) -> tuple[float, float]:
    """By the program and by the judge."""
    recipe = replace(GATYS, edge=edge)
    network = network_for(recipe, weights)
    pair = Pair(content_target(network, recipe, content), style_target(network, recipe, style))
    own = Objective(network, recipe, [pair]).terms(picture).total.item()
    return own, Judge(content, style).loss(picture)


@pytest.mark.parametrize("edge", Edge)
def test_judge_and_program_agree_where_sides_are_multiples_of_16(edge: Edge, weights: Weights, blobs: Blobs) -> None:
    own, judged = losses(weights, edge, blobs(1, 48, 80), blobs(2, 64, 32), blobs(3, 48, 80))
    assert judged == pytest.approx(own, rel=1e-4)


def test_they_agree_on_any_sides_by_the_published_edge_and_not_by_the_mirrored_one(
    weights: Weights, blobs: Blobs
) -> None:
    pictures = blobs(1, 41, 79), blobs(2, 63, 35), blobs(3, 41, 79)
    own, judged = losses(weights, GATYS.edge, *pictures)
    assert judged == pytest.approx(own, rel=1e-4)
    mirrored, judged = losses(weights, Edge.MIRROR, *pictures)
    assert judged != pytest.approx(mirrored, rel=1e-2)


def test_a_share_is_that_of_the_contents_own_loss(blobs: Blobs) -> None:
    content, style = blobs(1, 32, 48), blobs(2, 48, 32)
    judge = Judge(content, style)
    assert judge.share(content) == 1
    assert judge.share((content + style[..., :32, :].mean()) / 2) == pytest.approx(
        judge.loss((content + style[..., :32, :].mean()) / 2) / judge.loss(content))


def test_the_judge_has_nothing_of_the_program() -> None:
    code = f"import sys, benchmarks.judge; sys.exit(any(name.split('.')[0] in {OURS} for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_tools_are_compared_on_sides_that_are_multiples_of_16(tmp_path: Path) -> None:
    Image.effect_noise((300, 217), 40).convert("RGB").save(tmp_path / "noise.png")
    (whole,) = peers.sized([tmp_path / "noise.png"], 128, tmp_path, 1)
    assert read(whole).shape[-2:] == (93, 128)
    (cut,) = peers.sized([tmp_path / "noise.png"], 128, tmp_path)
    assert read(cut).shape[-2:] == (80, 128)
