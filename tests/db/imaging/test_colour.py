"""What a PNG or HEIF says of its colours and transparency is what is seen."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from db.errors import PictureRefused
from db.imaging import decode
from db.imaging.colour import of_code_points, of_png, to_srgb
from db.imaging.limits import Limits
from tests.db.imaging.making import chunk, encoded, picture, png, png_of

Load = Callable[[bytes], Image.Image]
SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
WIDE = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)      # Display P3


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(data: bytes) -> Image.Image:
        (tmp_path / "file").write_bytes(data)
        return decode.as_seen(decode.load(tmp_path / "file", Limits()))

    return run


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def primaries(values: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *values))


def to_light(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def seen(light: np.ndarray) -> np.ndarray:
    """Light as 8-bit sRGB, by the standard's own words."""
    return np.rint(255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055))


RAMP = np.arange(0, 65536, 64, dtype=np.uint16).reshape(8, -1)


@pytest.mark.parametrize("value", [1.0, 0.55, 0.35, 0.55556])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_gamma_without_a_profile_is_applied_at_full_depth(
    value: float, depth: int, channels: int, load: Load
) -> None:
    values = RAMP if depth == 16 else (RAMP >> 8).astype(np.uint8)
    expected = seen((values / np.iinfo(values.dtype).max) ** (1 / value))
    stored = values if channels == 1 else np.stack([values, values[::-1], np.zeros_like(values)], 2)
    found = np.asarray(load(png_of(stored, gamma(value))), dtype=float)
    assert abs((found if channels == 1 else found[..., 0]) - expected).max() == 0
    assert channels == 1 or abs(found[..., 1] - expected[::-1]).max() == 0


@pytest.mark.parametrize("told", [
    gamma(0.45455), gamma(0.45455) + primaries(SRGB_CHROMATICITIES), gamma(0), gamma(1.0) + chunk(b"sRGB", b"\0"),
    chunk(b"sRGB", b"\0") + gamma(1.0) + primaries(WIDE), gamma(1.0) + chunk(b"cICP", bytes((1, 13, 0, 1))),
    primaries((31270, 32900, 1, 0, 1, 0, 1, 0)),
], ids=str)
def test_what_is_srgb_already_or_makes_no_sense_changes_nothing(told: bytes, load: Load) -> None:
    assert load(png_of(np.asarray(picture()), told)).tobytes() == picture().tobytes()


def test_a_profile_comes_before_a_gamma(load: Load) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded("PNG", picture(), icc_profile=profile)
    assert load(data[:33] + gamma(1.0) + data[33:]).tobytes() == picture().tobytes()


@pytest.mark.parametrize("told", [
    primaries(WIDE), gamma(0.45455) + primaries(WIDE), chunk(b"cICP", bytes((12, 13, 0, 1)))
], ids=["primaries", "gamma and primaries", "code points"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_wide_primaries_become_srgb(told: bytes, dtype: type, load: Load) -> None:
    most = np.iinfo(dtype).max
    shares = np.array([[[1, 1, 1], [0.5, 0.5, 0.5], [0.6, 0.4, 0.3], [0.2, 0.7, 0.4], [1, 0, 0], [0, 0, 0]]])
    found = np.asarray(load(png_of(np.rint(shares * most).astype(dtype), told)), dtype=float)
    # Display P3 to sRGB, both D65 (CSS Color 4, section 17)
    matrix = np.array([[1.2249401763, -0.2249401763, 0], [-0.0420569547, 1.0420569547, 0],
                       [-0.0196375546, -0.0786360456, 1.0982736001]])
    light = to_light(np.rint(shares * most) / most) @ matrix.T
    assert abs(found - seen(light.clip(0, 1))).max() <= 1
    assert found[0, 4].tolist() == [255, 0, 0]


def test_another_white_becomes_white(load: Load) -> None:
    warm = (34570, 35850, *SRGB_CHROMATICITIES[2:])      # D50
    found = np.asarray(load(png_of(np.full((2, 2, 3), 255, np.uint8), gamma(0.45455) + primaries(warm))))
    assert found.min() >= 254


def test_code_points_come_before_all_else_and_what_is_brighter_than_white_is_refused(load: Load) -> None:
    linear = chunk(b"cICP", bytes((1, 8, 0, 1))) + chunk(b"sRGB", b"\0")
    values = np.asarray(picture())
    assert np.array_equal(np.asarray(load(png_of(values, linear))), seen(values / 255))
    for transfer, name in ((16, "PQ"), (18, "HLG")):
        with pytest.raises(PictureRefused, match=rf"HDR \({name}\)"):
            load(png_of(values, chunk(b"cICP", bytes((9, transfer, 0, 1)))))
    with pytest.raises(PictureRefused, match="primaries 22"):
        of_code_points(22, 13)
    with pytest.raises(PictureRefused, match="transfer 9"):
        of_code_points(1, 9)


def test_a_gamma_leaves_transparency_and_palettes_their_places(load: Load) -> None:
    values = np.dstack([np.asarray(picture()), np.full(picture().size[::-1], 77, np.uint8)])
    found = np.asarray(load(png_of(values, gamma(1.0))))
    assert np.array_equal(found[..., :3], seen(values[..., :3] / 255))
    assert (found[..., 3] == 77).all()
    palette = chunk(b"PLTE", bytes((10, 20, 30, 200, 100, 50))) + chunk(b"tRNS", bytes((255, 9)))
    entries = np.asarray(load(png((2, 1), 8, 3, b"\0\0\1", gamma(1.0) + palette)))[0]
    assert np.array_equal(entries[:, :3], seen(np.array([[10, 20, 30], [200, 100, 50]]) / 255))
    assert entries[:, 3].tolist() == [255, 9]


def test_numbers_without_a_meaning_here_are_left_alone() -> None:
    assert of_png({}).is_srgb
    assert of_png({b"gAMA": struct.pack(">I", 1)}).is_srgb
    assert of_code_points(2, 2).is_srgb
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    wide = of_png({b"cHRM": struct.pack(">8I", *WIDE)})
    assert np.array_equal(to_srgb(grey, wide), grey)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_transparent_grey_of_a_png_is_transparent_at_any_depth(depth: int, load: Load) -> None:
    most, width = 2**depth - 1, 8
    values = [0, 1, most, most - 1 if depth > 1 else 0, 1, 0, most // 2, most]
    bits = "".join(f"{value:0{depth}b}" for value in values)
    row = b"\0" + int(bits, 2).to_bytes(width * depth // 8, "big")
    found = np.asarray(load(png((width, 1), depth, 0, row, chunk(b"tRNS", struct.pack(">H", 1)))))
    assert found[0, :, -1].tolist() == [0 if value == 1 else 255 for value in values]
    assert found[0, :, 0].tolist() == [round(255 * value / most) for value in values]


def test_the_transparent_grey_of_16_bits_is_one_of_65536(load: Load) -> None:
    values = np.array([[63479, 63478, 63480, 0]], np.uint16)
    found = np.asarray(load(png_of(values, chunk(b"tRNS", struct.pack(">H", 63479)))))
    assert found[..., 1].tolist() == [[0, 255, 255, 255]]
    assert found[..., 0].tolist() == [[247, 247, 247, 0]]


def test_the_transparent_colour_of_16_bits_is_one_of_all_its_bits(load: Load) -> None:
    values = np.array([[[1000, 2000, 3000], [1000, 2000, 3001], [1001, 2000, 3000], [65535, 0, 0]]], np.uint16)
    found = np.asarray(load(png_of(values, chunk(b"tRNS", struct.pack(">3H", 1000, 2000, 3000)))))
    assert found[..., 3].tolist() == [[0, 255, 255, 255]]
    assert found[0, 3, :3].tolist() == [255, 0, 0]
    told = gamma(1.0) + chunk(b"tRNS", struct.pack(">3H", 1000, 2000, 3000))
    assert np.asarray(load(png_of(values, told)))[..., 3].tolist() == [[0, 255, 255, 255]]
