import io

import numpy as np
import pytest
import torch
from PIL import Image

from stylizer.pictures import load
from stylizer.pictures.encode import encode
from stylizer.recipe.formats import Format
from stylizer.recipe.size import Measure, Size


def colours(picture: Image.Image) -> list[tuple[int, ...]]:
    """The pixels of an RGB picture row by row."""
    return [tuple(pixel) for row in np.asarray(picture).tolist() for pixel in row]


@pytest.mark.parametrize(("size", "long_side_px", "expected"), [
    ((400, 300), 256, (256, 192)),
    ((300, 400), 256, (192, 256)),
    ((100, 80), 256, (100, 80)),
    ((1001, 333), 100, (100, 33)),
    ((5000, 3), 100, (100, 1)),
])
def test_fitting_keeps_the_shape_and_never_scales_up(
    size: tuple[int, int], long_side_px: int, expected: tuple[int, int],
) -> None:
    assert load.fit(Image.new("RGB", size), Size(long_side_px)).size == expected


def test_fitting_does_not_alias() -> None:
    stripes = Image.fromarray(np.tile(np.array([[0], [255]], dtype=np.uint8), (64, 128))).convert("RGB")
    small = np.asarray(load.fit(stripes, Size(16)), dtype=int)
    assert abs(small[2:-2] - 127).max() <= 2


def test_pixels_survive_the_way_through_tensor_and_png() -> None:
    picture = Image.fromarray(np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 14)
    pixels = load.to_tensor(picture)
    assert pixels.shape == (1, 3, 2, 3)
    assert pixels.dtype == torch.float32
    png = encode(pixels[0], Format.PNG, quality=92)
    assert colours(Image.open(io.BytesIO(png))) == colours(picture)


def test_pixels_are_rounded_and_kept_in_range_when_saved() -> None:
    pixels = torch.tensor([-3.0, 0.4, 0.6, 254.4, 254.6, 300.0])
    assert load.to_bytes(pixels).tolist() == [0, 0, 1, 254, 255, 255]


def test_scales_are_shares_of_the_fitted_size_and_keep_a_least_side() -> None:
    def shapes(width: int, height: int) -> list[tuple[int, ...]]:
        loaded = load.load_scales(Image.new("RGB", (width, height)), Size(256), (0.25, 0.5, 1.0))
        return [tuple(pixels.shape[-2:]) for pixels in loaded]

    assert shapes(512, 384) == [(48, 64), (96, 128), (192, 256)]
    assert shapes(200, 160) == [(40, 50), (80, 100), (160, 200)]
    assert shapes(512, 80) == [(32, 205), (32, 205), (40, 256)]
    assert shapes(100, 20) == [(20, 100)] * 3


def test_an_exact_size_is_cut_from_the_middle_at_every_scale() -> None:
    ramp = Image.fromarray(np.tile(np.arange(200, dtype=np.uint8), (100, 1))).convert("RGB")
    coarse, full = load.load_scales(ramp, Size(64, Measure.EXACT, 64), (0.5, 1.0))
    assert (coarse.shape[-2:], full.shape[-2:]) == ((32, 32), (64, 64))
    for pixels in (coarse, full):
        assert pixels.mean() == pytest.approx(99.5, abs=1)      # the middle 100 of 200 columns
        assert pixels.min() >= 48
        assert pixels.max() <= 151


def test_opacity_takes_the_size_and_the_cut_of_the_picture() -> None:
    picture = Image.new("RGBA", (40, 20), (9, 9, 9, 255))
    picture.paste((9, 9, 9, 51), (0, 0, 20, 20))
    found = load.load_opacity(picture, Size(20, Measure.EXACT, 20))
    assert found is not None
    assert found.shape == (20, 20)
    assert (found[10, 2], found[10, 17]) == (51, 255)
    assert load.load_opacity(picture.convert("RGB"), Size(20)) is None
