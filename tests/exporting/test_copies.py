"""Copies: the bytes of the library, or pictures of another size that look the same."""

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from db.errors import PictureRefused
from exporting.copies import bytes_of, extension_of, key_of, size_of
from exporting.request import Copying, Crop
from exporting.rows import Picture
from tests.exporting.conftest import noise


def stored(tmp_path: Path, data: bytes, extension: str = ".jpg") -> Picture:
    sha256 = hashlib.sha256(data).hexdigest()
    path = tmp_path / f"{sha256}{extension}"
    path.write_bytes(data)
    with Pillow.open(path) as picture:
        turned = picture.getexif().get(0x0112, 1) >= 5
        width, height = picture.size[::-1] if turned else picture.size
    return Picture("a", path, sha256, width, height)


def opened(data: bytes) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(
    ("size", "copying", "expected"),
    [
        ((200, 100), Copying(50), (50, 25)),
        ((100, 200), Copying(50), (25, 50)),
        ((30, 20), Copying(50), (30, 20)),
        ((1000, 1), Copying(50), (50, 1)),
        ((200, 100), Copying(50, Crop.CENTRE), (50, 50)),
        ((30, 20), Copying(50, Crop.CENTRE), (50, 50)),
    ],
)
def test_a_copy_has_the_size_that_the_table_says(
    tmp_path: Path, size: tuple[int, int], copying: Copying, expected: tuple[int, int]
) -> None:
    picture = stored(tmp_path, noise(1, size=size))
    assert size_of(picture, copying) == expected == opened(bytes_of(picture, copying)).size


def test_a_copy_is_upright_and_in_srgb(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    # a profile whose red is not sRGB's: Lab, seen through itself
    source = Pillow.new("RGB", (40, 20), (200, 30, 30))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = io.BytesIO()
    source.save(out, "JPEG", exif=exif, icc_profile=profile, quality=95)
    copy = opened(bytes_of(stored(tmp_path, out.getvalue()), Copying(10)))
    assert copy.size == (5, 10)
    assert "icc_profile" not in copy.info
    assert copy.getexif().get(0x0112, 1) == 1
    assert all(abs(ours - told) < 6 for ours, told in zip(copy.getpixel((2, 5)), (200, 30, 30), strict=True))


def test_what_is_without_loss_stays_so_and_keeps_its_transparency(tmp_path: Path) -> None:
    out = io.BytesIO()
    Pillow.new("RGBA", (40, 20), (10, 200, 30, 90)).save(out, "PNG")
    picture = stored(tmp_path, out.getvalue(), ".png")
    assert extension_of(picture, Copying(10)) == ".png"
    found = opened(bytes_of(picture, Copying(10))).getpixel((3, 3))
    assert found[3] == 90
    assert all(abs(ours - told) < 3 for ours, told in zip(found, (10, 200, 30), strict=False))


def test_bytes_that_are_not_those_of_their_hash_are_refused(tmp_path: Path) -> None:
    picture = stored(tmp_path, noise(2))
    picture.path.write_bytes(noise(3))
    for copying in (Copying(), Copying(10), Copying(exif=True)):
        with pytest.raises(PictureRefused, match="not the one that was recorded"):
            bytes_of(picture, copying)
    picture.path.unlink()
    with pytest.raises(PictureRefused, match="cannot be read"):
        bytes_of(picture, Copying())


def test_the_key_of_a_copy_tells_every_wish_apart(tmp_path: Path) -> None:
    picture = stored(tmp_path, noise(4))
    wishes = (Copying(), Copying(10), Copying(11), Copying(10, Crop.CENTRE))
    assert len({key_of(picture, copying) for copying in wishes}) == len(wishes)
