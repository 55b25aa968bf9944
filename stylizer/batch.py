"""Plan -> engine -> results: every pair of a plan once, each kept as soon as it is done.

Invariant: a result's row is written after its picture is durable, and a pair that fails is recorded with its
reason and never stops the others. Running a plan again does what is missing. Only this process writes the catalog,
wherever the pictures are made.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from db.errors import PictureRefused
from db.library import Library
from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus
from db.store import CHECKPOINTS
from stylizer.engines import protocol
from stylizer.engines.local import LocalEngine
from stylizer.engines.protocol import Engine, Job, Made, Order
from stylizer.pairing import batches
from stylizer.plan import Plan, pair_seed, picture_size
from stylizer.transfer.checkpoint import clear_stale


@dataclass(frozen=True)
class PairStarted:
    """The pair at `position` (from 1) of `total` is in hand; several may be at once."""

    position: int
    total: int
    content: Image
    style: Image


@dataclass(frozen=True)
class PairStep:
    """One evaluation of the pair at `position`."""

    position: int
    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class PairEnded:
    """The pair at `position` is in the catalog, done or failed."""

    position: int
    result: Result
    content: Image
    style: Image


@dataclass(frozen=True)
class Notice:
    """Something about the run that a user should know, in words."""

    text: str


Event = PairStarted | PairStep | PairEnded | Notice
OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Report:
    """How a run ended: new pictures, failed pairs, and what was there before."""

    done: int
    failed: int
    existing: int
    given_up: int


def run_plan(library: Library, plan: Plan, on_event: OnEvent, engine: Engine | None = None) -> Report:
    """Make every picture of the plan, in this process or by another engine.

    KeyboardInterrupt and a full disk end it, with what is done kept.
    """
    engine = engine or LocalEngine(plan.weights)
    checkpoints = library.root / CHECKPOINTS
    clear_stale(checkpoints)
    order = Order(plan.setting, plan.device, plan.tiling, checkpoints, plan.batch)
    jobs = [
        Job(number, content, style, pair_seed(plan.setting.seed, content, style))
        for number, (content, style) in enumerate(plan.pairs)
    ]

    ended: set[int] = set()

    def tell(event: protocol.Event) -> None:
        if not isinstance(event, protocol.Noted) and event.number in ended:
            return      # from a worker far away, news may come after the thing itself
        match event:
            case protocol.Began(number):
                on_event(PairStarted(number + 1, len(jobs), jobs[number].content, jobs[number].style))
            case protocol.Stepped(number, step, steps, loss):
                on_event(PairStep(number + 1, step, steps, loss))
            case protocol.Noted(text):
                on_event(Notice(text))

    done = failed = 0
    most = engine.most_together(order, len(jobs))
    together = batches(jobs, lambda job: picture_size(plan.setting.recipe, job.content), most)
    # Closed at once when this ends early: an engine may have processes to end.
    with closing(engine.run(order, together, tell)) as finished:
        for made in finished:
            job = jobs[made.number]
            ended.add(made.number)
            result = _keep(library, plan, job, made)
            on_event(PairEnded(job.number + 1, result, job.content, job.style))
            done += result.record.status is ResultStatus.DONE
            failed += result.record.status is ResultStatus.FAILED
    return Report(done, failed, plan.existing, plan.given_up)


def _keep(library: Library, plan: Plan, job: Job, made: Made) -> Result:
    """The picture into the store, then its row; raises StorageFailed and LibraryBusy."""
    setting, details = plan.setting, made.details
    stored, reason = None, made.reason
    if made.data is not None:
        try:
            stored = library.store.put_bytes(made.data)
            if made.film:
                library.frames.save(ResultKey(job.content.sha256, job.style.sha256, setting.recipe_hash), made.film)
        except PictureRefused as error:     # such as one of more pixels than the library takes
            reason = str(error)
    record = ResultRecord(
        key=ResultKey(job.content.sha256, job.style.sha256, setting.recipe_hash),
        recipe=setting.recipe.name,
        size=setting.recipe.extent.side_px,
        steps=setting.recipe.steps,
        seed=setting.seed,
        status=ResultStatus.DONE if stored else ResultStatus.FAILED,
        content_loss=details.get("content_loss"),
        style_loss=details.get("style_loss"),
        total_loss=details.get("total_loss"),
        seconds=made.seconds,
        reason=reason,
        details=details,
    )
    result = library.results.get(library.results.save(record, stored))
    if made.checkpoint:
        made.checkpoint.unlink(missing_ok=True)
    return result
