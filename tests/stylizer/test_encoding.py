from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from db.records import Image, Role
from stylizer.encoding import Encoder
from stylizer.recipes import GATYS
from stylizer.vgg import Network


@pytest.mark.parametrize("scales", [(1.0,), (0.5, 1.0)])
def test_n_contents_and_m_styles_take_n_plus_m_passes_a_scale(
    network: Network, tmp_path: Path, scales: tuple[float, ...]
) -> None:
    def image(number: int, role: Role) -> Image:
        path = tmp_path / f"{number}.png"
        PIL.Image.new("RGB", (64, 64), (40 * number, 0, 0)).save(path)
        return Image(number, f"{number:064d}", path, role, 64, 64)

    contents = [image(number, Role.CONTENT) for number in range(3)]
    styles = [image(number, Role.STYLE) for number in range(3, 5)]
    encoder = Encoder(network, replace(GATYS, size=64, scales=scales))
    pairs = [encoder.pair(content, style, 0) for content in contents for style in styles]
    assert network.passes == (3 + 2) * len(scales)
    assert [len(pair.coarser) for pair in pairs] == [len(scales) - 1] * 6
    assert pairs[0].content.pixels.shape[-2:] == (64, 64)
    assert pairs[0].coarser == () or pairs[0].coarser[0].content.pixels.shape[-2:] == (32, 32)
