"""One process's network, with the images that it has encoded: batches of pairs in, finished files out.

Invariant: a pair that fails takes its reason in its place, and the others are not touched by it. What ends a run (a
disk that is full, an interrupt) is raised. Where memory runs out nothing of the attempt is kept: it is made again
with less, and a result says so where that is no longer its recipe.
"""

import gc
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from db.errors import LibraryBusy, StorageFailed
from db.records import Image
from stylizer.compute import memory
from stylizer.compute.device import Device, hardware
from stylizer.compute.memory import MemoryLimits
from stylizer.compute.precision import available
from stylizer.compute.tiling import Tiling
from stylizer.engines.protocol import Batch, Began, Glimpsed, Job, Made, Noted, Stepped, Tell, most_together
from stylizer.errors import Diverged, OutOfMemory
from stylizer.evaluation.at_once import PairObserver
from stylizer.loss.encoder import Encoder
from stylizer.loss.meter import meter_for
from stylizer.loss.targets import Pair
from stylizer.network.for_recipe import network_for
from stylizer.network.tiles import up_to
from stylizer.network.vgg import Weights
from stylizer.pairs import picture_size
from stylizer.pictures.encode import encode
from stylizer.pictures.luma import is_grey
from stylizer.pictures.source import FileImages, ImageSource
from stylizer.provenance import provenance, version
from stylizer.recipe.formats import Format
from stylizer.recipe.model import Colour, Optimizer, StyleShape
from stylizer.run_config import RunConfig
from stylizer.transfer.checkpoint import Checkpoint
from stylizer.transfer.glimpse import Glimpses
from stylizer.transfer.optimization import Step
from stylizer.transfer.saved_losses import losses_of_saved_file
from stylizer.transfer.transfer import Outcome, transfer

Drawn = Callable[[], Made]      # a picture, whose file is made when this is called
_ENDS_A_RUN = (StorageFailed, LibraryBusy)
# Timing cuDNN's algorithms for a new shape takes seconds: so much is computed by its heuristics before that is risked.
_TRIES_AFTER_S = 30.0


@dataclass(frozen=True)
class Failure:
    """Why a pair has no picture: in words, and by the name of the error, so that a program may tell them apart."""

    reason: str
    kind: str

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Without the error itself, whose frames would hold the memory of the attempt."""
        return cls(reason_of(error), OutOfMemory.__name__ if memory.is_exhausted(error) else type(error).__name__)


class Worker:
    """Makes pairs on one device; keeps the network and the encoded images between batches."""

    def __init__(
        self, config: RunConfig, weights: Weights, pictures: ImageSource | None = None, *, sharing: int = 1,
        twin: "Worker | None" = None,
    ) -> None:
        """`sharing` is how many of them share the device's memory. With a `twin` of the same run, which works beside it
        in this process, it shares what either knows of images.
        """
        precision = available(config.precision, config.device)
        self._config = replace(config, precision=precision)
        self._sharing = sharing
        self.beside = 1         # how many of them work at once in this process: a picture's time is a part of theirs
        self._most_together = most_together(config.device, torch.get_num_threads())
        self._hardware = hardware(config.device)
        self._recipe = config.recipe
        self._network = network_for(self._recipe, weights, config.device, config.tiling, precision)
        self._pictures = pictures or FileImages(self._recipe, config.guidance)
        self._meter = meter_for(self._recipe, weights, config.device, config.tiling, precision)
        self._encoder: Encoder = Encoder(
            self._network.exact, self._recipe, config.guidance, self._pictures, self._meter,
            twin._encoder.encodings if twin else None)
        self._observer: PairObserver = twin._observer if twin else PairObserver(config.device)
        self._looked_for_colours = set[str]()      # of these contents
        self._learned: dict[tuple[int, int], MemoryLimits] = {}    # by width and height
        self._spent_s: dict[tuple[int, int], float] = {}    # on transfers of this size

    def make(self, batch: Batch, tell: Tell) -> Generator[Made, None, None]:
        """Each job of the batch, as many at once as memory holds."""
        for drawn in self.draw(batch, tell):
            yield drawn()

    def has_encoded(self, content: Image) -> bool:
        """Whether this content need not be read again."""
        return self._encoder.has_content(content.sha256)

    def draw(self, batch: Batch, tell: Tell) -> Generator[Drawn, None, None]:
        """The same, with their files left to be written by any thread."""
        self._encoder.keep_contents({job.content.sha256 for job in batch})
        waiting = deque([batch])
        while waiting:
            jobs = waiting.popleft()
            limits = self._limits(jobs[0].content, tell)
            if len(jobs) > limits.most:
                waiting.extendleft((jobs[limits.most :], jobs[: limits.most]))
                continue
            for job in jobs:
                tell(Began(job.number))
            began, pairs = time.monotonic(), None
            try:
                pairs = self._encode(jobs, limits)
                self._tell_of_grey(pairs, tell)
                made = self._advance(pairs, limits, tell)
            except _ENDS_A_RUN:
                raise
            except Exception as error:  # noqa: BLE001 - a pair's failure, whatever it is, is recorded and told
                failure, is_exhausted = Failure.of(error), memory.is_exhausted(error)
            else:
                yield from made
                continue
            # Here the error is gone, and with it the frames that hold the memory of the attempt.
            is_encoded, pairs = pairs is not None, None
            if is_exhausted and self._retry_with_less(jobs, limits, tell, is_encoded=is_encoded):
                waiting.appendleft(jobs)
            elif len(jobs) > 1:     # which one of them it was shows when each is alone
                waiting.extendleft((job,) for job in reversed(jobs))
            else:
                yield partial(self._failure, jobs[0], failure, time.monotonic() - began)

    def _encode(self, jobs: Batch, limits: MemoryLimits) -> list[tuple[Job, Pair | Failure]]:
        """The jobs with their pairs, or with the reason why an image is unfit for one."""
        tiling = self._tiling(jobs[0].content, limits)
        self._network.tiling = self._network.exact.tiling = tiling
        if self._meter:
            self._meter.network.tiling = tiling
        found: list[tuple[Job, Pair | Failure]] = []
        for job in jobs:
            try:
                found.append((job, self._encoder.pair(job.content, job.style, job.seed)))
            except Exception as error:
                if memory.is_exhausted(error):
                    raise
                found.append((job, Failure.of(error)))
        return found

    def _tell_of_grey(self, jobs: Sequence[tuple[Job, Pair | Failure]], tell: Tell) -> None:
        """Says once of a content that was to give its colours that it has none."""
        if self._recipe.colour is Colour.NONE:
            return
        for job, pair in jobs:
            if isinstance(pair, Pair) and job.content.sha256 not in self._looked_for_colours:
                self._looked_for_colours.add(job.content.sha256)
                if is_grey(pair.content.pixels):
                    which = f"content {job.content.id}" if job.content.id else "the content"
                    tell(Noted(f"{which} is grey and has no colours to give: by --colour {self._recipe.colour} its "
                               "pictures are grey, too; without it they have the style's"))

    def _advance(self, jobs: Sequence[tuple[Job, Pair | Failure]], limits: MemoryLimits, tell: Tell) -> list[Drawn]:
        """Optimises the pairs together."""
        began = time.monotonic()
        recipe = replace(self._recipe, history=limits.history) if self._is_cut(limits) else self._recipe
        ready = [(job, pair) for job, pair in jobs if isinstance(pair, Pair)]
        made: list[Drawn] = [
            partial(self._failure, job, failure, 0.0) for job, failure in jobs if isinstance(failure, Failure)]
        if not ready:
            return made
        checkpoint = self._checkpoint([job for job, _ in ready], limits)

        glimpses = Glimpses(self._config.glimpse_s) if self._config.glimpse_s else None

        def after_each(step: Step) -> None:
            for (job, _), loss in zip(ready, step.losses, strict=True):
                tell(Stepped(job.number, step.step, step.steps, loss))
            for (job, _), data in zip(ready, glimpses.take(step) if glimpses else (), strict=False):
                tell(Glimpsed(job.number, step.step, data))

        size = picture_size(self._recipe, ready[0][0].content)
        self._network.tries_ways = self._spent_s.get(size, 0.0) > _TRIES_AFTER_S
        budget_s = self._config.time_budget_s
        outcomes = transfer(
            self._network, recipe, [pair for _, pair in ready], checkpoint=checkpoint, progress=after_each,
            time_budget_s=None if budget_s is None else budget_s * len(ready) * self.beside,
            frames=self._config.snapshots, meter=self._meter,
        )
        seconds = time.monotonic() - began
        self._spent_s[size] = self._spent_s.get(size, 0.0) + seconds
        share_s = seconds / len(ready) / self.beside
        for (job, pair), outcome in zip(ready, outcomes, strict=True):
            if isinstance(outcome, Diverged):
                made.append(partial(self._failure, job, Failure.of(outcome), share_s, outcome.trace))
            else:
                made.append(self._finish(job, pair, outcome, replace(limits, most=len(ready)), share_s))
        if checkpoint:
            made[-1] = partial(_with_checkpoint, made[-1], checkpoint.path)
        return made

    def _finish(self, job: Job, pair: Pair, outcome: Outcome, limits: MemoryLimits, transfer_s: float) -> Drawn:
        """From the picture to its file; where that one changes colours, the network has to look again before."""
        began = time.monotonic()
        if self._recipe.format is not Format.PNG:
            try:
                opacity = self._pictures.opacity(job.content)
                outcome = losses_of_saved_file(self._network.exact, self._recipe, pair, outcome, opacity)
            except Exception as error:
                if memory.is_exhausted(error):
                    raise
                return partial(self._failure, job, Failure.of(error), transfer_s, outcome.trace)
        looks = self._look(job, pair, outcome) if self._config.measures else {}
        return partial(self._file, job, outcome, limits, transfer_s + time.monotonic() - began, looks)

    def _look(self, job: Job, pair: Pair, outcome: Outcome) -> dict[str, Any]:
        """The measures of the saved picture, beside the style as it is: whole, in its own colours and shape."""
        recipe = self._recipe
        is_own = recipe.colour is Colour.NONE and recipe.style_shape is StyleShape.OWN and not (
            self._config.guidance.mix or recipe.style_trim)
        looks = self._observer.look(
            outcome.pixels, (job.content.sha256, lambda: pair.content.pixels),
            (job.style.sha256, lambda: pair.style.pixels if is_own else self._pictures.style(job.style)[-1]))
        return {"measures": looks.as_json()} if looks else {}

    def _file(
        self, job: Job, outcome: Outcome, limits: MemoryLimits, transfer_s: float, looks: dict[str, Any]
    ) -> Made:
        """The bytes of the file."""
        began = time.monotonic()
        details = provenance(self._config, self._hardware, job.content, job.style) | self._seen(job.content, limits)
        details |= self._reduction(limits)
        try:
            opacity = self._pictures.opacity(job.content)
            details |= _outcome_details(outcome)
            is_rounded = self._recipe.format is Format.PNG and opacity is None
            data = encode(
                outcome.pixels if is_rounded else outcome.picture, self._recipe.format,
                quality=self._recipe.file_quality, opacity=opacity, details=details)
        except Exception as error:  # noqa: BLE001 - a pair's failure, whatever it is, is recorded and told
            return self._failure(job, Failure.of(error), transfer_s, outcome.trace)
        seconds = transfer_s + time.monotonic() - began
        details |= {"trace": list(outcome.trace), **looks}     # for the catalog; the file says how it was made
        return Made(job.number, data, None, details, seconds, film=outcome.film)

    def _failure(self, job: Job, failure: Failure, seconds: float, trace: tuple[float, ...] = ()) -> Made:
        details = provenance(self._config, self._hardware, job.content, job.style) | {"trace": list(trace)}
        return Made(job.number, None, failure.reason, details, seconds, error=failure.kind)

    def _checkpoint(self, jobs: Sequence[Job], limits: MemoryLimits) -> Checkpoint | None:
        if self._config.checkpoints is None:
            return None
        hashes = [sha256 for job in jobs for sha256 in (job.content.sha256, job.style.sha256)]
        reduced = [f"{name} {value}" for name, value in self._reduction(limits).get("reduced", {}).items()]
        here = self._hardware
        machine = here.device, str(here.processor), self._config.precision, version("stylegram")
        identity = (self._config.recipe_hash, *machine, str(self._tiling(jobs[0].content, limits)), *hashes, *reduced)
        return Checkpoint(self._config.checkpoints, identity)

    def _limits(self, content: Image, tell: Tell) -> MemoryLimits:
        """With what the pairs of a content are made: as they were last, or as much as should fit."""
        width, height = size = picture_size(self._recipe, content)
        if size not in self._learned:
            history = memory.fitting_history(
                self._recipe, width * height, memory.for_the_optimiser(self._network.device.type, self._sharing))
            self._learned[size] = MemoryLimits(self._config.batch or self.fitting(content), history)
            if history < memory.longest_history(self._recipe):
                tell(Noted(f"{width} x {height} px: memory holds {history} steps of L-BFGS, "
                           f"not {memory.longest_history(self._recipe)}"))
        return self._learned[size]

    def fitting(self, content: Image) -> int:
        """How many pairs of a content's size the device makes good use of and should hold."""
        device, pixels = self._network.device.type, math.prod(picture_size(self._recipe, content))
        return max(1, min(
            self._most_together,
            int(memory.for_the_network(device, self._sharing) / (self._network.bytes_per_pixel * pixels)),
            memory.for_the_optimiser(device, self._sharing) // memory.of_the_optimiser(self._recipe, pixels),
        ))

    def _retry_with_less(self, jobs: Batch, limits: MemoryLimits, tell: Tell, *, is_encoded: bool) -> bool:
        """Learns to make pairs of this size with less; False where there is no less."""
        width, height = size = picture_size(self._recipe, jobs[0].content)
        has_history = is_encoded and self._recipe.optimizer is not Optimizer.ADAM
        seen_px = self._network.tile_px(height, width) or max(size)
        less = limits.less(len(jobs) if is_encoded else 1, seen_px, has_history=has_history)
        self._encoder.forget()
        gc.collect()
        if self._network.device.type == Device.CUDA:
            torch.cuda.empty_cache()
        if less is None:
            return False
        self._learned[size] = less
        tell(Noted(f"out of memory at {width} x {height} px: going on with {less.in_words(since=limits)}"))
        return True

    def _tiling(self, content: Image, limits: MemoryLimits) -> Tiling:
        """How the network sees all scales of the picture of a content."""
        if limits.tile_px is not None:
            return Tiling(limits.tile_px)
        if self._network.device.type != Device.CPU:     # whose memory is its own, and of no use to others
            return self._config.tiling
        width, height = picture_size(self._recipe, content)
        return self._config.tiling.throughout(
            height, width, bytes_per_pixel=self._network.bytes_per_pixel,
            margin=up_to(self._network.halo, self._network.stride))

    def _seen(self, content: Image, limits: MemoryLimits) -> dict[str, Any]:
        """How the network saw a picture of which `limits.most` advanced together, as far as pixels may depend on it."""
        width, height = picture_size(self._recipe, content)
        tiling, is_gpu = self._tiling(content, limits), self._network.device.type != Device.CPU
        samples = limits.most if is_gpu else 1       # on a CPU each goes through it by itself
        side_px = tiling.side(
            height, width, bytes_per_pixel=self._network.bytes_per_pixel * samples,
            margin=up_to(self._network.halo, self._network.stride))
        tiles = {"side_px": side_px, "memory_bytes": tiling.memory_bytes}
        return {"tiles": tiles, "together": samples} if is_gpu else {"tiles": tiles}

    def _is_cut(self, limits: MemoryLimits) -> bool:
        return limits.history < memory.longest_history(self._recipe)

    def _reduction(self, limits: MemoryLimits) -> dict[str, Any]:
        """What a result says about having been made with less than its recipe asks for."""
        found: dict[str, int] = {}
        if self._is_cut(limits):
            found["history"] = limits.history
        if limits.tile_px is not None:
            found["tile_px"] = limits.tile_px
        return {"reduced": found} if found else {}


def _with_checkpoint(drawn: Drawn, path: Path) -> Made:
    return replace(drawn(), checkpoint=path)


def _outcome_details(outcome: Outcome) -> dict[str, Any]:
    return {
        "content_loss": outcome.content_loss,
        "style_loss": outcome.style_loss,
        "tv_loss": outcome.tv_loss,
        "total_loss": outcome.total_loss,
        "start_loss": outcome.start_loss,
        "evaluations": outcome.evaluations,
        "evaluations_by_scale": list(outcome.evaluations_by_scale),
        "restarts": outcome.restarts,
    } | ({"is_start": True} if outcome.is_start else {}) | (
        {} if outcome.balance is None else {"balance": outcome.balance})


def reason_of(error: Exception) -> str:
    if memory.is_exhausted(error):
        return "out of memory: try a smaller --size"
    text = " ".join(str(error).split()) or type(error).__name__
    known = hasattr(error, "exit_code")     # our own errors speak for themselves
    return text if known else f"{type(error).__name__}: {text}"
