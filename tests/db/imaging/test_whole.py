"""P14: an image whose pixels are not all there is refused, however its file ends."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from db.errors import PictureRefused
from db.imaging import decode
from db.imaging.limits import Limits
from tests.db.imaging.making import chunk, encoded, patched_size, picture, png

Load = Callable[[bytes], decode.Loaded]
EOI = b"\xff\xd9"
JPEGS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "full colour": {"subsampling": 0, "quality": 95},
    "own tables": {"optimize": True, "quality": 40},
    "restarts": {"restart_marker_blocks": 2},
    "progressive with restarts": {"progressive": True, "restart_marker_rows": 1},
}
KINDS = {"colours": picture(), "grey": picture().convert("L"), "inks": picture().convert("CMYK")}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(data: bytes) -> decode.Loaded:
        (tmp_path / "file").write_bytes(data)
        return decode.load(tmp_path / "file", Limits())

    return run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", JPEGS)
def test_a_jpeg_that_ends_early_is_refused_and_a_whole_one_is_not(kind: str, options: str, load: Load) -> None:
    data = encoded("JPEG", KINDS[kind], **JPEGS[options])
    assert load(data).picture.size == KINDS[kind].size
    start = data.index(b"\xff\xda") + 20
    for end in range(start, len(data) - 8, max(1, (len(data) - start) // 7)):
        with pytest.raises(PictureRefused, match="truncated"):
            load(data[:end].removesuffix(b"\xff") + EOI)


@pytest.mark.parametrize("options", JPEGS)
def test_a_jpeg_that_lacks_a_stretch_in_its_middle_is_refused(options: str, load: Load) -> None:
    data = encoded("JPEG", **JPEGS[options])
    start = data.index(b"\xff\xda") + 40
    end = data.index(b"\xff", start)        # up to a restart or the next scan, where a decoder finds its way again
    with pytest.raises(PictureRefused, match="truncated"):
        load(data[:start] + data[max(start + 30, end - 2) :] if end - start > 40 else data[:start] + data[-30:])


@pytest.mark.parametrize("size", [(9400, 9400), (48, 80), (96, 40), (64, 40)])
@pytest.mark.parametrize("options", JPEGS)
def test_a_jpeg_of_a_size_that_it_has_no_pixels_for_is_refused(
    options: str, size: tuple[int, int], load: Load
) -> None:
    with pytest.raises(PictureRefused, match="truncated"):
        load(patched_size(encoded("JPEG", **JPEGS[options]), *size))


def test_a_flat_grey_jpeg_has_to_hold_its_blocks_too(load: Load) -> None:
    data = encoded("JPEG", Image.new("L", (64, 64), 128), optimize=True)
    assert load(data).picture.size == (64, 64)
    with pytest.raises(PictureRefused, match="truncated"):
        load(patched_size(data, 640, 640))


def test_a_jpeg_may_hold_more_than_its_pixels(load: Load) -> None:
    data = encoded("JPEG")
    expected = load(data).picture.tobytes()
    for more in (data + b"a note", data[:-2] + bytes(100) + EOI, data[:-2] + b"\xff" * 9 + EOI, data + data):
        assert load(more).picture.tobytes() == expected


def test_a_jpeg_of_two_pictures_is_its_first(load: Load) -> None:
    data = encoded("MPO", save_all=True, append_images=[Image.new("RGB", (48, 40), "blue")])
    loaded = load(data)
    assert loaded.format == "MPO"
    assert loaded.picture.tobytes() == load(encoded("JPEG")).picture.tobytes()


@pytest.mark.parametrize(("depth", "colour_type", "bits"), [(1, 0, 1), (8, 2, 24), (16, 0, 16), (16, 6, 64), (4, 3, 4)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_of_fewer_rows_than_it_claims_is_refused(
    depth: int, colour_type: int, bits: int, interlaced: bool, load: Load
) -> None:
    size = (21, 13)
    palette = chunk(b"PLTE", bytes(48)) if colour_type == 3 else b""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for left, top, across, down in passes if interlaced else ((0, 0, 1, 1),):
        columns, count = -(-(size[0] - left) // across), -(-(size[1] - top) // down)
        rows += bytes(1 + -(-columns * bits // 8)) * count
    assert load(png(size, depth, colour_type, rows, palette, interlaced=interlaced)).picture.size == size
    for kept in (0, 1, len(rows) // 2, len(rows) - 1):
        with pytest.raises(PictureRefused, match="truncated"):
            load(png(size, depth, colour_type, rows[:kept], palette, interlaced=interlaced))


def test_a_png_whose_stream_is_cut_within_whole_chunks_is_refused(load: Load) -> None:
    image = picture((200, 200))
    raw = zlib.compress(b"".join(b"\0" + image.crop((0, y, 200, y + 1)).tobytes() for y in range(200)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 200, 200, 8, 2, 0, 0, 0))
    for kept in (len(raw), len(raw) * 9 // 10, len(raw) // 10):
        data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", raw[:kept]) + chunk(b"IEND")
        if kept == len(raw):
            assert load(data).picture.tobytes() == image.tobytes()
        else:
            with pytest.raises(PictureRefused, match="truncated: its pixels end after"):
                load(data)


def test_an_avif_that_claims_more_pixels_than_it_codes_is_refused(load: Load) -> None:
    data = encoded("AVIF")
    assert load(data).picture.size == (48, 40)
    place = data.index(b"ispe") + 8
    with pytest.raises(PictureRefused, match="it claims 9400 x 9000 and holds 48 x 40"):
        load(data[:place] + struct.pack(">II", 9400, 9000) + data[place + 8 :])


def test_an_avif_with_alpha_and_one_of_many_frames_are_whole(load: Load) -> None:
    assert load(encoded("AVIF", picture().convert("RGBA"))).picture.mode == "RGB"     # nothing of it is transparent
    moving = encoded("AVIF", save_all=True, append_images=[Image.new("RGB", (48, 40))])
    assert load(moving).picture.size == (48, 40)


@pytest.mark.parametrize("options", [{}, {"lossless": True}])
def test_a_webp_cut_within_its_chunk_is_refused(options: dict[str, bool], load: Load) -> None:
    data = bytearray(encoded("WEBP", **options))[: len(encoded("WEBP", **options)) // 4 * 2]
    data[4:8], data[16:20] = struct.pack("<I", len(data) - 8), struct.pack("<I", len(data) - 20)
    with pytest.raises(PictureRefused):
        load(bytes(data))


def test_a_gif_whose_code_ends_early_is_refused(load: Load) -> None:
    data = encoded("GIF")
    start = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    start = data.index(b",", start) + 11
    whole = data[start + 1 : start + 1 + data[start]]
    half = whole[: len(whole) // 2]
    with pytest.raises(PictureRefused):
        load(data[:start] + bytes([len(half)]) + half + b"\0;")


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_tiff_whose_strips_are_cut_or_gone_is_refused(compression: str, load: Load) -> None:
    data = encoded("TIFF", picture((64, 64)), compression=compression)
    assert load(data).picture.size == (64, 64)
    for tag, change in ((279, lambda value: value // 2), (273, lambda _: 0), (273, lambda _: 10**6)):
        with pytest.raises(PictureRefused):
            load(with_tag(data, tag, change))


@pytest.mark.parametrize("tag", [256, 257])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_a_tiff_of_a_size_that_it_has_no_pixels_for_is_refused(compression: str, tag: int, load: Load) -> None:
    data = encoded("TIFF", picture((64, 64)), compression=compression)
    with pytest.raises(PictureRefused):
        load(with_tag(data, tag, lambda value: value * 2))


def with_tag(data: bytes, number: int, change: Callable[[int], int]) -> bytes:
    """A TIFF of Pillow's with another first value of a tag."""
    found = bytearray(data)
    (place,) = struct.unpack_from("<I", found, 4)
    (count,) = struct.unpack_from("<H", found, place)
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind, length, value = struct.unpack_from("<HHII", found, entry)
        if tag == number:
            letter, size = {3: ("<H", 2), 4: ("<I", 4)}[kind]
            at = entry + 8 if length * size <= 4 else value
            struct.pack_into(letter, found, at, change(struct.unpack_from(letter, found, at)[0]))
    return bytes(found)


def test_a_tiff_in_jpeg_is_the_picture_that_it_was(load: Load) -> None:
    found = load(encoded("TIFF", picture((64, 64)), compression="jpeg", quality=95)).picture.convert("RGB")
    with Image.open(io.BytesIO(encoded("JPEG", picture((64, 64)), quality=95))) as expected:
        assert max(abs(a - b) for a, b in zip(found.tobytes(), expected.tobytes(), strict=True)) < 60
