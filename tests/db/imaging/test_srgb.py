import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from db.imaging.srgb import opacity, to_rgb

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def saved(picture: Image.Image, kind: str, **options: object) -> Image.Image:
    """The picture as it comes back from a file of this format."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    opened = Image.open(file)
    opened.load()
    return opened


def colours(picture: Image.Image) -> list[tuple[int, ...]]:
    """The pixels of an RGB picture row by row."""
    return [tuple(pixel) for row in np.asarray(picture).tolist() for pixel in row]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_in_upright(orientation: int) -> None:
    upright = Image.new("RGB", (3, 2))
    upright.putdata([RED, GREEN, BLUE, WHITE, GREEN, RED])
    # How a camera held that way stores the scene: the inverse of what a viewer must do.
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(inverse[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert colours(to_rgb(saved(stored, "PNG", exif=exif))) == colours(upright)


def test_a_16_bit_grey_picture_is_rounded_to_8_bits() -> None:
    stored = Image.fromarray(np.array([[0, 257, 65535, 200 * 257 + 128, 200 * 257 + 129]], dtype=np.uint16))
    opened = saved(stored, "PNG")
    assert opened.mode.startswith("I")
    assert [red for red, _, _ in colours(to_rgb(opened))] == [0, 1, 255, 200, 201]


def test_a_cmyk_jpeg_comes_in_in_its_own_colours() -> None:
    opened = saved(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG", quality=100)
    assert opened.mode == "CMYK"
    red, green, blue = colours(to_rgb(opened))[100]
    assert red > 250
    assert max(green, blue) < 5


def test_a_palette_with_transparency_is_laid_over_white() -> None:
    stored = Image.new("P", (2, 1))
    stored.putpalette([*RED, *BLUE])
    stored.putdata([0, 1])
    assert colours(to_rgb(saved(stored, "PNG", transparency=1))) == [RED, WHITE]
    assert colours(to_rgb(saved(stored, "PNG"))) == [RED, BLUE]


@pytest.mark.parametrize(("mode", "pixel", "expected"), [
    ("L", 77, (77, 77, 77)),
    ("1", 255, WHITE),
    ("LA", (0, 0), WHITE),
    ("LA", (50, 255), (50, 50, 50)),
    ("RGBA", (*RED, 0), WHITE),
    ("RGBA", (*BLUE, 255), BLUE),
    ("RGBA", (0, 0, 0, 51), (204, 204, 204)),
])
def test_grey_and_transparent_modes_come_in_as_they_are_seen(
    mode: str, pixel: object, expected: tuple[int, int, int],
) -> None:
    assert colours(to_rgb(saved(Image.new(mode, (1, 1), pixel), "PNG"))) == [expected]


def test_grey_and_rgb_with_a_transparent_colour_are_laid_over_white() -> None:
    grey = saved(Image.new("L", (1, 1), 9), "PNG", transparency=9)
    assert colours(to_rgb(grey)) == [WHITE]
    red = saved(Image.new("RGB", (1, 1), RED), "PNG", transparency=RED)
    assert colours(to_rgb(red)) == [WHITE]


def test_a_colour_profile_is_turned_into_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.createProfile("sRGB")
    picture = ImageCms.profileToProfile(Image.new("RGB", (1, 1), (200, 60, 90)), srgb, lab, outputMode="LAB")
    picture.info["icc_profile"] = lab.tobytes()
    np.testing.assert_allclose(colours(to_rgb(picture)), [(200, 60, 90)], atol=3)


def test_an_srgb_profile_changes_nothing_and_a_broken_one_is_ignored() -> None:
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"no profile"):
        picture = saved(Image.new("RGB", (1, 1), (200, 60, 90)), "PNG", icc_profile=profile)
        assert colours(to_rgb(picture)) == [(200, 60, 90)]


@pytest.mark.parametrize(("mode", "pixels", "expected"), [
    ("RGBA", [(*RED, 0), (*RED, 200)], [0, 200]),
    ("LA", [(9, 77), (9, 255)], [77, 255]),
    ("RGBA", [(*RED, 255), (*RED, 255)], None),
    ("RGB", [RED, BLUE], None),
    ("L", [1, 2], None),
])
def test_the_opacity_of_a_picture_is_its_alpha_channel_or_nothing(
    mode: str, pixels: list[object], expected: list[int] | None
) -> None:
    picture = Image.new(mode, (2, 1))
    picture.putdata(pixels)
    found = opacity(saved(picture, "PNG"))
    assert (found and np.asarray(found)[0].tolist()) == expected


def test_the_opacity_is_as_upright_as_the_picture() -> None:
    stored = Image.new("RGBA", (2, 1))
    stored.putdata([(*RED, 10), (*RED, 20)])
    exif = Image.Exif()
    exif[0x0112] = 6    # what is stored at the left is the top
    found = opacity(saved(stored, "PNG", exif=exif))
    assert found is not None
    assert np.asarray(found).tolist() == [[10], [20]]


def test_a_palettes_transparent_entry_is_not_opaque() -> None:
    stored = Image.new("P", (2, 1))
    stored.putpalette([*RED, *BLUE])
    stored.putdata([0, 1])
    found = opacity(saved(stored, "PNG", transparency=1))
    assert found is not None
    assert np.asarray(found).tolist() == [[255, 0]]
