"""Which intermediate pictures of a result are kept. Without torch, so that a mistake is told at once.

Invariant: keeping them changes no picture, and they are no part of a result's identity.
"""

import re
from dataclasses import dataclass

from stylizer.errors import BadRecipe

AUTO = "auto"
# As many as make a time-lapse of some seconds.
AUTOMATIC = 30
MOST = 500
LONGEST_PX = 1280       # of a frame's longest side: they are held in memory until the result is done


@dataclass(frozen=True)
class SnapshotSchedule:
    """After how many evaluations a picture is kept; None: thirty, each later than the last by the same factor.

    A picture changes most in its first evaluations: evenly spaced, nearly all of the frames would look alike. The first
    and the last are always kept.
    """

    every: int | None = None

    def wanted(self, steps: int) -> frozenset[int]:
        """The evaluations, from 1 to `steps`, after which one is kept. Raises BadRecipe for too many."""
        if self.every is None:
            factors = (number / (AUTOMATIC - 1) for number in range(AUTOMATIC))
            return frozenset(round(steps**factor) for factor in factors)
        found = frozenset((1, *range(self.every, steps + 1, self.every), steps))
        if len(found) > MOST:
            raise BadRecipe(f"frames {self.every}: {len(found)} pictures of {steps} evaluations, more than {MOST}; "
                            f"keep one in {-(-steps // (MOST - 1))} or fewer")
        return found


def parse(text: str) -> SnapshotSchedule:
    """What a user means by `auto` or a number of evaluations. Raises BadRecipe."""
    if text == AUTO:
        return SnapshotSchedule()
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise BadRecipe(f"frames {text!r}: say auto, or after how many evaluations each, such as 10")
    return SnapshotSchedule(int(text))
