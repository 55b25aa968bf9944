"""HEIC, as phones write it."""

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from db.errors import PictureRefused
from db.imaging.pictures import identify, open_picture, orientation
from db.imaging.srgb import opacity, to_rgb
from tests.db.imaging.making import picture


def heic(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=95, **options)
    return out.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "IMG_0001.HEIC"


def test_a_heic_is_its_picture(path: Path) -> None:
    path.write_bytes(heic(picture()))
    info = identify(path)
    assert (info.format, info.media_type, info.extension, info.width, info.height) == (
        "HEIF", "image/heic", ".heic", 48, 40)
    with open_picture(path) as opened:
        assert abs(np.asarray(to_rgb(opened), int) - np.asarray(picture(), int)).mean() < 6


def test_a_heic_that_was_turned_stands_upright_once(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture().transpose(Image.Transpose.ROTATE_90)      # how a camera that is held so stores the scene
    pillow_heif.register_heif_opener()
    turned.save(path, "HEIF", exif=exif.tobytes(), quality=95)
    assert (identify(path).width, identify(path).height) == (48, 40)
    with open_picture(path) as opened:
        assert orientation(opened) == 1
        assert abs(np.asarray(to_rgb(opened), int) - np.asarray(picture(), int)).mean() < 6


def test_its_profile_and_its_transparency_are_honoured(path: Path) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"     # its red is blue
    image = Image.new("RGBA", (32, 32), (250, 0, 0, 128))
    image.info["icc_profile"] = bytes(profile)
    path.write_bytes(heic(image))
    with open_picture(path) as opened:
        red_, _, blue_, alpha = opened.getpixel((16, 16))
        assert (red_ < 30, blue_ > 220, abs(alpha - 128) < 6) == (True, True, True)
        assert opacity(opened) is not None


def test_one_that_ends_early_or_claims_another_size_is_refused(path: Path) -> None:
    data = heic(picture())
    place = data.index(b"ispe") + 8
    for broken in (data[:-40], data[: len(data) // 2], data[:place] + b"\0\0\x24\xb8" * 2 + data[place + 8 :]):
        path.write_bytes(broken)
        with pytest.raises(PictureRefused):
            identify(path)


@pytest.mark.parametrize(("head", "words"), [
    (b"\xff\x0a" + bytes(20), "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"8BPS\0\1", "Photoshop"),
    (b"%PDF-1.7", "PDF"),
    (b"\0\0\0\x18ftypmp42" + bytes(12), "a video"),
])
def test_what_else_phones_and_programs_write_is_named_in_the_refusal(head: bytes, words: str, path: Path) -> None:
    path.write_bytes(head)
    with pytest.raises(PictureRefused, match=words):
        identify(path)
