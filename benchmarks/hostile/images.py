"""Two hundred images that no honest program writes: cut, lying, looping, exploding, or two things at once.

The same seed makes the same files. Each has a name that says what is wrong with it; what becomes of it is for the
program to say, within its bounds of memory and time.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from benchmarks.fuzzing.targets.pictures import encoded, honest_images

Named = tuple[str, bytes]
_EXTENSIONS = {"progressive": "jpg", "inks": "jpg", "palette": "png", "deep": "png", "apng": "png", "mpo": "jpg",
               "jpeg": "jpg"}
_PNG = b"\x89PNG\r\n\x1a\n"
_HUGE = (0, 1, 0x7FFF, 0xFFFF)


def hostile_images(seed: int = 1, *, of_bombs: bool = True) -> Iterator[Named]:
    """Names with bytes. The bombs among them take seconds to make."""
    generator = random.Random(seed)
    honest = honest_images()
    for family in (_cut, _flipped, _with_wrong_lengths):
        yield from family(honest, generator)
    for alone in (_of_huge_size, _loops, _profiles, _polyglots, _of_odd_modes, _thin, _nothing):
        yield from alone()
    if of_bombs:
        yield from _bombs()


def _name(kind: str, what: str) -> str:
    return f"{what}.{_EXTENSIONS.get(kind, kind.partition('-')[0])}"


def _cut(honest: dict[str, bytes], generator: random.Random) -> Iterator[Named]:
    """At the first byte, within the header, in the middle, and just before the end."""
    for kind, data in honest.items():
        for end in (4, 30, generator.randrange(60, len(data) - 20), len(data) - generator.randrange(1, 16)):
            yield _name(kind, f"cut-{kind}-{end}"), data[:end]


def _flipped(honest: dict[str, bytes], generator: random.Random) -> Iterator[Named]:
    for kind, data in honest.items():
        changed = bytearray(data)
        for _ in range(generator.choice((1, 4, 20))):
            changed[generator.randrange(4, len(data))] ^= 1 << generator.randrange(8)
        yield _name(kind, f"flipped-{kind}"), bytes(changed)


def _with_wrong_lengths(honest: dict[str, bytes], generator: random.Random) -> Iterator[Named]:
    """The first number of each header that says how much follows, as too little and far too much."""
    places = {"png": (33, ">I"), "jpeg": (4, ">H"), "webp": (4, "<I"), "webp-moving": (16, "<I"), "bmp": (10, "<I"),
              "tiff": (4, "<I"), "avif": (0, ">I"), "apng": (33, ">I")}
    for kind, (place, form) in places.items():
        for number in _HUGE:
            changed = bytearray(honest[kind])
            struct.pack_into(form, changed, place, number << 16 | 0xFFFF if number > 1 and form != ">H" else number)
            yield _name(kind, f"length-{kind}-{number}"), bytes(changed)
    blocks = bytearray(honest["gif"])
    blocks[blocks.index(b"NETSCAPE") - 1] = generator.randrange(1, 8)
    yield "length-gif.gif", bytes(blocks)


def _of_huge_size() -> Iterator[Named]:
    """Headers that claim more pixels than there are, or than there could be."""
    jpeg, place = encoded("JPEG"), encoded("JPEG").index(b"\xff\xc0")
    yield "huge-jpeg.jpg", jpeg[: place + 5] + b"\xff\xff\xff\xff" + jpeg[place + 9 :]
    yield "none-jpeg.jpg", jpeg[: place + 5] + bytes(4) + jpeg[place + 9 :]
    for width, height in ((2**31 - 1, 2**31 - 1), (2**32 - 1, 1), (0, 0), (100_000, 100_000), (9_434, 9_434)):
        yield f"huge-png-{width}-{height}.png", png(width, height, b"")
    yield "huge-gif.gif", b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\2\2L\1\0;"
    bmp = bytearray(encoded("BMP"))
    for name, size in (("huge", 2**31 - 1), ("negative", 2**31), ("none", 0)):
        struct.pack_into("<II", bmp, 18, size, size)
        yield f"{name}-bmp.bmp", bytes(bmp)
    webp = bytearray(encoded("WEBP", lossless=True))
    struct.pack_into("<I", webp, 21, 0xFFFFFFF)
    yield "huge-webp.webp", bytes(webp)
    avif = bytearray(encoded("AVIF"))
    struct.pack_into(">II", avif, avif.index(b"ispe") + 8, 60_000, 60_000)
    yield "huge-avif.avif", bytes(avif)


def _bombs() -> Iterator[Named]:
    """Few bytes that unpack to many."""
    side = 30_000
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side // 8 + 1)) for _ in range(side)) + packer.flush()
    yield "bomb-one-bit.png", png(side, side, rows, depth=1, colour=0, packed=True)
    yield "bomb-palette.png", png(9_400, 9_400, zlib.compress(bytes(9_401 * 9_400), 9), depth=8, colour=0, packed=True)
    million = zlib.compress(bytes(200 << 20), 9)
    for kind, head in ((b"zTXt", b"Comment\0\0"), (b"iTXt", b"stylegram\0\1\0\0\0"), (b"iCCP", b"profile\0\0")):
        yield f"bomb-{kind.decode()}.png", png(8, 8, bytes(25 * 8), before=chunk(kind, head + million))
    yield "bomb-many-texts.png", png(8, 8, bytes(25 * 8), before=chunk(b"tEXt", b"a\0b") * 200_000)
    frame = encoded("GIF", Image.new("L", (1, 1)))
    body = frame[frame.index(b",") : -1]
    yield "bomb-frames.gif", frame[: frame.index(b",")] + body * 100_000 + b";"
    with_frames = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    yield "bomb-frames.png", png(8, 8, bytes(25 * 8), before=with_frames)
    yield "bomb-canvas.gif", b"GIF89a\xe0\x24\xe0\x24\0\0\0" + (b",\0\0\0\0\1\0\1\0\0\2\2L\1\0" * 1_000) + b";"
    lzw = io.BytesIO()
    Image.new("L", (9_000, 9_000)).save(lzw, "TIFF", compression="tiff_adobe_deflate")
    yield "bomb-tiff.tif", lzw.getvalue()
    yield "bomb-tiff-claims.tif", tiff({256: 60_000, 257: 60_000, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1,
                                        279: 8})
    webp = io.BytesIO()
    Image.new("RGB", (16_383, 5_400)).save(webp, "WEBP", lossless=True, method=0)
    yield "bomb-webp.webp", webp.getvalue()
    yield "bomb-behind.bmp", encoded("BMP") + bytes(65 << 20)


def _loops() -> Iterator[Named]:
    """Directories whose next one is themselves, in TIFF and in EXIF, and more entries than there is room for."""
    good = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 8, 279: 64}
    yield "loop-directory.tif", tiff(good, following=8)
    yield "loop-sub-directory.tif", tiff({**good, 330: 8, 34665: 8, 34853: 8})
    yield "too-many-entries.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 65_535) + tiff(good)[10:]
    for tag, value in ((258, 0), (258, 999), (259, 50_000), (262, 99), (277, 65_535), (278, 0), (273, 2**31), (322, 0)):
        yield f"odd-tag-{tag}-{value}.tif", tiff({**good, tag: value})
    for name, exif in (
        ("loop", tiff({0x0112: 6, 0x8769: 8, 0x8825: 8}, following=8)),
        ("orientation-99", tiff({0x0112: 99})), ("claims", tiff({0x010E: 2**31}, kind=2)),
        ("garbage", b"II*\0" + bytes(range(256))), ("empty", b""), ("count", b"MM\0*\0\0\0\x08\xff\xff" + bytes(60)),
    ):
        yield f"exif-{name}.jpg", encoded("JPEG", exif=b"Exif\0\0" + exif)
        yield f"exif-{name}.png", png(8, 8, bytes(25 * 8), before=chunk(b"eXIf", exif))
        yield f"exif-{name}.webp", encoded("WEBP", exif=b"Exif\0\0" + exif)
    mpo = bytearray(honest_images()["mpo"])
    struct.pack_into("<I", mpo, mpo.index(b"MPF\0") + 8, 8)
    yield "loop-index.jpg", bytes(mpo)


def _profiles() -> Iterator[Named]:
    """Colour profiles that are none, and such as claim a million tags."""
    head = struct.pack(">I4sI4s4s4s", 200, b"test", 0x04000000, b"mntr", b"RGB ", b"XYZ ").ljust(128, b"\0")
    for name, profile in (
        ("garbage", bytes(range(256)) * 4), ("empty", b"\0"), ("tags", head + struct.pack(">I", 10**6) + bytes(68)),
        ("inks", head.replace(b"RGB ", b"CMYK") + struct.pack(">I", 0)), ("long", bytes(2_000_000)),
    ):
        yield f"profile-{name}.jpg", encoded("JPEG", icc_profile=profile)
        yield f"profile-{name}.png", encoded("PNG", icc_profile=profile)
        yield f"profile-{name}.tif", encoded("TIFF", icc_profile=profile)


def _polyglots() -> Iterator[Named]:
    """Two things at once, and things that are no images under the names of images."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../escaped", "x")
    script = b"<script>alert(1)</script><?php system($_GET['c']); ?>"
    yield "and-zip.jpg", encoded("JPEG") + archive.getvalue()
    yield "and-script.png", encoded("PNG") + script
    yield "and-script.gif", encoded("GIF") + script
    yield "comment-is-script.jpg", encoded("JPEG", comment=script)
    yield "is-pdf.jpg", b"%PDF-1.7\n" + encoded("JPEG")
    yield "is-page.jpg", b"<!DOCTYPE html>" + script
    yield "is-svg.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield "is-program.bmp", b"BM" + b"MZ\x90\0" * 100
    yield "is-zip.png", archive.getvalue()
    yield "is-script.gif", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"
    yield "is-video.avif", struct.pack(">I", 24) + b"ftypmp42" + bytes(12) + encoded("JPEG")
    yield "is-postscript.tif", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n(%pipe%id) (r) file\n"
    yield "is-json.webp", b'{"a": 1}'
    yield "webp-in-png.png", _PNG + encoded("WEBP")


def _of_odd_modes() -> Iterator[Named]:
    base = Image.fromarray(np.random.default_rng(5).integers(0, 256, (20, 24, 3), dtype=np.uint8))
    for mode in ("1", "L", "P", "LA", "RGBA", "I;16"):
        yield f"mode-{mode.replace(';', '-')}.png", encoded("PNG", base.convert("L").convert(mode))
    for mode in ("1", "L", "P", "CMYK", "YCbCr", "LAB", "I;16", "I", "F", "RGBA", "RGBX"):
        grey = mode in ("I;16", "I", "F")
        yield f"mode-{mode.replace(';', '-')}.tif", encoded("TIFF", (base.convert("L") if grey else base).convert(mode))
    for depth in (1, 2, 4, 8, 16):
        for colour in (0, 2, 3, 4, 6):
            yield f"mode-{depth}-{colour}.png", png(3, 3, bytes(200), depth=depth, colour=colour)


def _thin() -> Iterator[Named]:
    for width, height in ((1, 1), (1, 30_000), (30_000, 1), (65_000, 1), (1, 65_000)):
        yield f"thin-{width}-{height}.png", encoded("PNG", Image.new("RGB", (width, height), "red"))
        yield f"thin-{width}-{height}.jpg", encoded("JPEG", Image.new("RGB", (width, height), "red"))


def _nothing() -> Iterator[Named]:
    yield "empty.jpg", b""
    yield "one-byte.png", b"\x89"
    yield "zeros.gif", bytes(10_000)
    for name, magic in (("jpg", b"\xff\xd8\xff\xe0"), ("png", _PNG), ("gif", b"GIF89a"), ("tif", b"II*\0"),
                        ("webp", b"RIFF\0\0\0\0WEBP"), ("avif", b"\0\0\0\x14ftypavif")):
        yield f"magic-only.{name}", magic


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """A PNG's chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int, height: int, rows: bytes, before: bytes = b"", *, depth: int = 8, colour: int = 2, packed: bool = False
) -> bytes:
    """A PNG of this header, whose pixels are these bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = rows if packed else zlib.compress(rows)
    return _PNG + chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND")


def tiff(tags: dict[int, int], *, following: int = 0, kind: int = 4) -> bytes:
    """A TIFF of one directory, of one number a tag."""
    entries = b"".join(struct.pack("<HHII", tag, kind, 1 if kind == 4 else value, value)
                       for tag, value in sorted(tags.items()))
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(64)
