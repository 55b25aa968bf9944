"""Plan -> transfer -> results: every pair of a plan once, each kept as soon as it is done.

Invariant: a result's row is written after its picture is durable, and a pair that fails is recorded with its
reason and never stops the others. Running a plan again does what is missing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from db.errors import LibraryBusy, StorageFailed
from db.library import Library
from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus
from db.store import CHECKPOINTS
from stylizer.checkpoint import Checkpoint, clear_stale
from stylizer.encoding import Encoder
from stylizer.errors import Diverged
from stylizer.files import encode
from stylizer.plan import Plan, pair_seed
from stylizer.provenance import Setting, provenance
from stylizer.saving import as_saved, opacity_of
from stylizer.sight import network_of
from stylizer.targets import Pair
from stylizer.transfer import Outcome, transfer


@dataclass(frozen=True)
class PairStarted:
    """The pair at `position` (from 1) of `total` is in hand."""

    position: int
    total: int
    content: Image
    style: Image


@dataclass(frozen=True)
class PairStep:
    """One evaluation of the pair in hand."""

    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class PairEnded:
    """The pair in hand is in the catalog, done or failed."""

    result: Result
    content: Image
    style: Image


Event = PairStarted | PairStep | PairEnded
OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Report:
    """How a run ended: new pictures, failed pairs, and what was there before."""

    done: int
    failed: int
    existing: int
    given_up: int


def run_plan(library: Library, plan: Plan, on_event: OnEvent) -> Report:
    """Make every picture of the plan; KeyboardInterrupt and a full disk end it, with what is done kept."""
    recipe = plan.setting.recipe
    network = network_of(recipe, plan.weights, plan.device, plan.tiling)
    encoder = Encoder(network, recipe, plan.ingredients)
    clear_stale(library.root / CHECKPOINTS)
    done = failed = 0
    for position, (content, style) in enumerate(plan.pairs, start=1):
        encoder.keep_contents({content.sha256})
        on_event(PairStarted(position, len(plan.pairs), content, style))
        ended = _make(library, plan.setting, encoder, content, style, on_event)
        on_event(ended)
        done += ended.result.record.status is ResultStatus.DONE
        failed += ended.result.record.status is ResultStatus.FAILED
    return Report(done, failed, plan.existing, plan.given_up)


def _make(
    library: Library, setting: Setting, encoder: Encoder, content: Image, style: Image, on_event: OnEvent
) -> PairEnded:
    """One pair from its images to its row."""
    began = time.monotonic()
    recipe = setting.recipe
    details = provenance(setting, content, style)
    stored = reason = None
    trace: tuple[float, ...] = ()
    identity = (setting.recipe_hash, setting.device, content.sha256, style.sha256, details["versions"]["stylegram"])
    checkpoint = Checkpoint(library.root / CHECKPOINTS, identity)
    try:
        pair = encoder.pair(content, style, pair_seed(setting.seed, content, style))
        outcome = _transfer(encoder, setting, pair, checkpoint, on_event)
        opacity = opacity_of(content, recipe)
        outcome = as_saved(encoder.network, recipe, pair, outcome, opacity)
        details |= _outcome_details(outcome)
        stored = library.store.put_bytes(
            encode(outcome.picture, recipe.format, quality=recipe.quality, opacity=opacity, details=details))
        trace = outcome.trace
    except (StorageFailed, LibraryBusy):
        raise
    except Exception as error:  # noqa: BLE001 - one pair's failure, whatever it is, is recorded and told
        reason = _reason(error)
        trace = error.trace if isinstance(error, Diverged) else ()
    record = ResultRecord(
        key=ResultKey(content.sha256, style.sha256, setting.recipe_hash),
        recipe=setting.recipe.name,
        size=recipe.extent.side_px,
        steps=setting.recipe.steps,
        seed=setting.seed,
        status=ResultStatus.DONE if stored else ResultStatus.FAILED,
        content_loss=details.get("content_loss"),
        style_loss=details.get("style_loss"),
        total_loss=details.get("total_loss"),
        seconds=time.monotonic() - began,
        reason=reason,
        details=details | {"trace": list(trace)},
    )
    result = library.results.get(library.results.save(record, stored))
    checkpoint.discard()
    return PairEnded(result, content, style)


def _transfer(
    encoder: Encoder, setting: Setting, pair: Pair, checkpoint: Checkpoint, on_event: OnEvent
) -> Outcome:
    (outcome,) = transfer(
        encoder.network,
        setting.recipe,
        [pair],
        time_budget_s=setting.time_budget_s,
        checkpoint=checkpoint,
        progress=lambda step: on_event(PairStep(step.step, step.steps, step.losses[0])),
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
