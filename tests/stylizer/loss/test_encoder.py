import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import torch

from db.records import Image, Role
from stylizer.loss.encoder import Encoder
from stylizer.loss.meter import meter_for
from stylizer.loss.targets import style_target
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.pictures.guidance import Guidance, InitialImage, blend, parse_weights, regions
from stylizer.recipe.model import Colour, Recolouring
from stylizer.recipe.presets import BALANCED, GATYS
from stylizer.recipe.size import Measure
from tests.stylizer.catalogued import catalogued, hash_of


@pytest.mark.parametrize("scales", [(1.0,), (0.5, 1.0)])
def test_n_contents_and_m_styles_take_n_plus_m_passes_a_scale(
    network: Network, tmp_path: Path, scales: tuple[float, ...]
) -> None:
    def image(number: int, role: Role) -> Image:
        path = tmp_path / f"{number}.png"
        PIL.Image.new("RGB", (64, 64), (40 * number, 0, 0)).save(path)
        return catalogued(number, path, role, 64, 64)

    contents = [image(number, Role.CONTENT) for number in range(3)]
    styles = [image(number, Role.STYLE) for number in range(3, 5)]
    encoder = Encoder(network, replace(GATYS, size=64, scales=scales))
    pairs = [encoder.pair(content, style, 0) for content in contents for style in styles]
    assert network.passes == (3 + 2) * len(scales)
    assert [len(pair.coarser) for pair in pairs] == [len(scales) - 1] * 6
    assert pairs[0].content.pixels.shape[-2:] == (64, 64)
    assert pairs[0].coarser == () or pairs[0].coarser[0].content.pixels.shape[-2:] == (32, 32)


def test_what_belongs_to_a_content_is_cut_like_it(network: Network, tmp_path: Path) -> None:
    """The middle third of a wide content, with a mask and a start of its shape."""
    drawn = PIL.Image.new("RGB", (144, 48))
    drawn.paste((255, 255, 255), (72, 0, 144, 48))
    path = tmp_path / "halves.png"
    drawn.save(path)
    content, *styles = (catalogued(number, path, Role.BOTH, 144, 48) for number in range(3))
    cut = Guidance(regions(content, styles, path, None), InitialImage(path, hash_of(path)))
    pair = Encoder(network, replace(GATYS, size=48, measure=Measure.EXACT, height=48), cut).pair(content, styles[0], 0)
    assert pair.content.regions is not None
    assert pair.start is not None
    assert pair.content.regions.shape == (1, 2, 48, 48)
    assert pair.content.regions[0, 1].mean(0).round().tolist() == [0] * 24 + [1] * 24
    assert (pair.start.mean((0, 1, 2)) > 128).int().tolist() == [0] * 24 + [1] * 24


@pytest.fixture
def painted(tmp_path: Path) -> tuple[Image, Image, Image]:
    """A content and two styles of other colours."""
    found = []
    for number, colour in enumerate([(200, 190, 180), (30, 60, 120), (150, 20, 40)]):
        path = tmp_path / f"{number}.png"
        noise = PIL.Image.effect_noise((64, 48), 60).convert("RGB")
        PIL.Image.blend(noise, PIL.Image.new("RGB", (64, 48), colour), 0.5).save(path)
        found.append(catalogued(number, path, Role.BOTH, 64, 48))
    return found[0], found[1], found[2]


def test_a_content_is_encoded_in_the_colours_of_each_style_and_kept_in_its_own(
    weights: Weights, painted: tuple[Image, Image, Image]
) -> None:
    recipe = replace(BALANCED, size=64)
    encoder = Encoder(network_for(recipe, weights), recipe, meter=meter_for(recipe, weights))
    content, *styles = painted
    for style in styles:
        pair = encoder.pair(content, style, 0)
        assert pair.content.recoloured is not None
        own, wanted = (pixels[0].mean((1, 2)) for pixels in (pair.content.shown, pair.style.pixels))
        torch.testing.assert_close(own, wanted, rtol=0, atol=2)
        (layer,) = pair.content.features
        seen = encoder.network.features(pair.content.shown)[layer]
        torch.testing.assert_close(pair.content.features[layer], seen)
        own_target = style_target(encoder.network, recipe, pair.content.pixels)
        for name, statistics in pair.content.statistics.items():
            torch.testing.assert_close(statistics, own_target.grams[name])
        assert set(pair.content.metered) == set(pair.style.metered) == {f"relu{block}_2" for block in range(1, 6)}


def test_several_styles_give_their_mean_colours(weights: Weights, painted: tuple[Image, Image, Image]) -> None:
    recipe = replace(BALANCED, size=64)
    content, *styles = painted
    network = network_for(recipe, weights)
    mixed = Encoder(network, recipe, Guidance(blend(styles, parse_weights("1:1")))).pair(content, styles[0], 0)
    colours = [Encoder(network, recipe).pair(content, style, 0).style.pixels[0].mean((1, 2)) for style in styles]
    torch.testing.assert_close(mixed.content.shown[0].mean((1, 2)), sum(colours) / 2, rtol=0, atol=2)


@pytest.fixture
def narrow(tmp_path: Path) -> Callable[[int], Image]:
    """Makes an image of 64 px and this height."""

    def make(height: int) -> Image:
        path = tmp_path / "narrow.png"
        PIL.Image.effect_noise((64, height), 60).convert("RGB").save(path)
        return catalogued(9, path, Role.BOTH, 64, height)

    return make


@pytest.mark.parametrize("scales", [(1.0,), (0.5, 1.0)])
def test_a_content_that_is_too_small_for_the_meter_spoils_no_later_pair(
    scales: tuple[float, ...], weights: Weights, painted: tuple[Image, Image, Image],
    narrow: Callable[[int], Image],
) -> None:
    recipe = replace(BALANCED, size=64, scales=scales)
    encoder = Encoder(network_for(recipe, weights), recipe, meter=meter_for(recipe, weights))
    tiny = encoder.pair(narrow(12), painted[1], 0)
    later = encoder.pair(painted[0], painted[1], 0)
    assert tiny.content.metered == {}
    for pair in (*later.coarser, later):
        assert pair.content.metered.keys() == pair.style.metered.keys() != set()


@pytest.mark.parametrize(("scale", "steps", "seen"), [
    (3, 120, [True, False, True]), (4, 120, [True, True, True]), (4, 24, [True, True, False]),
])
def test_the_meter_sees_an_image_at_the_scales_where_pictures_are_looked_at(
    scale: int, steps: int, seen: list[bool], weights: Weights, painted: tuple[Image, Image, Image]
) -> None:
    recipe = replace(BALANCED, size=64, scales=(0.25, 0.5, 1.0), steps=steps, strength_scale=scale)
    pair = Encoder(network_for(recipe, weights), recipe, meter=meter_for(recipe, weights)).pair(*painted[:2], 0)
    for target in ("content", "style"):
        assert [bool(getattr(each, target).metered) for each in (*pair.coarser, pair)] == seen


@pytest.mark.parametrize("scale", [1, 2])
def test_the_meter_sees_all_of_a_style_that_is_trimmed_but_where_it_was_told_beside_the_rest(
    scale: int, weights: Weights, painted: tuple[Image, Image, Image]
) -> None:
    recipe = replace(BALANCED, size=64, style_trim=0.2, strength_scale=scale)
    meter, network = meter_for(recipe, weights), network_for(recipe, weights)
    assert meter is not None
    whole, trimmed = (
        Encoder(network, replace(recipe, style_trim=trim), meter=meter).pair(painted[0], painted[1], 0).style
        for trim in (0.0, 0.2))
    assert trimmed.pixels.shape[-1] < whole.pixels.shape[-1]
    assert all(trimmed.metered[name].equal(whole.metered[name]) is (scale == 2) for name in whole.metered)


@pytest.mark.parametrize("is_first", [False, True])
def test_a_mixture_with_a_style_that_is_too_small_for_the_meter_is_made_without_it(
    is_first: bool, weights: Weights, painted: tuple[Image, Image, Image], narrow: Callable[[int], Image]
) -> None:
    recipe = replace(BALANCED, size=64, style_scale=0.5)
    meter = meter_for(recipe, weights)
    assert meter is not None
    content, *styles = painted
    mixed = [narrow(24), styles[0]] if is_first else [styles[0], narrow(24)]
    guidance = Guidance(blend(mixed, parse_weights("1:1")))
    pair = Encoder(network_for(recipe, weights), recipe, guidance, meter=meter).pair(content, mixed[0], 0)
    assert pair.content.metered
    assert math.isnan(meter.measure(pair.content.pixels, [pair])[0])


@pytest.mark.parametrize("change", [
    {"colour": Colour.MATCH}, {"colour": Colour.HISTOGRAM}, {"colour": Colour.LUMINANCE}, {"strength": 0.0},
    {"strength": 100.0}, {"strength": None, "recolour": Recolouring.NONE},
], ids=str)
def test_a_style_that_has_no_colours_to_give_changes_none(
    change: dict[str, Any], weights: Weights, painted: tuple[Image, Image, Image]
) -> None:
    recipe = replace(BALANCED, size=64, **change)
    pair = Encoder(network_for(recipe, weights), recipe).pair(painted[0], painted[1], 0)
    assert pair.content.shown is pair.content.pixels


def test_what_stands_at_the_sides_of_a_style_is_not_looked_at(weights: Weights, tmp_path: Path) -> None:
    framed = PIL.Image.new("RGB", (100, 100), (255, 0, 0))
    framed.paste(PIL.Image.new("RGB", (94, 94), (40, 90, 140)), (3, 3))
    for name, drawn in (("framed", framed), ("plain", framed.crop((3, 3, 97, 97))), ("content", framed)):
        drawn.save(tmp_path / f"{name}.png")
    content, style, plain = (
        catalogued(number, tmp_path / f"{name}.png", Role.BOTH, *size)
        for number, (name, size) in enumerate({"content": (100, 100), "framed": (100, 100), "plain": (94, 94)}.items()))
    found = []
    for image, trim in ((style, 0.03), (plain, 0.0)):
        recipe = replace(BALANCED, size=100, style_trim=trim)
        found.append(Encoder(network_for(recipe, weights), recipe).pair(content, image, 0))
    trimmed, cropped = found
    assert torch.equal(trimmed.style.pixels, cropped.style.pixels)
    assert torch.equal(trimmed.content.shown, cropped.content.shown)
    for name, gram in cropped.style.grams.items():
        torch.testing.assert_close(trimmed.style.grams[name], gram)
