"""What passes is a whole, safe image; everything else is refused with one line."""

import io
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from db.errors import PictureRefused
from db.imaging import pictures
from db.imaging.pictures import OPENERS, identify, open_picture, orientation
from db.imaging.refusals import one_line
from db.imaging.sixteen_bit import read_deep

SIZE = (32, 24)


def encoded(image_format: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    gradient = Image.linear_gradient("L").resize(SIZE).convert(mode)
    gradient.save(buffer, image_format, **options)
    return buffer.getvalue()


def two_views() -> bytes:
    return encoded("MPO", save_all=True, append_images=[Image.new("RGB", SIZE, "blue")])


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


SAMPLES = {
    "JPEG": encoded("JPEG"),
    "MPO": two_views(),
    "PNG": encoded("PNG"),
    "WEBP": encoded("WEBP"),
    "AVIF": encoded("AVIF"),
    "GIF": encoded("GIF", "P"),
    "TIFF": encoded("TIFF", compression="tiff_lzw"),
    "BMP": encoded("BMP"),
}


@pytest.fixture
def identified(tmp_path: Path) -> Callable[..., pictures.ImageInfo]:
    def run(data: bytes, name: str = "file") -> pictures.ImageInfo:
        path = tmp_path / name
        path.write_bytes(data)
        return identify(path)

    return run


@pytest.mark.parametrize("name", SAMPLES)
def test_every_allowed_format_is_known_by_its_bytes(name, identified):
    info = identified(SAMPLES[name], "wrong.html")
    assert (info.format, (info.media_type, info.extension)) == (name, pictures.FORMATS[name])
    assert (info.width, info.height) == SIZE


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encoded("PNG", "I;16"), id="16-bit PNG"),
        pytest.param(encoded("JPEG", "CMYK"), id="CMYK JPEG"),
        pytest.param(encoded("JPEG", progressive=True), id="progressive JPEG"),
        pytest.param(encoded("PNG", "LA"), id="grey PNG with alpha"),
        pytest.param(encoded("GIF", "P", save_all=True, append_images=[Image.new("P", SIZE, 3)]), id="animated GIF"),
    ],
)
def test_unusual_but_whole_images_pass(data, identified):
    assert (identified(data).width, identified(data).height) == SIZE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><title>Login</title>", "it is a web page"),
        (b"\xef\xbb\xbf\n <html lang=en>", "it is a web page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "it is SVG"),
        (b'{"message": "login_required"}', "it is JSON"),
        (b"\x00\x01 no image", "unknown content"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unknown content"),
        (b"<html>" + SAMPLES["JPEG"], "it is a web page"),
    ],
)
def test_what_is_no_image_is_refused_with_what_it_looks_like(data, reason, identified):
    with pytest.raises(PictureRefused, match=reason):
        identified(data, "photo.jpg")


def test_formats_that_are_not_on_the_list_are_refused(identified):
    for image_format in ("ICO", "PPM", "TGA", "PDF"):
        with pytest.raises(PictureRefused):
            identified(encoded(image_format), "photo.jpg")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_image_is_refused(name, kept, identified):
    data = encoded(name, "P") if name == "GIF" else encoded(name)
    with pytest.raises(PictureRefused):
        identified(data[: int(len(data) * kept)])


def test_a_png_that_lacks_only_its_last_chunk_is_refused(identified):
    with pytest.raises(PictureRefused):
        identified(SAMPLES["PNG"][:-12])


def test_a_progressive_jpeg_without_its_last_scans_is_refused(identified):
    data = encoded("JPEG", progressive=True)
    with pytest.raises(PictureRefused):
        identified(data[:-40])


def test_an_image_with_a_web_page_behind_it_is_still_only_an_image(identified):
    info = identified(SAMPLES["PNG"] + b"<script>alert(1)</script>", "page.html")
    assert info.extension == ".png"


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (10_000, 9_000), (65_535, 3_000)])
def test_a_bomb_is_refused_by_its_header(width, height, identified):
    with pytest.raises(PictureRefused, match="megapixels"):
        identified(png_claiming(width, height))


def test_a_bomb_in_the_colour_profile_is_refused(identified):
    bomb = png_chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(20_000_000), 9))
    data = SAMPLES["PNG"]
    with pytest.raises(PictureRefused, match="too large"):
        identified(data[:33] + bomb + data[33:])


def test_an_image_without_pixels_is_refused(identified):
    gif = bytearray(encoded("GIF", "P"))
    gif[6:10] = bytes(4)
    position = gif.index(b",")
    gif[position + 5 : position + 9] = bytes(4)
    with pytest.raises(PictureRefused):
        identified(bytes(gif))


def test_too_many_frames_are_refused(identified, monkeypatch):
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "lime", "blue", "white", "black")]
    data = encoded("GIF", save_all=True, append_images=frames)
    monkeypatch.setattr(pictures, "MAX_FRAMES", 5)
    with pytest.raises(PictureRefused, match="more than 5 frames"):
        identified(data)
    monkeypatch.setattr(pictures, "MAX_FRAMES", 6)
    assert identified(data).format == "GIF"


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path):
    path = tmp_path / "sparse.png"
    path.write_bytes(SAMPLES["PNG"])
    os.truncate(path, pictures.MAX_BYTES + 1)
    with pytest.raises(PictureRefused, match="larger than 64 MiB"):
        identify(path)


def test_a_pipe_a_folder_and_nothing_are_refused_without_waiting(tmp_path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    for path, reason in [(pipe, "not a file"), (tmp_path, "not a file"), (tmp_path / "none", "no such file")]:
        with pytest.raises(PictureRefused, match=reason):
            identify(path)


@pytest.mark.parametrize("value", range(1, 9))
def test_sizes_are_those_that_people_see(value, identified):
    exif = Image.Exif()
    exif[pictures.EXIF_ORIENTATION] = value
    for image_format in ("JPEG", "PNG", "WEBP", "TIFF"):
        info = identified(encoded(image_format, exif=exif))
        assert (info.width, info.height) == (SIZE if value < 5 else SIZE[::-1]), image_format


@pytest.mark.parametrize("exif", [b"Exif\x00\x00garbage", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00"])
def test_broken_exif_means_upright_never_a_failure(exif, identified):
    assert (identified(encoded("JPEG", exif=exif)).width, identified(encoded("JPEG", exif=exif)).height) == SIZE


@pytest.mark.parametrize("value", [0, 9, 4_000_000_000, "6"])
def test_an_orientation_that_makes_no_sense_means_upright(value):
    picture = Image.new("RGB", SIZE)
    picture.getexif()[pictures.EXIF_ORIENTATION] = value
    assert orientation(picture) == 1


def test_the_reason_is_one_printable_line():
    error = ValueError("first\nsecond\x1b[31m\r\x00" + "x" * 500)
    line = one_line(error)
    assert line.isprintable()
    assert line.startswith("first second [31m")
    assert len(line) == 200


def test_an_open_picture_is_the_decoded_first_frame_as_stored(tmp_path):
    exif = Image.Exif()
    exif[pictures.EXIF_ORIENTATION] = 6
    path = tmp_path / "photo"
    path.write_bytes(encoded("JPEG", exif=exif))
    with open_picture(path) as picture:
        assert (picture.size, orientation(picture)) == (SIZE, 6)
        assert picture.getpixel((0, 0)) is not None


def test_the_caller_s_warning_filters_are_left_alone(identified):
    before = list(warnings.filters)
    identified(SAMPLES["PNG"])
    assert warnings.filters == before


# What is drawn is little; the first picture starts a process or imports a package.
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_bytes_whatever_raise_anything_but_a_refusal(data, tmp_path_factory):
    sample = bytearray(SAMPLES[data.draw(st.sampled_from(sorted(SAMPLES)))])
    places = st.integers(0, len(sample) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        sample[place] = value
    cut = data.draw(st.one_of(st.just(len(sample)), places))
    inserted = data.draw(st.binary(max_size=20))
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(bytes(sample[:cut]) + inserted + bytes(sample[cut:]))
    with suppress(PictureRefused):
        info = identify(path)
        assert info.width > 0
        assert info.height > 0
        assert info.extension in pictures.EXTENSIONS


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("kind", ["png", "tiff", "tiff, deflated"])
def test_colours_of_16_bits_are_rounded_to_8_and_not_cut(tmp_path: Path, kind: str, channels: int) -> None:
    values = np.random.default_rng(7).integers(0, 65536, (9, 11, channels), dtype=np.uint16)
    values[0, :5, 0] = 0, 128, 129, 65535, 254 * 257 + 129
    path = tmp_path / "deep"
    if kind == "png":
        path.write_bytes(png_of_16_bits(values))
    else:
        squeezed = {"compression": "zlib", "predictor": True} if "," in kind else {}
        tifffile.imwrite(
            path, values, photometric="rgb", extrasamples=["unassalpha"] if channels == 4 else None, **squeezed)
    with open_picture(path) as picture:
        assert picture.mode == ("RGBA" if channels == 4 else "RGB")
        assert np.array_equal(np.asarray(picture), np.floor(values / 257 + 0.5))
        assert np.asarray(picture)[0, :5, 0].tolist() == [0, 0, 1, 255, 255]
        assert picture.format == ("PNG" if kind == "png" else "TIFF")
    with path.open("rb") as file:
        assert np.array_equal(read_deep(file, OPENERS), values)


def png_of_16_bits(values: np.ndarray) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
