from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from db.records import Image, Role
from stylizer.loss.encoder import Encoder
from stylizer.network.vgg import Network
from stylizer.pictures.guidance import Guidance, InitialImage, regions
from stylizer.recipe.model import Colour
from stylizer.recipe.presets import GATYS
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


def test_a_style_in_a_contents_colours_goes_with_that_content(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylizer.loss.encoder.CONTENTS_BYTES", 0)
    path = tmp_path / "picture.png"
    PIL.Image.effect_noise((48, 48), 50).convert("RGB").save(path)
    first, second, style = (catalogued(number, path, Role.BOTH, 48, 48) for number in range(3))
    encoder = Encoder(network, replace(GATYS, size=48, colour=Colour.MATCH))
    encoder.pair(first, style, 0)
    encoder.keep_contents({second.sha256})
    encoder.pair(second, style, 0)
    assert [content for _, content, _ in encoder._styles] == [second.sha256]


def test_contents_are_kept_by_their_bytes_for_a_run_that_comes_back_to_them(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    PIL.Image.effect_noise((48, 48), 50).convert("RGB").save(path)
    *contents, style = (Image(number, f"{number:064d}", path, Role.BOTH, 48, 48) for number in range(5))
    encoder = Encoder(network, replace(GATYS, size=48))
    of_one = 4 * (3 * 48 * 48 + 512 * 6 * 6)        # its pixels, and its features at relu4_2
    monkeypatch.setattr("stylizer.loss.encoder.CONTENTS_BYTES", 2 * of_one)
    for content in contents:
        encoder.keep_contents({content.sha256})
        encoder.pair(content, style, 0)
    encoder.keep_contents({contents[1].sha256})
    assert [encoder.has_content(content.sha256) for content in contents] == [False, True, False, True]
    passes = network.passes
    encoder.pair(contents[1], style, 0)
    assert network.passes == passes
    monkeypatch.setattr("stylizer.loss.encoder.CONTENTS_BYTES", 0)
    encoder.keep_contents({content.sha256 for content in contents[:2]})
    assert [encoder.has_content(content.sha256) for content in contents] == [False, True, False, False]


def test_styles_are_kept_by_their_bytes(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.png"
    PIL.Image.effect_noise((48, 48), 50).convert("RGB").save(path)
    content, *styles = (catalogued(number, path, Role.BOTH, 48, 48) for number in range(4))
    encoder = Encoder(network, replace(GATYS, size=48))
    grams = sum(channels**2 for channels in (64, 128, 256, 512, 512))
    monkeypatch.setattr("stylizer.loss.encoder.STYLES_BYTES", 2 * 4 * (grams + 3 * 48 * 48))
    for style in styles:
        encoder.pair(content, style, 0)
    assert [sha256 for sha256, _, _ in encoder._styles] == [style.sha256 for style in styles[1:]]


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
