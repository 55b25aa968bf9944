"""TIFFs of every kind that is read come in as they are meant; all others are refused by their name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from db.errors import PictureRefused
from db.imaging import decode
from db.imaging.limits import Limits
from tests.db.imaging.making import OFFSET, tiff

Load = Callable[[bytes], Image.Image]
MOST = {"u1": 255, "u2": 65535, "u4": 2**32 - 1, "f2": 1, "f4": 1, "f8": 1}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(data: bytes) -> Image.Image:
        (tmp_path / "file").write_bytes(data)
        return decode.as_seen(decode.load(tmp_path / "file", Limits()))

    return run


def shares(height: int = 21, width: int = 35, channels: int = 1) -> np.ndarray:
    """How light each sample is, 0 to 1, black and white among them."""
    found = np.random.default_rng(3).random((height, width, channels))
    found[0], found[1] = 0, 1
    return found


def stored(light: np.ndarray, kind: str) -> np.ndarray:
    """The same as numbers of this kind."""
    return (light if kind[0] == "f" else np.rint(light * MOST[kind])).astype(kind)


def in_8_bits(values: np.ndarray, *, is_inverted: bool = False) -> np.ndarray:
    light = values.astype(float) / MOST[values.dtype.str[1:]]
    return np.floor((1 - light if is_inverted else light) * 255 + 0.5)


# What is drawn is little; the first picture starts a process or imports a package.
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_the_numbers_planes_order_packing_and_parts_the_pixels_are_right(data, tmp_path_factory):
    kind, photometric = data.draw(st.sampled_from(sorted(MOST))), data.draw(st.sampled_from(
        ["minisblack", "miniswhite", "rgb"]))
    extra = data.draw(st.sampled_from([None, "unassalpha", "assocalpha", "unspecified"]))
    colours = 3 if photometric == "rgb" else 1
    light = shares(channels=colours + (extra is not None))
    if extra == "assocalpha":
        light[..., :-1] *= light[..., -1:]
    values = stored(light, kind)
    options = {"photometric": photometric, "byteorder": data.draw(st.sampled_from("<>")), "metadata": None}
    if data.draw(st.booleans()):
        options["tile"] = (16, 32)
    else:
        options["rowsperstrip"] = data.draw(st.sampled_from([1, 8, 64]))
    options["compression"] = data.draw(st.sampled_from([None, "zlib", "lzma"]))
    if options["compression"] and kind[0] == "u":
        options["predictor"] = data.draw(st.booleans())
    if extra:
        options["extrasamples"] = [extra]
    written = values if values.shape[2] > 1 else values[..., 0]
    if values.shape[2] > 1:
        options["planarconfig"] = data.draw(st.sampled_from(["contig", "separate"]))
        written = np.moveaxis(values, 2, 0) if options["planarconfig"] == "separate" else values
    path = tmp_path_factory.getbasetemp() / "drawn.tif"
    tifffile.imwrite(path, written, bigtiff=data.draw(st.booleans()), **options)
    found = np.asarray(decode.as_seen(decode.load(path, Limits())), dtype=float).reshape(*values.shape[:2], -1)
    expected = in_8_bits(values[..., :colours], is_inverted=photometric == "miniswhite")
    if extra not in ("unassalpha", "assocalpha"):
        assert np.array_equal(found, expected)
        return
    assert abs(found[..., -1] - in_8_bits(values[..., -1])).max() <= 1
    if extra == "unassalpha":
        assert np.array_equal(found[..., :-1], expected)
    elif photometric != "miniswhite":
        seen = light[..., -1] > 0.2
        apart = light[..., :-1] / np.maximum(light[..., -1:], 1e-9)
        assert abs(found[..., :-1] - 255 * apart)[seen].max() < 4


def by_hand(values: np.ndarray, bits: int, photometric: int = 1, **more: int) -> bytes:
    """A TIFF of one strip whose numbers are packed one bit after the other."""
    height, width = values.shape
    apart = (values[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    packed = np.packbits(apart.reshape(height, -1).astype(np.uint8), axis=1).tobytes()
    if more.get("fill") == 2:
        packed = bytes(int(f"{byte:08b}"[::-1], 2) for byte in packed)
    tags = [(256, 4, [width]), (257, 4, [height]), (258, 3, [bits]), (259, 3, [1]), (262, 3, [photometric]),
            (266, 3, [more.get("fill", 1)]), (273, 4, [OFFSET]), (277, 3, [1]), (278, 4, [height]),
            (279, 4, [len(packed)])]
    return tiff(tags, packed, ">" if more.get("big") else "<")


@pytest.mark.parametrize("bits", [3, 6, 10, 12, 14, 20, 31])
@pytest.mark.parametrize("more", [{}, {"big": 1}, {"fill": 2}, {"photometric": 0}], ids=str)
def test_numbers_of_an_odd_depth_are_read_as_deep_as_they_are(bits: int, more: dict[str, int], load: Load) -> None:
    values = np.rint(shares()[..., 0] * (2**bits - 1)).astype(np.int64)
    expected = np.floor(values / (2**bits - 1) * 255 + 0.5)
    if more.get("photometric") == 0:
        expected = np.floor((1 - values / (2**bits - 1)) * 255 + 0.5)
    assert np.array_equal(np.asarray(load(by_hand(values, bits, **more))), expected)


@pytest.mark.parametrize(("compression", "code", "predictor"), [
    ("packbits", 32773, 1), *(("tiff_lzw", 5, number) for number in (1, 2, 3)),
    *(("zstd", 50000, number) for number in (1, 2, 3)),
])
def test_packings_that_only_libtiff_knows_hold_floats_too(
    compression: str, code: int, predictor: int, load: Load, tmp_path: Path
) -> None:
    light = shares(height=32)[..., 0].astype("f4")
    rows = light.view("u1").reshape(32, -1)
    if predictor == 3:
        parted = light.astype(">f4").view("u1").reshape(32, -1, 4).transpose(0, 2, 1).reshape(32, -1)
        rows = np.diff(parted, axis=1, prepend=np.zeros((32, 1), "u1"))
    elif predictor == 2:
        words = light.view("u4")
        rows = np.diff(words, axis=1, prepend=np.zeros((32, 1), "u4")).astype("u4").view("u1").reshape(32, -1)
    Image.fromarray(np.ascontiguousarray(rows)).save(tmp_path / "bytes.tif", compression=compression)
    with tifffile.TiffFile(tmp_path / "bytes.tif") as packed:
        page = packed.pages[0]
        strips = [(tmp_path / "bytes.tif").read_bytes()[at : at + length]
                  for at, length in zip(page.dataoffsets, page.databytecounts, strict=True)]
        offsets = np.cumsum([0, *map(len, strips)])[:-1]
        tags = [(256, 4, [35]), (257, 4, [32]), (258, 3, [32]), (259, 3, [code]), (262, 3, [1]),
                (273, 4, [OFFSET + int(at) for at in offsets]), (277, 3, [1]), (278, 4, [page.rowsperstrip]),
                (279, 4, [len(strip) for strip in strips]), (317, 3, [predictor]), (339, 3, [3])]
    assert np.array_equal(np.asarray(load(tiff(tags, b"".join(strips)))), in_8_bits(light))


@pytest.mark.parametrize(("floats", "expected"), [
    ([0, 0.5, 1], [0, 128, 255]),
    ([-0.1, 0.5, 1.2], [0, 128, 255]),      # resampling goes beyond
    ([0, 128, 255], [0, 128, 255]),
    ([0, 0, 0], [0, 0, 0]),
])
def test_floats_go_to_1_or_to_255(floats: list[float], expected: list[int], load: Load, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "f.tif", np.array([floats], "f4"), metadata=None)
    assert np.asarray(load((tmp_path / "f.tif").read_bytes())).tolist() == [expected]


@pytest.mark.parametrize("floats", [[0, 5], [0, 65535], [-3, 1], [0, float("nan")], [0, float("inf")], [-200, 255]])
def test_floats_that_may_mean_anything_are_refused(floats: list[float], load: Load, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "f.tif", np.array([floats], "f4"), metadata=None)
    with pytest.raises(PictureRefused, match="floating-point TIFF"):
        load((tmp_path / "f.tif").read_bytes())


@pytest.mark.parametrize(("values", "options", "words"), [
    (np.zeros((4, 4), "i2"), {}, "signed numbers"),
    (np.zeros((4, 4), "i1"), {}, "signed numbers"),
    (np.zeros((4, 4), "c8"), {}, "not read: 1 x 64-bit other samples"),
    (np.zeros((4, 4, 3), "u2"), {"photometric": "cielab"}, "photometric 8"),
    (np.zeros((3, 4, 4), "u1"), {"photometric": "ycbcr", "planarconfig": "separate"}, "separate planes"),
])
def test_a_kind_that_is_not_read_is_refused_by_its_name(
    values: np.ndarray, options: dict[str, str], words: str, load: Load, tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "f.tif", values, metadata=None, **options)
    with pytest.raises(PictureRefused, match=words):
        load((tmp_path / "f.tif").read_bytes())


def test_orientation_and_profile_of_a_deep_tiff_are_honoured(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "turned.tif"
    tifffile.imwrite(path, np.zeros((4, 9, 3), "u2"), photometric="rgb", metadata=None,
                     extratags=[(274, 3, 1, 6, True)], iccprofile=b"no profile")
    loaded = decode.load(path, Limits())
    assert (loaded.picture.size, loaded.orientation) == ((9, 4), 6)
    assert loaded.picture.info["icc_profile"] == b"no profile"


def test_floats_of_more_bytes_than_an_image_may_have_pixels_are_read(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.tif"
    tifffile.imwrite(path, np.full((30, 30, 3), 0.2, "f4"), photometric="rgb", compression="zlib", metadata=None)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    assert load(path.read_bytes()).getextrema() == ((51, 51),) * 3
    assert Image.MAX_IMAGE_PIXELS == 1_000


def test_inks_in_separate_planes_are_inks(load: Load, tmp_path: Path) -> None:
    inks = np.random.default_rng(1).integers(0, 256, (12, 10, 4), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", metadata=None)
    tifffile.imwrite(tmp_path / "b.tif", np.moveaxis(inks, 2, 0), photometric="separated", planarconfig="separate",
                     metadata=None)
    one, other = (load((tmp_path / name).read_bytes()) for name in ("a.tif", "b.tif"))
    assert one.tobytes() == other.tobytes()
