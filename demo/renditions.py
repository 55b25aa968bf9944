"""Original files, and the smaller or cropped renditions that the `stp` part of an address asks for.

The same picture and the same `stp` give the same bytes, whenever they are asked for.
"""

import io
import re
from dataclasses import dataclass

from PIL import Image

from demo.accounts import Picture

CROP = re.compile(r"c(\d+)\.(\d+)\.(\d+)\.(\d+)a")
FIT = re.compile(r"s(\d+)x(\d+)")
COVER = re.compile(r"p(\d+)x(\d+)")
CONTENT_TYPES = {"JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True)
class File:
    body: bytes
    content_type: str


def original(picture: Picture) -> File:
    """The file as it was uploaded."""
    return encode(picture.draw().convert("RGB"), picture.format)


def rendition(file: File, stp: str) -> File:
    """The file under an `stp`: cropped, then resized, then encoded as its `dst` says.

    Tokens: `cX.Y.W.Ha` crops, `sWxH` fits inside a box, `pWxH` makes the short side W; the others
    (`e35`, `cp0`, `sh0.08`, `tt6`) concern the encoder and change nothing here.
    """
    image = decoded(file)
    kept_format = "WEBP" if file.content_type == "image/webp" else "JPEG"
    chosen_format = kept_format
    for token in stp.split("_"):
        if token.startswith("dst-"):
            chosen_format = {"dst-jpg": "JPEG", "dst-webp": "WEBP"}.get(token, kept_format)
        elif match := CROP.fullmatch(token):
            left, top, width, height = map(int, match.groups())
            image = image.crop((left, top, left + width, top + height))
        elif match := FIT.fullmatch(token):
            scale = min(int(match[1]) / image.width, int(match[2]) / image.height)
            image = scaled(image, scale)
        elif match := COVER.fullmatch(token):
            image = scaled(image, int(match[1]) / min(image.size))
    if chosen_format == kept_format and stp_is_unsized(stp):
        return file
    return encode(image, chosen_format)


def decoded(file: File) -> Image.Image:
    with Image.open(io.BytesIO(file.body)) as image:
        return image.convert("RGB")


def stp_is_unsized(stp: str) -> bool:
    """Whether an `stp` leaves every pixel where it was."""
    return not any(pattern.fullmatch(token) for token in stp.split("_") for pattern in (CROP, FIT, COVER))


def scaled(image: Image.Image, scale: float) -> Image.Image:
    if scale >= 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str) -> File:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=92 if kind == "JPEG" else 90)
    return File(buffer.getvalue(), CONTENT_TYPES[kind])
