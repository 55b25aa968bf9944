"""What an image says of its colours in a few numbers, without a profile -> 8-bit sRGB.

PNG's gAMA, cHRM and cICP (PNG, third edition, sections 4.4, 11.3.2 and 13.13) and HEIF's nclx: a curve, and primaries
with a white. cICP comes before a profile, sRGB before gAMA and cHRM. What is within the tolerance of decoders is
taken for sRGB as it is, so that the usual gAMA of 1/2.2 changes nothing.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.errors import PictureRefused

Chromaticities = tuple[float, float, float, float, float, float, float, float]    # white, red, green, blue: x and y

_SRGB_PRIMARIES: Chromaticities = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
# Of ITU-T H.273, table 2.
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB_PRIMARIES,
    5: (0.3127, 0.3290, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_UNSPECIFIED = 2
_SRGB_LIKE = {1, 6, 13, 14, 15}     # table 3: the curves of video are shown like sRGB's
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}
_HDR = {16: "PQ", 18: "HLG"}
_GAMMA_TOLERANCE = 0.05             # libpng's
_PRIMARIES_TOLERANCE = 0.002
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_BAND = 2_000_000


@dataclass(frozen=True)
class Colours:
    """How stored values become light: a power, or sRGB's curve where there is none; primaries where not sRGB's."""

    power: float | None = None
    primaries: Chromaticities | None = None

    @property
    def is_srgb(self) -> bool:
        return self.power is None and self.primaries is None


SRGB = Colours()


def of_png(chunks: Mapping[bytes, bytes]) -> Colours:
    """What the chunks before the pixels say; sRGB where a profile says it, or nothing does. Raises PictureRefused."""
    if len(chunks.get(b"cICP", b"")) == 4:
        primaries, transfer, _, _ = chunks[b"cICP"]
        return of_code_points(primaries, transfer)
    if b"iCCP" in chunks or b"sRGB" in chunks:
        return SRGB
    power, told = None, None
    if len(chunks.get(b"gAMA", b"")) == 4:
        (gamma,) = struct.unpack(">I", chunks[b"gAMA"])
        power = _power(gamma / 100_000)
    if len(chunks.get(b"cHRM", b"")) == 32:
        told = _told([value / 100_000 for value in struct.unpack(">8I", chunks[b"cHRM"])])
    return Colours(power, told)


def of_code_points(primaries: int, transfer: int) -> Colours:
    """What the numbers of ITU-T H.273 say. Raises PictureRefused for those of a picture that is brighter than white."""
    if transfer in _HDR:
        raise PictureRefused(f"its colours are HDR ({_HDR[transfer]}), which is not read")
    power = _POWERS.get(transfer)
    if primaries not in _PRIMARIES and primaries != _UNSPECIFIED:
        raise PictureRefused(f"its colours are of a kind that is not read (primaries {primaries})")
    if transfer not in _SRGB_LIKE and transfer != _UNSPECIFIED and power is None:
        raise PictureRefused(f"its colours are of a kind that is not read (transfer {transfer})")
    return Colours(None if power is None else _power(1 / power), _told(_PRIMARIES.get(primaries, _SRGB_PRIMARIES)))


def to_srgb(values: NDArray[Any], colours: Colours) -> NDArray[np.uint8]:
    """Whole numbers [H, W] or [H, W, 3] of 8 or 16 bits in 8-bit sRGB, rounded to the nearest."""
    stored = np.arange(np.iinfo(values.dtype).max + 1) / np.iinfo(values.dtype).max
    light = _decoded(stored) if colours.power is None else stored**colours.power
    if colours.primaries is None or values.ndim == 2:       # grey has none
        table = np.floor(_encoded(light) * 255 + 0.5).astype(np.uint8)
        return np.asarray(table[values])
    matrix = _to_srgb_light(colours.primaries).T.astype(np.float32)
    fine: NDArray[Any] = light.astype(np.float32)
    found = np.empty(values.shape, np.uint8)
    height = max(1, _BAND // values[0].size)
    for top in range(0, len(values), height):
        band = (fine[values[top : top + height]] @ matrix).clip(0, 1)
        found[top : top + height] = np.floor(_encoded(band) * 255 + 0.5)
    return found


def _power(gamma: float) -> float | None:
    """The exponent of decoding; None where it is as good as sRGB's, or makes no sense."""
    if not 0.01 <= gamma <= 100 or abs(gamma * 2.2 - 1) <= _GAMMA_TOLERANCE:
        return None
    return 1 / gamma


def _told(values: Any) -> Chromaticities | None:
    """Primaries, None where they are sRGB's or can be nobody's."""
    if max(abs(one - other) for one, other in zip(values, _SRGB_PRIMARIES, strict=True)) <= _PRIMARIES_TOLERANCE:
        return None
    ys = values[1::2]
    if min(ys) <= 0 or abs(np.linalg.det(_columns(values))) < 1e-4:
        return None
    wx, wy, rx, ry, gx, gy, bx, by = values
    return wx, wy, rx, ry, gx, gy, bx, by


def _columns(values: Any) -> NDArray[np.float64]:
    """Red, green and blue as columns of x, y and z."""
    return np.array([(x, y, 1 - x - y) for x, y in zip(values[2::2], values[3::2], strict=True)]).T


def _to_xyz(primaries: Chromaticities) -> NDArray[np.float64]:
    columns = _columns(primaries)
    return columns * np.asarray(np.linalg.solve(columns, _white(primaries)), np.float64)


def _white(primaries: Chromaticities) -> NDArray[np.float64]:
    x, y = primaries[:2]
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _to_srgb_light(primaries: Chromaticities) -> NDArray[np.float64]:
    """From light in these primaries to that in sRGB's, white to white (Bradford)."""
    ours, theirs = (_BRADFORD @ _white(given) for given in (_SRGB_PRIMARIES, primaries))
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(ours / theirs) @ _BRADFORD @ _to_xyz(primaries)
    return np.asarray(np.linalg.inv(_to_xyz(_SRGB_PRIMARIES)) @ adapted)


def _decoded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1: sRGB to light."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _encoded(light: NDArray[Any]) -> NDArray[Any]:
    """IEC 61966-2-1: light to sRGB."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
