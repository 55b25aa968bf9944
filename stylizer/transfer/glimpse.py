"""Small pictures of what is being made, for whoever watches: every few seconds, whatever that is worth.

Invariant: they are looked at and thrown away. Taking them changes no picture, and takes a hundredth of the time at
most.
"""

import time

import torch.nn.functional as F

from stylizer.pictures.encode import encode
from stylizer.recipe.formats import Format
from stylizer.transfer.optimization import Step

LONGEST_PX = 384
QUALITY = 82
_LEAST_REST = 100       # times as long as taking them took


class Glimpses:
    """Taken of a batch, not more often than every so many seconds; at first a little earlier."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._next = time.monotonic() + min(1.0, every_s)

    def take(self, step: Step) -> list[bytes]:
        """A JPEG of each pair's best picture so far; none where it is too early for the next."""
        began = time.monotonic()
        if began < self._next:
            return []
        pictures = step.pictures()
        shrunk = min(1.0, LONGEST_PX / max(pictures.shape[-2:]))
        if shrunk < 1:
            height, width = (max(1, round(side * shrunk)) for side in pictures.shape[-2:])
            pictures = F.interpolate(pictures.float(), (height, width), mode="bilinear", antialias=True)
        taken = [encode(picture.cpu(), Format.JPEG, quality=QUALITY) for picture in pictures]
        ended = time.monotonic()
        self._next = ended + max(self._every_s, _LEAST_REST * (ended - began))
        return taken
