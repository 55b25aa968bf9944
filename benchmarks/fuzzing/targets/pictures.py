"""Images as they come in, and what a picture of ours says of how it was made."""

import io
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from benchmarks.fuzzing.room import Room
from benchmarks.fuzzing.targets.target import Shape, Target
from db.errors import PictureRefused
from db.imaging import decode, own_words
from db.imaging.limits import Limits
from db.imaging.looks import looks_of
from stylizer.errors import NoProvenance, StylizerError
from stylizer.pictures.embedded import read_made
from stylizer.recipe.model import recipe_hash
from stylizer.recipe.overrides import restore
from stylizer.recipe.presets import RECIPES

_LIMITS = Limits(pixels=1_000_000, raw_bytes=8_000_000, frames=50)
_PLAIN = ("L", "LA", "RGB", "RGBA")


def _take_in(room: Room, data: bytes) -> None:
    """In this process, where a decoder that dies takes the fuzzing along."""
    place = room.folder() / "picture"
    place.write_bytes(data)
    try:
        loaded = decode.load(place, _LIMITS)
    except PictureRefused as refusal:
        _must_be_one_line(str(refusal))
        return
    assert 1 <= loaded.orientation <= 8
    with suppress(PictureRefused), decode.refusals(b"", _LIMITS):
        seen = decode.as_seen(loaded)
        assert (seen.mode in _PLAIN, seen.size) == (True, loaded.picture.size)
        looks_of(seen, loaded.orientation)


def _must_be_one_line(reason: str) -> None:
    assert reason.isprintable()
    assert len(reason) < 400


def _read_made(room: Room, data: bytes) -> None:
    """The bytes as the JSON in a small picture; where they hold together, with a hash that fits."""
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt(own_words.KEY, _with_its_hash(data).decode("utf-8", "surrogatepass"))
    place = room.folder() / "picture.png"
    Image.new("RGB", (8, 8)).save(place, pnginfo=notes)
    with suppress(NoProvenance):
        made = read_made(place)
        str(made)
        assert made.recipe.canonical_json()


def _with_its_hash(data: bytes) -> bytes:
    told: Any = json.loads(data)
    with suppress(StylizerError, TypeError, ValueError, KeyError, AttributeError, OverflowError):
        told["recipe_hash"] = recipe_hash(
            restore(told["recipe"]), seed=told["seed"], weights_sha256=told["weights"]["sha256"],
            time_budget_s=told["time_budget_s"], guidance=told["besides"])
        return json.dumps(told).encode()
    return data


def _patches() -> Image.Image:
    patches = np.random.default_rng(11).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((24, 20), Image.Resampling.BICUBIC)


def encoded(image_format: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """A small picture as a file."""
    buffer = io.BytesIO()
    (image or _patches()).save(buffer, image_format, **options)
    return buffer.getvalue()


def honest_images() -> dict[str, bytes]:
    """One of each kind that comes in."""
    made = _patches()
    moving = {"save_all": True, "append_images": [made.rotate(90), made.rotate(180)], "duration": 100}
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a boat"
    made.info.clear()
    return {
        "jpeg": encoded("JPEG", exif=exif), "progressive": encoded("JPEG", progressive=True),
        "inks": encoded("JPEG", made.convert("CMYK")), "png": encoded("PNG", exif=exif),
        "palette": encoded("PNG", made.quantize(16)), "deep": encoded("PNG", made.convert("I;16")),
        "apng": encoded("PNG", **moving), "gif": encoded("GIF", made.quantize(16), loop=0, **moving),
        "webp": encoded("WEBP"), "webp-exact": encoded("WEBP", lossless=True), "webp-moving": encoded("WEBP", **moving),
        "tiff": encoded("TIFF"), "tiff-lzw": encoded("TIFF", compression="tiff_lzw"),
        "tiff-jpeg": encoded("TIFF", compression="jpeg"), "tiff-lab": encoded("TIFF", made.convert("LAB")),
        "bmp": encoded("BMP"), "bmp-one": encoded("BMP", made.convert("1")), "avif": encoded("AVIF"),
        "mpo": encoded("MPO", save_all=True, append_images=[made.rotate(180)]),
    }


def _details() -> Iterable[bytes]:
    a, b, c = "ab" * 32, "bc" * 32, "cd" * 32
    besides: list[dict[str, Any]] = [
        {}, {"blend": [[a, 0.5], [b, 0.5]], "start": a}, {"keep": a},
        {"regions": [["#000000", a], ["#ffffff", b]], "content_mask": c},
    ]
    for recipe in RECIPES.values():
        for guidance in besides:
            yield json.dumps({
                "content_sha256": a, "style_sha256": b, "recipe": json.loads(recipe.canonical_json()), "seed": 7,
                "weights": {"network": "VGG19", "sha256": c}, "precision": "fp32", "time_budget_s": None,
                "besides": guidance, "names": {a: "cat.png"}, "tiles": {"side_px": None, "memory_bytes": 10**9},
                "processor": {"name": "AMD EPYC", "instructions": "AVX512"}, "versions": {"torch": "2.13.0"},
                "recipe_hash": c}).encode()


_WORDS = (b"IHDR", b"iTXt", b"zTXt", b"iCCP", b"eXIf", b"acTL", b"fdAT", b"VP8X", b"ANMF", b"ftypavif", b"ispe",
          b"iloc", b"ipma", b"ICC_PROFILE\0", b"Exif\0\0", b"NETSCAPE2.0", b"II*\0", b"MM\0*")
IMAGES = Target("images", _take_in, lambda: honest_images().values(), words=_WORDS, longest_bytes=20_000)
EMBEDDED = Target("embedded", _read_made, _details, Shape.JSON)
