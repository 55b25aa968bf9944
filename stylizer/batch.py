"""Catalog -> plan -> transfer -> results: every chosen pair once, each kept as soon as it is done.

Invariant: a result's row is written after its picture is durable, and a pair that fails is recorded with its
reason and never stops the others. Running a plan again does what is missing.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from db.errors import LibraryBusy, StorageFailed
from db.library import Library
from db.pictures import open_picture
from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus
from stylizer import images
from stylizer.device import Device, describe, find_device
from stylizer.errors import Diverged
from stylizer.pairing import pairs
from stylizer.provenance import Setting, png_texts, provenance
from stylizer.recipe import Recipe, StyleShape, recipe_hash
from stylizer.targets import ContentTarget, Pair, StyleTarget, content_target, stretch, style_target
from stylizer.transfer import Outcome, transfer
from stylizer.vgg import Network, Weights
from stylizer.weights import BUNDLED, load_weights

# A pair that failed this often is left alone: it is a fact about its images, not bad luck.
GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class Plan:
    """What a run is going to make. `existing` pairs have their picture, `given_up` ones failed too often."""

    setting: Setting
    pairs: tuple[tuple[Image, Image], ...]
    existing: int
    given_up: int
    device: str
    weights: Weights


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


def make_plan(
    library: Library,
    contents: Sequence[Image],
    styles: Sequence[Image],
    recipe: Recipe,
    *,
    seed: int = 0,
    weights: str = BUNDLED,
    device: Device = Device.AUTO,
    limit: int | None = None,
    retry: bool = False,
) -> Plan:
    """Decide which pairs are still to be made; with `retry` those given up, too.

    Raises what `load_weights` raises, or DeviceMissing.
    """
    where = find_device(device)
    loaded = load_weights(weights, recipe.network)
    identity = recipe_hash(recipe, seed=seed, weights_sha256=loaded.sha256)
    setting = Setting(recipe, identity, seed, loaded.sha256, describe(where))
    by_hash = {image.sha256: image for image in (*contents, *styles)}
    wanted = [
        ResultKey(content, style, identity)
        for content, style in pairs((image.sha256 for image in contents), (image.sha256 for image in styles))
    ]
    tried = library.results.attempts(identity)
    existing = {key for key, failures in tried.items() if failures is None}
    hopeless = {key for key, failures in tried.items() if failures is not None and failures >= GIVE_UP_AFTER}
    given_up = set() if retry else hopeless
    missing = [key for key in wanted if key not in existing | given_up]
    todo = tuple((by_hash[key.content_sha256], by_hash[key.style_sha256]) for key in missing[:limit])
    return Plan(
        setting, todo, len(existing.intersection(wanted)), len(given_up.intersection(wanted)), where, loaded
    )


def run_plan(library: Library, plan: Plan, on_event: OnEvent) -> Report:
    """Make every picture of the plan; KeyboardInterrupt and a full disk end it, with what is done kept."""
    recipe = plan.setting.recipe
    network = Network(plan.weights, recipe.layers, recipe.pooling, plan.device, recipe.flavour)
    targets = _Targets(network, recipe)
    done = failed = 0
    for position, (content, style) in enumerate(plan.pairs, start=1):
        on_event(PairStarted(position, len(plan.pairs), content, style))
        ended = _make(library, plan.setting, targets, content, style, on_event)
        on_event(ended)
        done += ended.result.record.status is ResultStatus.DONE
        failed += ended.result.record.status is ResultStatus.FAILED
    return Report(done, failed, plan.existing, plan.given_up)


class _Targets:
    """Each image encoded once a scale: all styles are kept (a few MB each), and the content in hand."""

    def __init__(self, network: Network, recipe: Recipe) -> None:
        self.network = network
        self.recipe = recipe
        self._content: tuple[str, list[ContentTarget]] | None = None
        self._styles: dict[tuple[str, tuple[int, ...]], list[StyleTarget]] = {}

    def pair(self, content: Image, style: Image, seed: int) -> Pair:
        """The pair at the recipe's size, with its coarser scales."""
        contents = self._contents(content)
        styles = self._style(style, contents)
        *coarser, full = (Pair(*targets, seed) for targets in zip(contents, styles, strict=True))
        return replace(full, coarser=tuple(coarser))

    def _contents(self, image: Image) -> list[ContentTarget]:
        if self._content is None or self._content[0] != image.sha256:
            targets = [content_target(self.network, self.recipe, pixels) for pixels in self._pixels(image)]
            self._content = (image.sha256, targets)
        return self._content[1]

    def _style(self, image: Image, contents: list[ContentTarget]) -> list[StyleTarget]:
        stretched = self.recipe.style_shape is StyleShape.CONTENT
        key = image.sha256, tuple(contents[-1].pixels.shape) if stretched else ()
        if key not in self._styles:
            self._styles[key] = [
                style_target(self.network, self.recipe,
                             stretch(pixels, *content.pixels.shape[-2:]) if stretched else pixels)
                for pixels, content in zip(self._pixels(image), contents, strict=True)
            ]
        return self._styles[key]

    def _pixels(self, image: Image) -> list[Tensor]:
        with open_picture(image.path) as picture:
            return images.load_scales(picture, self.recipe.size, self.recipe.scales)


def _make(
    library: Library, setting: Setting, targets: _Targets, content: Image, style: Image, on_event: OnEvent
) -> PairEnded:
    """One pair from its images to its row."""
    began = time.monotonic()
    details = provenance(setting, content, style)
    stored = reason = None
    trace: tuple[float, ...] = ()
    try:
        pair = targets.pair(content, style, _pair_seed(setting.seed, content, style))
        outcome = _transfer(targets, setting.recipe, pair, on_event)
        details |= _outcome_details(outcome)
        stored = library.store.put_bytes(images.encode_png(outcome.pixels, png_texts(details)))
        trace = outcome.trace
    except (StorageFailed, LibraryBusy):
        raise
    except Exception as error:  # noqa: BLE001 - one pair's failure, whatever it is, is recorded and told
        reason = _reason(error)
        trace = error.trace if isinstance(error, Diverged) else ()
    record = ResultRecord(
        key=ResultKey(content.sha256, style.sha256, setting.recipe_hash),
        recipe=setting.recipe.name,
        size=setting.recipe.size,
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
    return PairEnded(library.results.get(library.results.save(record, stored)), content, style)


def _transfer(targets: _Targets, recipe: Recipe, pair: Pair, on_event: OnEvent) -> Outcome:
    (outcome,) = transfer(
        targets.network,
        recipe,
        [pair],
        progress=lambda step, steps, losses: on_event(PairStep(step, steps, losses[0])),
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


def _pair_seed(seed: int, content: Image, style: Image) -> int:
    """A seed of the pair's own, so that neither order nor batch changes its picture."""
    text = f"{content.sha256}{style.sha256}{seed}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
