"""Words in copies: for EXIF's readers and XMP's, with not a pixel changed."""

import io
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from PIL import Image as Pillow

from db.errors import PictureRefused
from exporting.rows import About
from exporting.words import with_words
from tests.exporting.conftest import noise

ABOUT = About("Ölboote & <Segel>\x00 ✓", "harbour.light", "https://www.instagram.com/p/AaaaaaaaaaA/",
              datetime(2024, 5, 2, 12, 30, tzinfo=UTC))
DC = "{http://purl.org/dc/elements/1.1/}"


def xmp(picture: Pillow.Image) -> ElementTree.Element:
    packed = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"]
    return ElementTree.fromstring(packed if isinstance(packed, str) else packed.decode())


@pytest.mark.parametrize(
    ("image_format", "options"),
    [("JPEG", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("WEBP", {"quality": 50}), ("WEBP", {"exact": True})],
)
def test_a_copy_says_whose_it_is_and_shows_the_same(image_format: str, options: dict[str, object]) -> None:
    data = noise(3, image_format, **options)
    told = with_words(data, ABOUT)
    with Pillow.open(io.BytesIO(told)) as copy, Pillow.open(io.BytesIO(data)) as original:
        assert copy.tobytes() == original.tobytes()
        exif = copy.getexif()
        assert exif[0x013B] == "harbour.light"
        assert exif[0x010E].encode("latin-1").decode() == "Ölboote & <Segel> ✓"
        inner = exif.get_ifd(0x8769)
        assert (inner[0x9003], inner[0x9011]) == ("2024:05:02 12:30:00", "+00:00")
        assert inner[0x9286] == b"ASCII\0\0\0https://www.instagram.com/p/AaaaaaaaaaA/"
        tree = xmp(copy)
    assert [each.text for each in tree.iter(f"{DC}source")] == ["https://www.instagram.com/p/AaaaaaaaaaA/"]
    (described,) = tree.iter(f"{DC}description")
    assert "".join(described.itertext()) == "Ölboote & <Segel> ✓"
    assert with_words(told, ABOUT) == told


def test_what_the_camera_said_stays() -> None:
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010F], exif[0x010E] = 6, "Camera", "earlier words"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    with Pillow.open(io.BytesIO(with_words(noise(4, exif=exif), ABOUT))) as copy:
        told = copy.getexif()
        assert (told[0x0112], told[0x010F]) == (6, "Camera")
        assert told[0x010E] != "earlier words"
        assert told.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"


def test_a_transparent_webp_stays_transparent() -> None:
    out = io.BytesIO()
    Pillow.new("RGBA", (9, 5), (10, 20, 30, 40)).save(out, "WEBP", lossless=True)
    with Pillow.open(io.BytesIO(with_words(out.getvalue(), ABOUT))) as copy:
        assert copy.convert("RGBA").getpixel((3, 3)) == (10, 20, 30, 40)


def test_a_caption_of_any_length_fits() -> None:
    about = About("&" * 20_000, "a", None, None)
    with Pillow.open(io.BytesIO(with_words(noise(5), about))) as copy:
        assert copy.getexif()[0x010E] == "&" * 5_000


@pytest.mark.parametrize("image_format", ["GIF", "BMP", "TIFF", "AVIF"])
def test_formats_that_take_no_words_are_left_as_they_are(image_format: str) -> None:
    data = noise(6, image_format)
    assert with_words(data, ABOUT) == data


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0\x00", b"\xff\xd8\xff\xe0\x00\x04ab?", b"RIFF\0\0\0\0WEBP"])
def test_what_is_not_built_as_its_format_says_is_refused(data: bytes) -> None:
    with pytest.raises(PictureRefused, match="no room for words"):
        with_words(data, ABOUT)
