"""One process's network, with the images that it has encoded: batches of pairs in, finished files out.

Invariant: a pair that fails takes its reason in its place, and the others are not touched by it. What ends a run (a
disk that is full, an interrupt) is raised.
"""

import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from db.errors import LibraryBusy, StorageFailed
from stylizer.checkpoint import Checkpoint
from stylizer.descent import Step
from stylizer.device import describe
from stylizer.encoding import Encoder
from stylizer.engines.protocol import Batch, Began, Job, Made, Order, Stepped, Tell
from stylizer.errors import Diverged
from stylizer.files import encode
from stylizer.provenance import provenance
from stylizer.saving import as_saved, opacity_of
from stylizer.sight import network_of
from stylizer.targets import Pair
from stylizer.transfer import Outcome, transfer
from stylizer.vgg import Weights


class Workshop:
    """Makes pairs on one device; keeps the network and the encoded images between batches."""

    def __init__(self, order: Order, weights: Weights) -> None:
        self._order = order
        self._setting = replace(order.setting, device=describe(order.device))
        self._recipe = order.setting.recipe
        self._network = network_of(self._recipe, weights, order.device, order.tiling)
        self._encoder = Encoder(self._network, self._recipe, order.setting.ingredients)

    def make(self, batch: Batch, tell: Tell) -> Generator[Made, None, None]:
        """Each job of the batch, one after the other."""
        self._encoder.keep_contents({job.content.sha256 for job in batch})
        for job in batch:
            tell(Began(job.number))
            yield self._make(job, tell)

    def _make(self, job: Job, tell: Tell) -> Made:
        """One pair from its images to the bytes of its file."""
        began = time.monotonic()
        details = provenance(self._setting, job.content, job.style)
        data = reason = None
        trace: tuple[float, ...] = ()
        checkpoint = self._checkpoint(job, details["versions"]["stylegram"])
        try:
            pair = self._encoder.pair(job.content, job.style, job.seed)
            outcome = self._transfer(pair, checkpoint, job, tell)
            opacity = opacity_of(job.content, self._recipe)
            outcome = as_saved(self._network, self._recipe, pair, outcome, opacity)
            details |= _outcome_details(outcome)
            data = encode(
                outcome.picture, self._recipe.format, quality=self._recipe.quality, opacity=opacity, details=details)
            trace = outcome.trace
        except (StorageFailed, LibraryBusy):
            raise
        except Exception as error:  # noqa: BLE001 - one pair's failure, whatever it is, is recorded and told
            reason = _reason(error)
            trace = error.trace if isinstance(error, Diverged) else ()
        return Made(
            job.number, data, reason, details | {"trace": list(trace)}, time.monotonic() - began,
            checkpoint.path if checkpoint else None,
        )

    def _checkpoint(self, job: Job, version: str) -> Checkpoint | None:
        if self._order.checkpoints is None:
            return None
        setting = self._setting
        identity = (setting.recipe_hash, setting.device, job.content.sha256, job.style.sha256, version)
        return Checkpoint(self._order.checkpoints, identity)

    def _transfer(self, pair: Pair, checkpoint: Checkpoint | None, job: Job, tell: Tell) -> Outcome:
        def after_each(step: Step) -> None:
            tell(Stepped(job.number, step.step, step.steps, step.losses[0]))

        (outcome,) = transfer(
            self._network, self._recipe, [pair],
            time_budget_s=self._setting.time_budget_s, checkpoint=checkpoint, progress=after_each,
        )
        if isinstance(outcome, Diverged):
            raise outcome
        return outcome


def _outcome_details(outcome: Outcome) -> dict[str, Any]:
    return {
        "content_loss": outcome.content_loss,
        "style_loss": outcome.style_loss,
        "tv_loss": outcome.tv_loss,
        "total_loss": outcome.total_loss,
        "start_loss": outcome.start_loss,
        "evaluations": outcome.evaluations,
        "restarts": outcome.restarts,
    }


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if ("alloc" in text and "memory" in text) or isinstance(error, MemoryError):
        return "out of memory: try a smaller --size"
    known = hasattr(error, "exit_code")     # our own errors speak for themselves
    return text if known else f"{type(error).__name__}: {text}"
