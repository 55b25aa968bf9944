"""A hash stays near through what is done to copies, far between pictures; sharp, bright, grey mean what they say."""

import io
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from db.duplicates import NEAR
from db.imaging.looks import looks_of
from db.imaging.pictures import identify
from db.library import open_library
from db.records import Looks, Role

SIZE = (480, 360)


def photograph(seed: int) -> Image.Image:
    """Light and shade at every scale, as photographs have them: noise of which each scale has half the weight."""
    generator = np.random.default_rng(seed)
    levels = np.zeros((SIZE[1], SIZE[0], 3))
    for octave in range(2, 8):
        coarse = generator.uniform(-1, 1, (2**octave, 2**octave, 3)).astype(np.float32)
        planes = [
            np.asarray(Image.fromarray(coarse[..., band]).resize(SIZE, Image.Resampling.BICUBIC)) for band in range(3)]
        levels += np.stack(planes, axis=-1) / 2**octave
    return Image.fromarray(np.clip(128 + 400 * levels, 0, 255).astype(np.uint8))


PHOTOGRAPHS = [photograph(seed) for seed in range(40)]


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue()))


COPIES = {
    "half": lambda picture: picture.resize((240, 180), Image.Resampling.LANCZOS),
    "a third": lambda picture: picture.resize((160, 120), Image.Resampling.BICUBIC),
    "larger": lambda picture: picture.resize((1000, 750), Image.Resampling.BICUBIC),
    "quality 60": lambda picture: jpeg(picture, 60),
    "smaller and quality 60": lambda picture: jpeg(picture.resize((320, 240)), 60),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.9),
    "grey": lambda picture: picture.convert("L"),
    "with an opaque alpha": lambda picture: picture.convert("RGBA"),
}


def hash_of(picture: Image.Image) -> int:
    return looks_of(picture, 1).hash


def distance(first: int, second: int) -> int:
    return (first ^ second).bit_count()


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_stays_within_the_threshold(change):
    assert max(distance(hash_of(picture), hash_of(change(picture))) for picture in PHOTOGRAPHS[:12]) <= NEAR


def test_different_photographs_do_not():
    hashes = [hash_of(picture) for picture in PHOTOGRAPHS]
    assert min(distance(*pair) for pair in combinations(hashes, 2)) > NEAR + 2


def test_pictures_of_one_colour_are_alike_by_their_colour_alone():
    colours = ("red", "blue", "lime", "white", "black", "gold", "#808080", "#808090")
    hashes = [hash_of(Image.new("RGB", SIZE, colour)) for colour in colours]
    assert min(distance(*pair) for pair in combinations(hashes, 2)) > NEAR
    assert hash_of(Image.new("RGB", (64, 99), "red")) == hashes[0]


def test_a_picture_is_looked_at_the_right_way_up(tmp_path):
    upright = PHOTOGRAPHS[0]
    upright.save(tmp_path / "upright.png")
    for turn, number in ((Image.Transpose.ROTATE_90, 6), (Image.Transpose.FLIP_LEFT_RIGHT, 2),
                         (Image.Transpose.ROTATE_180, 3), (Image.Transpose.ROTATE_270, 8),
                         (Image.Transpose.TRANSPOSE, 5), (Image.Transpose.TRANSVERSE, 7),
                         (Image.Transpose.FLIP_TOP_BOTTOM, 4)):
        exif = Image.Exif()
        exif[0x0112] = number
        upright.transpose(turn).save(tmp_path / "turned.png", exif=exif)
        found = [identify(tmp_path / f"{name}.png").looks for name in ("upright", "turned")]
        assert distance(found[0].hash, found[1].hash) <= 2, number


def test_sharp_bright_and_grey_mean_what_they_say():
    sharp = PHOTOGRAPHS[0].point(lambda level: 255 * (level > 128))
    blurred = sharp.filter(ImageFilter.GaussianBlur(4))
    assert looks_of(sharp, 1).sharpness > 5 * looks_of(blurred, 1).sharpness
    assert [looks_of(Image.new("L", SIZE, level), 1).brightness for level in (0, 255)] == [0.0, 1.0]
    for size in ((1, 1), (2, 99), (3, 3), SIZE):
        assert looks_of(Image.new("RGB", size, "orange"), 1).sharpness == 0.0
    tinted = Image.blend(sharp.convert("L").convert("RGB"), sharp, 0.05)
    assert [looks_of(picture, 1).is_grey for picture in (sharp, sharp.convert("L"), tinted)] == [False, True, True]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I"])
def test_every_kind_of_file_has_looks(mode, tmp_path: Path):
    suffix = "tif" if mode in ("CMYK", "I;16", "I") else "png"
    picture = PHOTOGRAPHS[1].convert("L").convert("I") if mode.startswith("I") else PHOTOGRAPHS[1]
    if mode == "I;16":
        picture = Image.fromarray((np.asarray(picture) * 257).astype(np.uint16))
    elif mode != "I":
        picture = picture.convert(mode)
    else:
        picture = Image.fromarray((np.asarray(picture) * 257).astype(np.uint16)).convert("I;16")
    picture.save(tmp_path / f"a.{suffix}")
    looks = identify(tmp_path / f"a.{suffix}").looks
    assert distance(looks.hash, hash_of(PHOTOGRAPHS[1])) <= (NEAR if mode != "1" else 12)


def test_what_comes_in_is_looked_at_once_and_what_was_there_when_it_comes_again(tmp_path: Path):
    PHOTOGRAPHS[2].save(tmp_path / "a.png")
    with open_library(tmp_path / "library") as library:
        stored = library.store.put_copy(tmp_path / "a.png")
        number, _ = library.images.add(stored, "/a.png", Role.CONTENT)
        assert library.images.get(number).looks == stored.info.looks == identify(tmp_path / "a.png").looks
        library.looks.save({number: Looks(1, 2.0, 0.5, True)})
        library.images.add(library.store.put_copy(tmp_path / "a.png"), "/b.png", None)
        assert library.looks.hashes() == {number: 1}
