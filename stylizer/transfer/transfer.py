"""A batch of pairs of one shape -> their pictures, losses and traces, coarse to fine. Knows no catalog.

Invariant: every loss of an Outcome is that of its 8-bit pixels, as they are saved. The picture of a pair
depends on its two images, the recipe, the seed and the weights alone, not on the batch it was made in.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylizer.errors import Diverged
from stylizer.loss.meter import Meter
from stylizer.loss.targets import Pair
from stylizer.network.vgg import Network
from stylizer.pictures.load import to_bytes
from stylizer.recipe.model import Recipe
from stylizer.recipe.snapshots import SnapshotSchedule
from stylizer.transfer.camera import SnapshotRecorder, Snapshots
from stylizer.transfer.checkpoint import Checkpoint
from stylizer.transfer.init import first_pictures
from stylizer.transfer.optimization import Optimization, Step

Progress = Callable[[Step], None]


@dataclass(frozen=True)
class Outcome:
    """A picture and how it came about. Weights are included in the losses; total = content + style + tv."""

    picture: Tensor                 # float32 [3, H, W], on the CPU
    pixels: Tensor                  # the same rounded, uint8
    content_loss: float
    style_loss: float
    tv_loss: float
    total_loss: float
    start_loss: float               # of the starting picture at full size, with a strength of the photograph itself
    trace: tuple[float, ...]        # total loss at each evaluation, in order; each scale has its own loss
    evaluations: int
    evaluations_by_scale: tuple[int, ...]       # the coarsest first
    restarts: int
    seconds: float                  # wall time of the whole batch
    film: Snapshots = ()            # pictures on the way, as PNGs with their evaluations
    is_start: bool = False          # whether the pixels are those that it started from
    balance: float | None = None    # what its content's terms were multiplied by, where the recipe has a strength


def transfer(
    network: Network,
    recipe: Recipe,
    pairs: Sequence[Pair],
    *,
    time_budget_s: float | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    frames: SnapshotSchedule | None = None,
    meter: Meter | None = None,
) -> list[Outcome | Diverged]:
    """Optimises the pairs together; their contents share one shape. In the order of `pairs`.

    A pair that diverges takes its error in its place, the others are not touched by it. With a time budget the
    best so far is what is returned. A checkpoint is taken up where it is there, and written now and then; it is
    the caller's to discard. With `frames` pictures on the way are kept; a checkpoint without them is none then.
    A `meter` keeps pictures to the recipe's strength, by what the pairs hold for it.
    """
    began = time.monotonic()
    run = _Run(
        began,
        Optimization(network, recipe, list(zip(*((*pair.coarser, pair) for pair in pairs), strict=True)), meter),
        checkpoint,
        SnapshotRecorder(frames, len(pairs), recipe.steps, *pairs[0].content.pixels.shape[-2:]) if frames else None,
    )
    run.resume(network.device)

    def after_each(step: Step) -> None:
        if progress:
            progress(step)
        run.keep(step)

    best = run.optimization.run(time_budget_s, after_each)
    return _outcomes(run, best, first_pictures(recipe, pairs))


@dataclass
class _Run:
    """An optimisation with what is kept of it on the way."""

    began: float                        # in monotonic time
    optimization: Optimization
    checkpoint: Checkpoint | None
    camera: SnapshotRecorder | None
    earlier_s: float = 0.0              # before it was cut off

    @property
    def seconds(self) -> float:
        """How long it has taken, with the time before it was cut off."""
        return self.earlier_s + time.monotonic() - self.began

    def resume(self, device: torch.device) -> None:
        """Goes on from the checkpoint, where there is one that holds enough."""
        kept = self.checkpoint.load(device) if self.checkpoint else None
        if kept is None or (self.camera and "film" not in kept):
            return
        film = kept.pop("film", None)
        if self.camera:
            self.camera.restore(film)
        self.earlier_s = kept.pop("seconds")
        self.optimization.restore(kept)

    def keep(self, step: Step) -> None:
        """What is to be kept after an evaluation: its pictures, and now and then a checkpoint."""
        if self.camera:
            self.camera.see(step)
        if self.checkpoint and self.checkpoint.is_due:
            state = self.optimization.state() | {"seconds": self.seconds}
            self.checkpoint.save(state | {"film": self.camera.state()} if self.camera else state)


def _outcomes(run: _Run, best: Tensor, first: Tensor) -> list[Outcome | Diverged]:
    """What became of each pair."""
    optimization = run.optimization
    pixels = to_bytes(best)
    terms = optimization.terms(pixels.to(best.dtype))
    traces, by_scale = optimization.traces(), optimization.evaluations()
    start_loss = optimization.start_losses(first).tolist()
    starts = to_bytes(first).cpu()
    films = run.camera.films(pixels, [len(trace) for trace in traces]) if run.camera else [()] * len(traces)
    # Each at once: a device would be asked, and waited for, so many times for every pair.
    pictures, saved = best.cpu(), pixels.cpu()
    content, style, tv, total = (values.tolist() for values in (*terms, terms.total))
    failed, restarts = optimization.failed.tolist(), optimization.restarts.tolist()
    balance = [None] * len(traces) if optimization.balance is None else optimization.balance.tolist()
    seconds = run.seconds
    return [
        Diverged(_divergence(traces[i]), traces[i])
        if failed[i] or not math.isfinite(start_loss[i] + total[i])
        else Outcome(
            picture=pictures[i],
            pixels=saved[i],
            content_loss=content[i],
            style_loss=style[i],
            tv_loss=tv[i],
            total_loss=total[i],
            start_loss=start_loss[i],
            trace=traces[i],
            evaluations=len(traces[i]),
            evaluations_by_scale=by_scale[i],
            restarts=restarts[i],
            seconds=seconds,
            film=films[i],
            is_start=saved[i].equal(starts[i]),
            balance=balance[i],
        )
        for i in range(len(traces))
    ]


def _divergence(trace: Sequence[float]) -> str:
    if not math.isfinite(trace[0]) or all(map(math.isfinite, trace)):
        return "the loss is too large for 32-bit numbers where it starts: take smaller weights"
    return "the loss left the finite numbers, and again after a restart from the best picture"
