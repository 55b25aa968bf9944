"""Stored files as people should see them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from db.errors import PictureRefused
from gallery.rendition import at_most, encoded, open_rendition


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    stored = Image.new("RGB", (40, 20), "red")
    stored.paste("blue", (20, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6    # the camera was turned: the stored left is the top
    stored.save(tmp_path / "a.png", exif=exif)
    shown = open_rendition(tmp_path / "a.png")
    assert shown.size == (20, 40)
    assert shown.getpixel((10, 5)) == (255, 0, 0)
    assert shown.getpixel((10, 35)) == (0, 0, 255)


def test_the_colours_of_a_wide_profile_become_srgb(tmp_path: Path) -> None:
    # A profile whose red and blue are exchanged: its red can only come out blue if the profile is honoured.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    Image.new("RGB", (8, 8), (255, 0, 0)).save(tmp_path / "a.png", icc_profile=bytes(profile))
    red_value, _, blue_value = open_rendition(tmp_path / "a.png").getpixel((4, 4))
    assert (red_value, blue_value) == (0, 255)


@pytest.mark.parametrize(
    "profile", [b"no profile at all", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_is_none_or_fits_not_is_ignored(tmp_path: Path, profile: bytes) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png", icc_profile=profile)
    assert open_rendition(tmp_path / "a.png").getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_shows_white(tmp_path: Path, mode: str) -> None:
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 4, 8))
    picture.convert(mode).save(tmp_path / "a.png")
    shown = open_rendition(tmp_path / "a.png")
    assert (shown.mode, shown.getpixel((1, 4)), shown.getpixel((6, 4))) == ("RGB", (255, 255, 255), (0, 0, 0))


def test_sixteen_bits_are_scaled_to_eight_and_not_clipped(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 0x8000, np.uint16)).save(tmp_path / "a.png")
    assert open_rendition(tmp_path / "a.png").getpixel((4, 4)) == (128, 128, 128)


@pytest.mark.parametrize("mode", ["1", "L", "CMYK", "F"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    Image.new("RGB", (8, 8), "white").convert(mode).save(tmp_path / "a.tif")
    shown = open_rendition(tmp_path / "a.tif")
    assert (shown.mode, shown.getpixel((4, 4))) == ("RGB", (255, 255, 255))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue()[:-400])
    with pytest.raises(PictureRefused):
        open_rendition(tmp_path / "a.png")


@pytest.mark.parametrize(("size", "expected"), [((3000, 1), (100, 1)), ((50, 20), (50, 20)), ((400, 200), (100, 50))])
def test_a_thumbnail_keeps_its_aspect_and_never_grows(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert at_most(Image.new("RGB", size), 100).size == expected


def test_what_an_encoder_gives_up_on_is_one_item_that_failed() -> None:
    with pytest.raises(PictureRefused, match="cannot be drawn"):
        encoded(Image.new("RGB", (20_000, 4)), "WEBP")


def test_a_picture_that_is_too_long_for_a_jpeg_is_made_smaller() -> None:
    with Image.open(io.BytesIO(encoded(Image.new("RGB", (64, 70_000), "red"), "JPEG"))) as drawn:
        assert drawn.size == (60, 65_500)


def test_the_longest_pictures_have_thumbnails() -> None:
    for size in ((64, 70_000), (70_000, 64), (1, 70_000)):
        assert max(at_most(Image.new("RGB", size), 640).size) == 640
