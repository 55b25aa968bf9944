import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageCms
from torch import Tensor

from db.imaging.pictures import open_picture
from db.imaging.srgb import to_rgb
from stylizer.pictures.encode import encode, read_back
from stylizer.pictures.load import to_bytes
from stylizer.recipe.formats import Format

DETAILS = {"recipe": {"name": "gatys"}, "note": "café ☕ <b>", "versions": {"stylegram": "9.9"}}


def smooth(height: int = 24, width: int = 37) -> Tensor:
    """A picture without edges, between the whole numbers: [3, H, W]."""
    down, right = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)[None]
    return torch.stack((255 * down * right, 40 + 180 * down + 0 * right, 200 - 150 * right + 0 * down))


def stored(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "picture").write_bytes(data)
    return tmp_path / "picture"


@pytest.mark.parametrize("kind", Format)
def test_every_format_is_opened_by_the_library_and_looks_the_same(kind: Format, tmp_path: Path) -> None:
    picture = smooth()
    data = encode(picture, kind, quality=95, details=DETAILS)
    with open_picture(stored(tmp_path, data)) as opened:
        seen = np.asarray(to_rgb(opened), dtype=float)
    away = np.abs(seen - picture.permute(1, 2, 0).numpy())
    assert away.max() <= (12 if kind.has_quality else 0.51)
    assert away.mean() < 2
    np.testing.assert_allclose(read_back(data).permute(1, 2, 0), seen, atol=1 if kind.bits == 8 else 0.51)


@pytest.mark.parametrize(("kind", "step"), [(Format.PNG, 1), (Format.PNG16, 1 / 257), (Format.TIFF16, 1 / 257)])
def test_what_is_read_back_is_the_picture_rounded_to_the_formats_bits(kind: Format, step: float) -> None:
    picture = torch.cat((smooth(), torch.tensor([-4.0, 254.6, 300.0]).expand(3, 24, 3)), 2)
    expected = (picture.clamp(0, 255).double() / step).round() * step
    torch.testing.assert_close(read_back(encode(picture, kind, quality=92)).double(), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", [kind for kind in Format if kind.has_alpha])
def test_transparency_is_kept_where_the_format_has_it(kind: Format, tmp_path: Path) -> None:
    opacity = torch.arange(24 * 37).remainder(256).view(24, 37).float()
    data = encode(smooth(), kind, quality=100, opacity=opacity)
    with open_picture(stored(tmp_path, data)) as opened:
        assert opened.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(opened.getchannel("A")), opacity.numpy())
    # The colours beneath are kept, too, also where nothing of them shows.
    torch.testing.assert_close(read_back(data), read_back(encode(smooth(), kind, quality=100)), atol=0, rtol=0)


def test_a_jpeg_has_what_is_transparent_in_white() -> None:
    opacity = torch.zeros(24, 37)
    opacity[:, 16:] = 255
    found = read_back(encode(smooth() * 0.2, Format.JPEG, quality=95, opacity=opacity))
    assert found[:, :, :15].min() > 245
    assert found[:, :, 18:].max() < 60


@pytest.mark.parametrize("kind", Format)
def test_the_file_says_that_it_is_srgb_and_how_it_was_made(kind: Format) -> None:
    with Image.open(io.BytesIO(encode(smooth(), kind, quality=92, details=DETAILS))) as opened:
        if kind in (Format.PNG, Format.PNG16):
            opened.load()
            assert opened.info["srgb"] == 0
            text, software = opened.text["stylegram"], opened.text["Software"]
        else:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
            assert "sRGB" in ImageCms.getProfileDescription(profile)
            exif = opened.getexif()
            software = exif[ExifTags.Base.Software]
            if kind is Format.TIFF16:
                text = exif[ExifTags.Base.ImageDescription]
            else:
                inner = exif.get_ifd(ExifTags.IFD.Exif)
                assert inner[ExifTags.Base.ColorSpace] == 1
                text = inner[ExifTags.Base.UserComment].removeprefix(b"ASCII\0\0\0").decode("ascii")
    assert json.loads(text) == DETAILS
    assert software == "stylegram 9.9"


@pytest.mark.parametrize("kind", Format)
def test_equal_pictures_are_equal_bytes_and_details_change_no_pixel(kind: Format) -> None:
    first = encode(smooth(), kind, quality=80, details=DETAILS)
    assert first == encode(smooth(), kind, quality=80, details=DETAILS)
    assert torch.equal(read_back(first), read_back(encode(smooth(), kind, quality=80)))


def test_quality_is_what_a_lossy_file_is_made_with_and_a_webp_of_100_is_exact() -> None:
    noise = torch.rand(3, 48, 48, generator=torch.Generator().manual_seed(1)) * 255
    for kind in (Format.JPEG, Format.WEBP):
        sizes = [len(encode(noise, kind, quality=quality)) for quality in (30, 92, 99)]
        assert sizes == sorted(set(sizes))
    assert torch.equal(read_back(encode(noise, Format.WEBP, quality=100)), noise.round())


def test_pixels_that_are_rounded_already_give_the_same_file() -> None:
    picture = torch.rand(3, 9, 7, generator=torch.Generator().manual_seed(2)) * 300 - 20
    given = {"quality": 90, "details": {"a": 1}}
    assert encode(to_bytes(picture), Format.PNG, **given) == encode(picture, Format.PNG, **given)     # type: ignore[arg-type]
