"""What is kept of encoded images: bounded, and shared by encoders that work side by side."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from db.records import Image, Role
from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.loss.encoder import Encoder
from stylizer.loss.encodings import Encodings
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Colour
from stylizer.recipe.presets import GATYS
from tests.stylizer.catalogued import catalogued

RECIPE = replace(GATYS, size=48)


@pytest.fixture
def images(tmp_path: Path) -> list[Image]:
    path = tmp_path / "picture.png"
    PIL.Image.effect_noise((48, 48), 50).convert("RGB").save(path)
    return [catalogued(number, path, Role.BOTH, 48, 48) for number in range(5)]


def test_a_style_in_a_contents_colours_goes_with_that_content(
    network: Network, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylizer.loss.encodings.CONTENTS_BYTES", 0)
    first, second, style, *_ = images
    encoder = Encoder(network, replace(RECIPE, colour=Colour.MATCH))
    encoder.pair(first, style, 0)
    encoder.keep_contents({second.sha256})
    encoder.pair(second, style, 0)
    assert [key.content_sha256 for key in encoder.encodings._styles] == [second.sha256]


def test_contents_are_kept_by_their_bytes_for_a_run_that_comes_back_to_them(
    network: Network, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    *contents, style = images
    encoder = Encoder(network, RECIPE)
    of_one = 4 * (3 * 48 * 48 + 512 * 6 * 6)        # its pixels, and its features at relu4_2
    monkeypatch.setattr("stylizer.loss.encodings.CONTENTS_BYTES", 2 * of_one)
    for content in contents:
        encoder.keep_contents({content.sha256})
        encoder.pair(content, style, 0)
    encoder.keep_contents({contents[1].sha256})
    assert [encoder.has_content(content.sha256) for content in contents] == [False, True, False, True]
    passes = network.passes
    encoder.pair(contents[1], style, 0)
    assert network.passes == passes
    monkeypatch.setattr("stylizer.loss.encodings.CONTENTS_BYTES", 0)
    encoder.keep_contents({content.sha256 for content in contents[:2]})
    assert [encoder.has_content(content.sha256) for content in contents] == [False, True, False, False]


def test_styles_are_kept_by_their_bytes(
    network: Network, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    content, *styles = images[:4]
    encoder = Encoder(network, RECIPE)
    grams = sum(channels**2 for channels in (64, 128, 256, 512, 512))
    monkeypatch.setattr("stylizer.loss.encodings.STYLES_BYTES", 2 * 4 * (grams + 3 * 48 * 48))
    for style in styles:
        encoder.pair(content, style, 0)
    assert [key.sha256 for key in encoder.encodings._styles] == [style.sha256 for style in styles[1:]]


def test_what_one_has_encoded_another_need_not(weights: Weights, images: list[Image]) -> None:
    content, *styles, _ = images
    networks, shared = [network_for(GATYS, weights) for _ in range(2)], Encodings()
    first, second = (Encoder(network, RECIPE, encodings=shared) for network in networks)
    pairs = [encoder.pair(content, style, 0) for style in styles for encoder in (first, second)]
    assert [network.passes for network in networks] == [1 + len(styles), 0]
    assert all(one.content is other.content and one.style is other.style
               for one, other in zip(pairs[::2], pairs[1::2], strict=True))


def test_no_encoder_drops_what_another_has_in_hand(
    weights: Weights, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylizer.loss.encodings.CONTENTS_BYTES", 0)
    *contents, style = images
    shared = Encodings()
    first, second = (Encoder(network_for(GATYS, weights), RECIPE, encodings=shared) for _ in range(2))
    for encoder, content in ((first, contents[0]), (second, contents[1]), (second, contents[2])):
        encoder.keep_contents({content.sha256})
        encoder.pair(content, style, 0)
    assert [shared.has_content(content.sha256) for content in contents] == [True, False, True, False]
    first.keep_contents({contents[3].sha256})
    assert [shared.has_content(content.sha256) for content in contents] == [False, False, True, False]


def test_an_encoder_goes_with_all_that_it_kept_as_soon_as_nobody_holds_it(
    network: Network, images: list[Image]
) -> None:
    """A report makes one for each recipe: gigabytes that wait for the collector are gigabytes too many."""
    encoder = Encoder(network, RECIPE)
    encoder.keep_contents({images[0].sha256})
    encoder.pair(images[0], images[1], 0)
    kept = weakref.ref(encoder.encodings)
    gc.disable()
    try:
        del encoder
        assert kept() is None
    finally:
        gc.enable()


def test_what_was_seen_in_tiles_is_not_taken_for_what_was_seen_whole(network: Network, images: list[Image]) -> None:
    """They differ in their last bits, and a picture's must not depend on what was made before it."""
    encoder = Encoder(network, RECIPE)
    found = []
    for tiling in (WHOLE, Tiling(32), WHOLE):
        network.tiling = tiling
        found.append(encoder.pair(images[0], images[1], 0))
    assert found[0].content is found[2].content
    assert found[0].content is not found[1].content
    assert found[0].style is not found[1].style
    encoder.forget()
    assert not encoder.has_content(images[0].sha256)
