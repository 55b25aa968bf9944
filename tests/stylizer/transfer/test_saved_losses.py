"""From images on disk to a finished file and its losses, in every format, mode of colour and size."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from torch import Tensor

from db.imaging.pictures import MAX_PIXELS, open_picture
from db.records import Image, Role
from stylizer.errors import ImageTooLarge, ImageTooSmall
from stylizer.loss.encoder import Encoder
from stylizer.loss.objective import Objective
from stylizer.loss.targets import Pair
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Network, Weights
from stylizer.pictures.encode import encode, read_back
from stylizer.pictures.load import opacity_of
from stylizer.pictures.luma import grey, luma
from stylizer.recipe.formats import Format
from stylizer.recipe.model import Colour, Recipe, StyleShape
from stylizer.recipe.presets import GATYS
from stylizer.recipe.size import MOST_PIXELS, Measure, Size
from stylizer.transfer.saved_losses import losses_of_saved_file
from stylizer.transfer.transfer import Outcome, transfer
from tests.stylizer.catalogued import catalogued, hash_of

RECIPE = replace(GATYS, size=48, steps=6, history=5)
AddImage = Callable[[PIL.Image.Image], Image]


@pytest.fixture
def add(tmp_path: Path) -> AddImage:
    """Puts a picture where the catalog would have it."""
    def put(picture: PIL.Image.Image) -> Image:
        number = len(list(tmp_path.iterdir()))
        path = tmp_path / f"{number}.png"
        picture.save(path)
        return Image(number, hash_of(path), path, Role.CONTENT, *picture.size)
    return put


def fractal(width: int, height: int, *colours: int) -> PIL.Image.Image:
    shade = PIL.Image.effect_mandelbrot((width, height), (-2, -1.5, 1, 1.5), 40)
    return PIL.Image.merge("RGB", [shade.point(lambda value, k=k: value * k // 255) for k in colours])


def made(weights: Weights, recipe: Recipe, content: Image, style: Image) -> tuple[Network, Pair, Outcome]:
    network = network_for(recipe, weights)
    pair = Encoder(network, recipe).pair(content, style, 0)
    (outcome,) = transfer(network, recipe, [pair])
    assert isinstance(outcome, Outcome)
    return network, pair, losses_of_saved_file(network, recipe, pair, outcome, opacity_of(content, recipe))


def colours_of(outcome: Outcome, recipe: Recipe, opacity: Tensor | None = None) -> Tensor:
    return read_back(encode(outcome.picture, recipe.format, quality=recipe.file_quality, opacity=opacity))


@pytest.mark.parametrize(("kind", "quality"), [
    (Format.PNG, 92), (Format.JPEG, 60), (Format.WEBP, 60), (Format.PNG16, 92), (Format.TIFF16, 92),
])
@pytest.mark.parametrize("transparent", [False, True])
def test_the_losses_are_those_of_the_file_read_back(
    kind: Format, quality: int, transparent: bool, weights: Weights, add: AddImage
) -> None:
    picture = fractal(48, 40, 255, 120, 60)
    if transparent:
        picture.putalpha(PIL.Image.linear_gradient("L").resize((48, 40)))
    content, style = add(picture), add(fractal(40, 40, 30, 90, 255))
    recipe = replace(RECIPE, format=kind, file_quality=quality)
    network, pair, outcome = made(weights, recipe, content, style)
    read = colours_of(outcome, recipe, opacity_of(content, recipe))
    terms = Objective(network, recipe, [pair]).terms(read[None])
    assert outcome.total_loss == pytest.approx(terms.total.item(), rel=1e-5)
    assert outcome.content_loss == pytest.approx(terms.content.item(), rel=1e-5)
    assert torch.equal(outcome.pixels, read.round().to(torch.uint8))
    if kind is Format.JPEG:     # and that is another picture
        eight_bits = Objective(network, recipe, [pair]).terms(outcome.picture.round()[None]).total.item()
        assert outcome.total_loss != pytest.approx(eight_bits, rel=1e-3)


def test_the_contents_transparency_is_that_of_the_picture(add: AddImage) -> None:
    picture = fractal(96, 64, 255, 255, 255)
    picture.putalpha(PIL.Image.linear_gradient("L").resize((96, 64)))
    found = opacity_of(add(picture), RECIPE)
    assert found is not None
    assert found.shape == (32, 48)
    np.testing.assert_allclose(found[:, 0], np.asarray(picture.getchannel("A").resize((48, 32)))[:, 0], atol=3)
    assert opacity_of(add(fractal(96, 64, 1, 1, 1)), RECIPE) is None


def test_by_luminance_the_picture_has_the_contents_colours_and_the_losses_of_its_luma(
    weights: Weights, add: AddImage
) -> None:
    recipe = replace(RECIPE, colour=Colour.LUMINANCE, steps=12)
    content, style = add(fractal(48, 40, 255, 120, 60)), add(fractal(40, 40, 30, 90, 255))
    _, pair, outcome = made(weights, recipe, content, style)
    assert outcome.total_loss < 0.7 * outcome.start_loss
    picture, original = outcome.picture[None], pair.content.pixels
    assert (luma(picture) - luma(original)).abs().mean() > 2
    chroma, wanted = picture - grey(picture), original - grey(original)
    assert torch.linalg.cross(chroma, wanted, dim=1).abs().max() < 1
    coloured = Network(weights, recipe.layers, edge=recipe.edge).features(grey(outcome.pixels[None].float()))
    expected = (coloured["relu4_2"] - pair.content.features["relu4_2"]).square().mean().item()
    assert outcome.content_loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("colour", [Colour.MATCH, Colour.HISTOGRAM])
def test_a_style_is_seen_in_the_colours_of_each_content(colour: Colour, weights: Weights, add: AddImage) -> None:
    recipe = replace(RECIPE, colour=colour)
    encoder = Encoder(network_for(recipe, weights), recipe)
    style = add(fractal(40, 40, 30, 90, 255))
    for red, green, blue in ((255, 120, 60), (20, 120, 200)):
        pair = encoder.pair(add(fractal(48, 40, red, green, blue)), style, 0)
        torch.testing.assert_close(
            pair.style.pixels.mean((0, 2, 3)), pair.content.pixels.mean((0, 2, 3)), atol=12, rtol=0)


@pytest.mark.parametrize(("changes", "content", "style"), [
    ({}, (40, 48), (36, 48)),
    ({"style_scale": 0.5}, (40, 48), (18, 24)),
    ({"size": 32, "measure": Measure.SHORT}, (32, 38), (32, 43)),
    ({"size": 1200, "measure": Measure.PIXELS}, (32, 38), (30, 40)),
    ({"size": 32, "measure": Measure.EXACT, "height": 32}, (32, 32), (28, 37)),
    ({"size": 96, "upscale": True}, (80, 96), (72, 96)),
    ({"size": 96}, (80, 96), (48, 64)),
    ({"style_shape": StyleShape.CONTENT}, (40, 48), (40, 48)),
], ids=str)
def test_content_and_style_have_the_sizes_that_the_recipe_says(
    changes: dict[str, object], content: tuple[int, int], style: tuple[int, int], weights: Weights, add: AddImage
) -> None:
    recipe = replace(RECIPE, **changes)
    large = add(fractal(96, 80, 255, 120, 60))
    if recipe.upscale:
        large = add(fractal(48, 40, 255, 120, 60))
    pair = Encoder(network_for(recipe, weights), recipe).pair(large, add(fractal(64, 48, 9, 90, 255)), 0)
    assert (tuple(pair.content.pixels.shape[-2:]), tuple(pair.style.pixels.shape[-2:])) == (content, style)


def test_a_panorama_too_thin_says_which_it_is_and_what_helps(weights: Weights, add: AddImage) -> None:
    panorama, style = add(fractal(800, 40, 255, 120, 60)), add(fractal(40, 40, 1, 90, 255))
    encoder = Encoder(network_for(RECIPE, weights), RECIPE)
    with pytest.raises(ImageTooSmall, match=r"content 0 is 48 x 2 pixels: .* at least 16.*--size short:64"):
        encoder.pair(panorama, style, 0)
    recipe = replace(RECIPE, size=32, measure=Measure.SHORT, steps=2)
    assert made(weights, recipe, panorama, style)[2].pixels.shape == (3, 32, 640)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_a_picture_of_any_mode_is_painted(mode: str, weights: Weights, add: AddImage, tmp_path: Path) -> None:
    picture = fractal(48, 40, 255, 120, 60)
    if mode == "I;16":
        stored = PIL.Image.fromarray(np.asarray(picture.convert("L"), dtype=np.uint16) * 257)
    else:
        stored = picture.convert(mode)
    path = tmp_path / "content.tif"
    stored.save(path)
    content = catalogued(99, path, Role.CONTENT, 48, 40)
    _, _, outcome = made(weights, replace(RECIPE, steps=1), content, add(fractal(40, 40, 30, 90, 255)))
    with open_picture(path) as opened:
        wanted = np.asarray(opened.convert("RGB") if mode != "I;16" else picture.convert("L").convert("RGB"), dtype=int)
    # One evaluation, and the start from the content is what is saved.
    assert np.abs(outcome.pixels.permute(1, 2, 0).numpy().astype(int) - wanted).max() <= 1


def test_of_an_animation_the_first_frame_is_painted(weights: Weights, add: AddImage, tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    content = catalogued(99, path, Role.CONTENT, 32, 32)
    _, _, outcome = made(weights, replace(RECIPE, steps=1), content, add(fractal(40, 40, 30, 90, 255)))
    assert outcome.pixels[:, 16, 16].tolist() == [255, 0, 0]


@pytest.mark.parametrize(("size", "changes", "advice"), [
    ((15, 15), {}, "--upscale"),
    ((15, 15), {"upscale": True, "size": 16, "style_scale": 0.5}, "--size short:64"),
    ((640, 10), {}, "--size short:64 --upscale"),
    ((64, 48), {"style_scale": 0.1}, "--style-scale 1 --size short:64 --upscale"),
], ids=str)
def test_the_advice_for_a_small_image_is_what_helps(
    size: tuple[int, int], changes: dict[str, object], advice: str, weights: Weights, add: AddImage
) -> None:
    recipe = replace(RECIPE, **changes)
    content, style = add(fractal(64, 64, 255, 120, 60)), add(fractal(*size, 9, 90, 255))
    with pytest.raises(ImageTooSmall, match=f"style 1 is .* such as {advice}$"):
        Encoder(network_for(recipe, weights), recipe).pair(content, style, 0)


def test_no_advice_leads_to_a_picture_that_is_too_large(weights: Weights, add: AddImage) -> None:
    recipe = replace(RECIPE, size=64)
    content, style = add(fractal(64, 64, 255, 120, 60)), replace(add(fractal(20, 1, 9, 90, 255)), width=20_000)
    with pytest.raises(ImageTooSmall, match=r"16 on each side$"):
        Encoder(network_for(recipe, weights), recipe).pair(content, style, 0)


@pytest.mark.parametrize(("size", "width", "told"), [
    (Size(60_000, upscale=True), 64, "60000 x 30000 pixels, more than the 89 million"),
    (Size(64, Measure.SHORT, upscale=True), 33_000, "66000 x 64 pixels, more than the 65535 of a side"),
], ids=["pixels", "side"])
def test_a_picture_too_large_for_the_store_is_told_before_it_takes_memory(
    size: Size, width: int, told: str, weights: Weights, add: AddImage
) -> None:
    recipe = replace(RECIPE, size=size.pixels, measure=size.measure, upscale=size.upscale)
    style = add(fractal(40, 40, 1, 90, 255))
    with pytest.raises(ImageTooLarge, match=rf"content 1 would be {told}.*smaller --size"):
        Encoder(network_for(recipe, weights), recipe).pair(add(fractal(width, 32, 255, 120, 60)), style, 0)
    assert MOST_PIXELS == MAX_PIXELS
