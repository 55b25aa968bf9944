"""What a copy says of its picture, put into its file: EXIF for cameras' readers, XMP for everything beyond ASCII.

Invariant: not a pixel changes. The words go into the containers of JPEG, PNG and WebP as segments or chunks of their
own; what the file said before stays, but for what is said anew. Files of other formats are left as they are.
"""

import html
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC

from PIL import Image as Pillow

from db.errors import PictureRefused
from db.imaging import png
from db.imaging.decode import kind_of
from exporting.rows import About

VERSION = 1             # to be raised when other bytes come out for the same words
LONGEST = 5_000         # letters of a description: a segment of a JPEG has no more than 64 KiB
_EXIF_HEAD, _XMP_HEAD = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_DESCRIPTION, _ARTIST, _EXIF_IFD = 0x010E, 0x013B, 0x8769
_TAKEN_AT, _TAKEN_AT_OFFSET, _COMMENT = 0x9003, 0x9011, 0x9286
_HEAD = 256
_VP8X_ALPHA, _VP8X_EXIF, _VP8X_XMP = 0x10, 0x08, 0x04


def fields(about: About) -> tuple[str | None, ...]:
    """What is said, as plain values."""
    taken_at = None if about.taken_at is None else about.taken_at.astimezone(UTC).isoformat()
    return about.description, about.author, about.permalink, taken_at


def takes_words(extension: str) -> bool:
    """Whether files with this extension can be told of in."""
    return extension in (".jpg", ".png", ".webp")


def with_words(data: bytes, about: About) -> bytes:
    """The file with the words in it. Raises PictureRefused for one that is not built as its format says."""
    if not any(fields(about)):
        return data
    kind = kind_of(data[:_HEAD])
    try:
        match kind:
            case "JPEG":
                return _in_jpeg(data, about)
            case "PNG":
                return _in_png(data, about)
            case "WEBP":
                return _in_webp(data, about)
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise PictureRefused("it has no room for words: its file is not built as its format says") from error
    return data


def _in_jpeg(data: bytes, about: About) -> bytes:
    place, kept, earlier = 2, [], b""
    while data[place] == 0xFF and data[place + 1] not in (0xDA, 0xD9):
        (length,) = struct.unpack_from(">H", data, place + 2)
        body = data[place + 4 : place + 2 + length]
        if data[place + 1] == 0xE1 and body.startswith(_EXIF_HEAD):
            earlier = earlier or body
        elif not (data[place + 1] == 0xE1 and body.startswith(_XMP_HEAD)):
            kept.append(data[place : place + 2 + length])
        place += 2 + length
    if data[place] != 0xFF:
        raise ValueError("no segment where one must be")
    told = [_segment(_EXIF_HEAD + _exif(about, earlier)), _segment(_XMP_HEAD + _xmp(about))]
    first = 1 if kept and kept[0][1] == 0xE0 else 0     # JFIF's own wants to be the first
    return b"".join((data[:2], *kept[:first], *told, *kept[first:], data[place:]))


def _segment(body: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _in_png(data: bytes, about: About) -> bytes:
    parts, earlier, first = [], b"", b""
    for kind, start, end in png.chunks(data):
        chunk = data[start - 8 : end + 4]
        if kind == b"IHDR":
            first = chunk
        elif kind == b"eXIf":
            earlier = data[start:end]
        elif not (kind == b"iTXt" and data[start:end].startswith(b"XML:com.adobe.xmp\0")):
            parts.append(chunk)
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + _xmp(about)
    told = _chunk(b"eXIf", _exif(about, earlier)), _chunk(b"iTXt", text)
    return b"".join((png.SIGNATURE, first, *told, *parts))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _in_webp(data: bytes, about: About) -> bytes:
    chunks = list(_riff(data))
    extended = next((body for kind, body in chunks if kind == b"VP8X"), None) or _canvas(*chunks[0])
    earlier = next((body for kind, body in chunks if kind == b"EXIF"), b"")
    head = bytes([extended[0] | _VP8X_EXIF | _VP8X_XMP]) + extended[1:]
    others = [(kind, body) for kind, body in chunks if kind not in (b"VP8X", b"EXIF", b"XMP ")]
    told = ((b"VP8X", head), *others, (b"EXIF", _exif(about, earlier)), (b"XMP ", _xmp(about)))
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in told)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, place + 4)
        yield data[place : place + 4], data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _canvas(kind: bytes, body: bytes) -> bytes:
    """The VP8X that a file without one means: its only picture's size, and whether that is transparent."""
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", body, 1)
        width, height, flags = bits & 0x3FFF, bits >> 14 & 0x3FFF, _VP8X_ALPHA if bits >> 28 & 1 else 0
    elif kind == b"VP8 ":
        sides = struct.unpack_from("<HH", body, 6)
        width, height, flags = (sides[0] & 0x3FFF) - 1, (sides[1] & 0x3FFF) - 1, 0
    else:
        raise ValueError("no picture where one must be")
    return struct.pack("<BxxxHBHB", flags, width & 0xFFFF, width >> 16, height & 0xFFFF, height >> 16)


def _exif(about: About, earlier: bytes) -> bytes:
    """A TIFF structure with what was said before and what is said now; the camera's own date comes first."""
    exif = Pillow.Exif()
    try:
        exif.load(earlier)
        inner = exif.get_ifd(_EXIF_IFD)
    except Exception:   # noqa: BLE001 - a block that cannot be read says nothing
        exif = Pillow.Exif()
        inner = exif.get_ifd(_EXIF_IFD)
    for tag, text in ((_DESCRIPTION, about.description), (_ARTIST, about.author)):
        if text:
            exif[tag] = _visible(text).encode()
    if about.permalink:
        inner[_COMMENT] = b"ASCII\0\0\0" + about.permalink.encode("ascii", "replace")
    if about.taken_at is not None and _TAKEN_AT not in inner:
        inner[_TAKEN_AT] = about.taken_at.astimezone(UTC).strftime("%Y:%m:%d %H:%M:%S")
        inner[_TAKEN_AT_OFFSET] = "+00:00"
    exif[_EXIF_IFD] = inner
    return bytes(exif.tobytes()).removeprefix(_EXIF_HEAD)


def _xmp(about: About) -> bytes:
    parts = []
    if about.description:
        parts.append(
            "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">"
            f"{_escaped(_visible(about.description))}</rdf:li></rdf:Alt></dc:description>")
    if about.author:
        parts.append(f"<dc:creator><rdf:Seq><rdf:li>{_escaped(_visible(about.author))}</rdf:li></rdf:Seq></dc:creator>")
    if about.permalink:
        parts.append(f"<dc:source>{_escaped(about.permalink)}</dc:source>")
    if about.taken_at is not None:
        date = about.taken_at.astimezone(UTC).isoformat(timespec="seconds")
        parts.append(f"<photoshop:DateCreated>{date}</photoshop:DateCreated>")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
        f'{"".join(parts)}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _visible(text: str) -> str:
    """The text without what XML and C strings cannot hold."""
    return "".join(letter for letter in text[:LONGEST] if letter >= " " or letter in "\n\t").replace("\ufffe", "")


def _escaped(text: str) -> str:
    """For XML; its own module in the library of Python would load that of HTTP."""
    return html.escape(text, quote=False)
