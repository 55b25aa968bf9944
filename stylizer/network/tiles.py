"""A picture cut into tiles, so that the network sees one at a time and memory is bounded by the tile.

Invariant: every position of every layer belongs to exactly one tile and has there the very features that it has
in the whole picture. So tiles begin at multiples of the network's stride, where poolings fall as in the whole, and
each is seen with a margin as wide as the network's reach; what a convolution puts around the margin's edge never
gets as far as the tile. At the picture's own border there is no margin, and the network's padding is the whole's.
"""

from typing import NamedTuple

from torch import Tensor


class Span(NamedTuple):
    """A tile along one side of a picture, in pixels: its own are [start, stop), what is seen is [begin, end)."""

    begin: int
    start: int
    stop: int | None        # None: to the end, whatever an odd side leaves there
    end: int

    @property
    def seen(self) -> slice:
        """Of the picture's pixels, those that the network has to see."""
        return slice(self.begin, self.end)

    def of_seen(self, stride: int) -> slice:
        """The tile's own positions in a layer of what is seen."""
        return self._own(stride, self.begin)

    def of_whole(self, stride: int) -> slice:
        """The tile's own positions in a layer of the whole picture."""
        return self._own(stride, 0)

    def _own(self, stride: int, origin: int) -> slice:
        return slice((self.start - origin) // stride, None if self.stop is None else (self.stop - origin) // stride)


class Tile(NamedTuple):
    """A rectangle of a picture, for tensors [..., H, W] of pixels or of a layer with this stride. All are views."""

    rows: Span
    columns: Span

    def seen(self, pixels: Tensor) -> Tensor:
        """The tile with its margin, of the picture's pixels."""
        return pixels[..., self.rows.seen, self.columns.seen]

    def of_seen(self, values: Tensor, stride: int) -> Tensor:
        """The tile's own part of a layer that was computed from `seen`."""
        return values[..., self.rows.of_seen(stride), self.columns.of_seen(stride)]

    def of_whole(self, values: Tensor, stride: int) -> Tensor:
        """The tile's own part of a layer of the whole picture."""
        return values[..., self.rows.of_whole(stride), self.columns.of_whole(stride)]


def cut(height: int, width: int, tile_px: int | None, *, stride: int, halo: int) -> list[Tile]:
    """The tiles of a picture, `tile_px` wide at most (rounded up to `stride`) and nearly equal; None makes one of it.

    `stride` and `halo` are the network's, in pixels.
    """
    return [
        Tile(rows, columns)
        for rows in _spans(height, tile_px or height, stride, halo)
        for columns in _spans(width, tile_px or width, stride, halo)
    ]


def _spans(length: int, tile_px: int, stride: int, halo: int) -> list[Span]:
    margin = up_to(halo, stride)
    count = -(-length // up_to(tile_px, stride))
    side = up_to(-(-length // count), stride)
    return [
        Span(
            max(0, start - margin), start,
            None if start + side >= length else start + side, min(length, start + side + margin),
        )
        for start in range(0, length, side)
    ]


def up_to(length: int, stride: int) -> int:
    """The next multiple of `stride`."""
    return -(-length // stride) * stride
