"""Every recipe as it is run: real VGG19 weights, small pictures, a few evaluations."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from stylizer.loss.targets import Pair, content_target, stretch, style_target
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Architecture, Edge, Recipe, StyleShape, recipe_hash
from stylizer.recipe.overrides import Only, alone, override, restore
from stylizer.recipe.presets import RECIPES
from stylizer.transfer.transfer import Outcome, transfer

Blobs = Callable[[int, int, int], Tensor]
ON_VGG19 = [recipe for recipe in RECIPES.values() if recipe.network is Architecture.VGG19]

# A recipe's hash is the identity of its results: it may not change from one machine or version to the next.
HASHES = {
    "balanced": "a56aa8116fcf55d5",
    "gatys": "9db5c84d5f86ece8",
    "gatys-paper": "fa5fb3a1651689f4",
    "tutorial": "16bd3ec90dd2eed5",
    "five-layer": "6b7bfd8d0e32a1b0",
    "weighted": "002a8df83205eb32",
    "three-loss": "d08d4fadf3e51a9b",
    "vgg16": "386387a4729512b0",
    "johnson": "7507f88f7bc01e86",
    "w2": "f097ab9c1b8ab8ba",
}
HASHES_OF_0_1 = {       # when all recipes had the mirrored edge
    "gatys": "02e1fa12f066fd7e",
    "gatys-paper": "5eaba3d6f87f116f",
    "tutorial": "f3a1aced36ec133f",
    "five-layer": "82c25dd47a1df3f9",
    "weighted": "532fba499416fb42",
    "three-loss": "04f6db71c95fa518",
    "vgg16": "effdeb6aee08cafb",
    "johnson": "aa40e6774a968927",
    "w2": "12471b30f7797078",
}


def made(weights: Weights, recipe: Recipe, blobs: Blobs) -> Outcome:
    network = Network(weights, recipe.layers, recipe.pooling, flavour=recipe.flavour, edge=recipe.edge)
    style = blobs(2, 40, 56)
    if recipe.style_shape is StyleShape.CONTENT:
        style = stretch(style, 48, 64)
    pair = Pair(content_target(network, recipe, blobs(1, 48, 64)), style_target(network, recipe, style), seed=3)
    (outcome,) = transfer(network, recipe, [pair])
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("recipe", ON_VGG19, ids=lambda recipe: recipe.name)
def test_every_recipe_lowers_its_loss_in_a_few_steps(recipe: Recipe, weights: Weights, blobs: Blobs) -> None:
    outcome = made(weights, replace(recipe, steps=6, history=5), blobs)
    assert outcome.total_loss < 0.95 * outcome.start_loss
    assert outcome.total_loss == pytest.approx(outcome.content_loss + outcome.style_loss + outcome.tv_loss)
    assert (outcome.tv_loss > 0) == (recipe.tv_weight > 0)
    assert outcome.restarts == 0


@pytest.mark.parametrize("only", Only)
def test_one_loss_alone_is_lowered_from_noise(only: Only, weights: Weights, blobs: Blobs) -> None:
    outcome = made(weights, replace(alone(RECIPES["three-loss"], only), steps=8), blobs)
    assert outcome.total_loss < 0.7 * outcome.start_loss
    assert (outcome.content_loss > 0, outcome.style_loss > 0) == (only is Only.CONTENT, only is Only.STYLE)


@pytest.mark.parametrize("change", [
    {"init": "style"}, {"init": "random"}, {"optimizer": "adam", "learning_rate": 3}, {"pooling": "l2"},
], ids=str)
def test_an_overridden_recipe_runs(change: dict[str, object], weights: Weights, blobs: Blobs) -> None:
    outcome = made(weights, override(RECIPES["gatys"], steps=8, **change), blobs)
    assert outcome.total_loss < 0.95 * outcome.start_loss


def test_the_style_is_where_a_picture_starts_that_starts_from_it(weights: Weights, blobs: Blobs) -> None:
    recipe = override(RECIPES["gatys"], steps=1, init="style")
    expected = stretch(blobs(2, 40, 56), 48, 64).round().to(torch.uint8)[0]
    assert torch.equal(made(weights, recipe, blobs).pixels, expected)


@pytest.mark.parametrize(("name", "shifts"), [
    ("gatys", False), ("gatys-paper", True), ("tutorial", False), ("five-layer", True), ("weighted", True),
    ("three-loss", True), ("vgg16", True), ("johnson", True), ("w2", False),
    ("balanced", False),
])
def test_a_recipe_whose_balance_shifts_with_the_size_says_so(name: str, shifts: bool) -> None:
    assert RECIPES[name].depends_on_size is shifts


@pytest.mark.parametrize("name", RECIPES)
def test_the_hash_of_a_recipe_is_the_same_everywhere(name: str) -> None:
    assert recipe_hash(RECIPES[name], seed=0, weights_sha256="aa")[:16] == HASHES[name]


@pytest.mark.parametrize("name", HASHES_OF_0_1)
def test_a_picture_of_version_0_1_is_that_of_the_same_recipe_with_the_mirrored_edge(name: str) -> None:
    mirrored = replace(RECIPES[name], edge=Edge.MIRROR)
    assert recipe_hash(mirrored, seed=0, weights_sha256="aa")[:16] == HASHES_OF_0_1[name]
    kept = json.loads(mirrored.canonical_json())
    assert "edge" not in kept
    assert replace(restore(kept), source=mirrored.source) == mirrored


def test_what_balanced_was_at_first_keeps_its_hash_and_comes_back_from_its_own_words() -> None:
    before = replace(RECIPES["balanced"], underpaint=False, tapers=False)
    at_first = replace(before, strength_scale=1, clean=False, self_similarity=0.6)
    then = replace(before, strength_scale=5, last_share=0.5)
    assert recipe_hash(at_first, seed=0, weights_sha256="aa")[:16] == "86cd2e594f1321b8"
    assert recipe_hash(then, seed=0, weights_sha256="aa")[:16] == "42c262ceb97f9661"
    for recipe in (at_first, then):
        assert restore(json.loads(recipe.canonical_json())) == replace(recipe, source="")


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_recipe_of_another_system_has_that_systems_edge(recipe: Recipe) -> None:
    assert recipe.edge is Edge.PLAIN
    assert json.loads(recipe.canonical_json())["edge"] == "plain"
