"""How much memory a machine has for pictures. Totals, not what is free at the moment: so the same machine cuts
the same picture into the same tiles today and tomorrow, and a picture that is taken up again comes out the same.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from stylizer.compute.device import Device
from stylizer.recipe.model import Optimizer, Recipe

# Of the whole: the rest is for the weights and other programs.
SHARE_OF_THE_NETWORK = 0.4
SHARE_OF_THE_OPTIMISER = 0.4
VECTORS = 12            # pictures that an optimiser holds besides its memory, while it makes its next step
LEAST_HISTORY = 10      # below, L-BFGS is hardly better than steepest descent
LEAST_TILE_PX = 64
_CGROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
# How the allocators of torch, oneDNN, cuDNN and cuBLAS put it; only CUDA's has a class of its own.
_TOLD = ("not enough memory", "out of memory", "can't allocate memory", "could not create a memory object",
         "bad_alloc", "ALLOC_FAILED")


def for_the_network(device: str, processes: int = 1) -> int:
    """How many bytes one pass through the network may take on this torch device, shared by so many processes."""
    return int(_total(device) * SHARE_OF_THE_NETWORK / processes)


def for_the_optimiser(device: str, processes: int = 1) -> int:
    """How many bytes the optimisers of a batch may take, in each of so many processes."""
    return int(_total(device) * SHARE_OF_THE_OPTIMISER / processes)


def of_the_optimiser(recipe: Recipe, pixels: int) -> int:
    """The bytes that the optimiser of one picture of so many pixels takes."""
    kept = 0 if recipe.optimizer is Optimizer.ADAM else 2 * longest_history(recipe)
    return 4 * 3 * pixels * (kept + VECTORS)


def longest_history(recipe: Recipe) -> int:
    """How many steps L-BFGS remembers at most."""
    return history_of(recipe, max(recipe.shares))


def history_of(recipe: Recipe, evaluations: int) -> int:
    """How many steps L-BFGS remembers at a scale of so many evaluations: the second one brings the first, and what the
    last one brings nobody evaluates.
    """
    return max(1, min(recipe.history, evaluations - 2))


def fitting_history(recipe: Recipe, pixels: int, budget_bytes: int) -> int:
    """How many steps L-BFGS may remember of one picture of so many pixels: as many as it makes, or as fit.

    What does not fit would not be refused but end the process, hours later: pages are only taken when written to.
    """
    longest = longest_history(recipe)
    if recipe.optimizer is Optimizer.ADAM:
        return longest
    of_a_step = 2 * 4 * 3 * pixels
    return max(min(longest, LEAST_HISTORY), min(longest, budget_bytes // of_a_step - VECTORS // 2))


@dataclass(frozen=True)
class MemoryLimits:
    """With how much memory pairs of one size are made: `most` at once, the optimiser's history, the side of a tile
    (None for what was planned).
    """

    most: int
    history: int
    tile_px: int | None = None

    def less(self, pairs: int, seen_px: int, *, has_history: bool) -> "MemoryLimits | None":
        """What to try after so many pairs were too much; None if that is all. The network saw `seen_px` at once, the
        side of a tile or the longest one of the picture.

        First fewer pairs at once, which changes a result by rounding at most; then a shorter history; then smaller
        tiles.
        """
        if pairs > 1:
            return replace(self, most=pairs // 2)
        if has_history and self.history > LEAST_HISTORY:
            return replace(self, history=max(LEAST_HISTORY, self.history // 2))
        tile_px = seen_px // 2
        return replace(self, tile_px=tile_px) if tile_px >= LEAST_TILE_PX else None

    def in_words(self, since: "MemoryLimits") -> str:
        """What is less than it was."""
        if self.tile_px != since.tile_px:
            return f"tiles of {self.tile_px} px"
        if self.history < since.history:
            return f"an L-BFGS memory of {self.history} steps instead of {since.history}"
        return "one pair at a time" if self.most == 1 else f"{self.most} pairs at a time"


def is_exhausted(error: Exception) -> bool:
    """Whether this error is an allocator's: of CUDA, of a CPU, or of Python."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _TOLD))


def _total(device: str) -> int:
    if device == Device.CUDA:
        import torch

        return torch.cuda.get_device_properties(device).total_memory
    if not hasattr(os, "sysconf"):      # Windows; a computer of today has more
        return 8 * 2**30
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits()])


def _limits() -> list[int]:
    """What a container allows."""
    texts = [path.read_text().strip() for path in _CGROUPS if path.is_file()]
    return [int(text) for text in texts if text.isdigit()]
