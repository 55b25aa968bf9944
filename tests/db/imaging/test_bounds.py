"""P23: what a file says never decides what reading it takes."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from PIL import Image

from db.errors import PictureRefused
from db.imaging import decode
from db.imaging.limits import Limits
from tests.db.imaging.making import OFFSET, chunk, encoded, patched_size, png, tiff

Load = Callable[[bytes], decode.Loaded]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(data: bytes) -> decode.Loaded:
        (tmp_path / "file").write_bytes(data)
        return decode.load(tmp_path / "file", Limits())

    return run


def jpeg_with(between: bytes) -> bytes:
    data = encoded("JPEG")
    return data[:2] + between + data[2:]


def of_many_scans(count: int, side: int = 64) -> bytes:
    data = encoded("JPEG", Image.new("L", (side, side), 90), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]


def gif_with(blocks: bytes, times: int) -> bytes:
    data = encoded("GIF")
    start = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    return data[:start] + blocks * times + data[start:]


def webp_of_frames(count: int) -> bytes:
    image = encoded("WEBP", Image.new("RGB", (1, 1)))[12:]
    frame = b"ANMF" + struct.pack("<I", 16 + len(image)) + bytes(12) + b"\x0a\0\0\0" + image
    body = b"WEBPVP8X\x0a\0\0\0\2\0\0\0" + bytes(6) + b"ANIM\6\0\0\0" + bytes(6) + frame * count
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff_of_pages(count: int) -> bytes:
    entries = ((256, 3, 1), (257, 3, 1), (258, 3, 8), (262, 3, 1), (273, 4, 8), (279, 4, 1))
    page = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", a, b, 1, c) for a, b, c in entries)
    pages = [page + struct.pack("<I", 8 + (len(page) + 4) * (n + 1) if n < count - 1 else 0) for n in range(count)]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


def apng_of_frames(count: int) -> bytes:
    frames = b"".join(
        chunk(b"fcTL", struct.pack(">IIIIIHHBB", 2 * n + 1, 1, 1, 0, 0, 1, 10, 0, 0))
        + chunk(b"fdAT", struct.pack(">I", 2 * n + 2) + zlib.compress(bytes(4)))
        for n in range(count)
    )
    return png((1, 1), 8, 2, bytes(4), before=chunk(b"acTL", struct.pack(">II", count, 0)), after=frames)


COLOUR_ROWS = bytes((1 + 8 * 3) * 8)
BOMBS = {
    "16-bit colours": (lambda: png((9400, 9400), 16, 2, bytes(100)), "more than 384 MiB"),
    "16-bit colours and alpha": (lambda: png((7500, 7500), 16, 6, bytes(100)), "more than 384 MiB"),
    "64-bit TIFF": (
        lambda: tiff([(256, 4, [9000]), (257, 4, [9000]), (258, 3, [64]), (262, 3, [1]), (273, 4, [OFFSET]),
                      (279, 4, [9]), (339, 3, [3])], bytes(9)), "more than 384 MiB"),
    "JPEG's header": (lambda: patched_size(encoded("JPEG"), 30_000, 30_000), "megapixels"),
    "JPEG fill bytes": (lambda: jpeg_with(b"\xff" * 100_000), "padding"),
    "JPEG zeros": (lambda: jpeg_with(b"\xff\xe9\0\2" + bytes(100_000)), "padding"),
    "JPEG fill within its data": (lambda: encoded("JPEG")[:-2] + b"\xff" * 100_000 + b"\xff\xd9", "padding"),
    "JPEG comments": (lambda: jpeg_with(b"\xff\xfe\0\2" * 5_000), "segments"),
    "JPEG scans": (lambda: of_many_scans(120), "scans"),
    "JPEG scans of many pixels": (lambda: patched_size(of_many_scans(30), 9400, 9400), "scans"),
    "PNG comments": (lambda: png((8, 8), 8, 2, COLOUR_ROWS, before=chunk(b"tEXt", b"a\0b") * 11_000), "chunks"),
    "PNG chunks without data": (lambda: png((8, 8), 8, 2, COLOUR_ROWS, before=chunk(b"IDAT") * 110_000), "chunks"),
    "PNG frames": (lambda: apng_of_frames(2_001), "2000 frames"),
    "GIF comments": (lambda: gif_with(b"!\xfe\1a\0", 1_100), "comments"),
    "a GIF comment in pieces": (lambda: gif_with(b"!\xfe" + b"\1a" * 5_000 + b"\0", 1), "comments"),
    "GIF extensions": (lambda: gif_with(b"!\xf9\4\0\0\0\0\0", 11_000), "extensions"),
    "GIF frames": (lambda: gif_with(b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0", 2_001), "2000 frames"),
    "WebP frames": (lambda: webp_of_frames(2_001), "2000 frames"),
    "WebP chunks": (lambda: webp_of_frames(1) + b"abcd\0\0\0\0" * 11_000, "chunks"),
    "TIFF pages": (lambda: tiff_of_pages(2_001), "2000 frames"),
    "a TIFF that claims too much": (
        lambda: tiff([(256, 4, [8]), (257, 4, [8]), (262, 3, [1]), (273, 4, [OFFSET]), (279, 4, [64]),
                      (305, 4, [7] * 9)], bytes(64)).replace(
                          struct.pack("<HHI", 305, 4, 9), struct.pack("<HHI", 305, 4, 900_000)), "claims more"),
    "AVIF boxes": (lambda: encoded("AVIF") + b"\0\0\0\x08free" * 21_000, "boxes"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_any_kind_is_refused_before_it_is_decoded(name: str, load: Load) -> None:
    data, reason = BOMBS[name][0](), BOMBS[name][1]
    before = process_time()
    with pytest.raises(PictureRefused, match=reason):
        load(data)
    assert process_time() - before < 1


@pytest.mark.parametrize("data", [
    pytest.param(jpeg_with(b"\xff" * 1_000), id="fill bytes"),
    pytest.param(jpeg_with(b"\xff\xfe\0\2" * 100), id="comments"),
    pytest.param(jpeg_with((b"\xff\xe9\xff\xff" + bytes(65_533)) * 60), id="notes of 4 MB"),
    pytest.param(of_many_scans(20), id="scans"),
    pytest.param(encoded("PNG") + bytes(100_000), id="what follows a PNG"),
    pytest.param(encoded("JPEG") + b"\xff" * 100_000, id="what follows a JPEG"),
    pytest.param(gif_with(b"!\xfe\xff" + b"a" * 255 + b"\0", 100), id="GIF comments"),
    pytest.param(png((8, 8), 8, 2, COLOUR_ROWS, before=chunk(b"tEXt", b"a\0b") * 1_000), id="PNG comments"),
    pytest.param(tiff_of_pages(1_999), id="TIFF pages"),
    pytest.param(apng_of_frames(30), id="PNG frames"),
])
def test_what_programs_write_passes(data: bytes, load: Load) -> None:
    assert load(data).picture.width > 0


def test_pages_that_go_round_in_a_circle_are_one(load: Load) -> None:
    data = bytearray(tiff_of_pages(1))
    data[-4:] = struct.pack("<I", 8)
    assert load(bytes(data)).picture.size == (1, 1)


def test_an_exif_block_that_claims_more_than_it_holds_is_not_read(load: Load) -> None:
    entries = struct.pack("<HHI4s", 0x0112, 3, 1, b"\6\0\0\0") + b"".join(
        struct.pack("<HHII", 0x9000 + number, 7, 60_000, 8) for number in range(100))
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 101) + entries + bytes(60_100)
    assert load(encoded("JPEG", exif=exif[:65_000])).orientation == 1
    modest = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + entries[:12] + bytes(4)
    assert load(encoded("JPEG", exif=modest)).orientation == 6
