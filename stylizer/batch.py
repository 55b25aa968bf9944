"""Plan -> engine -> results: every pair of a plan once, each kept as soon as it is done.

Invariant: a result's row is written after its picture is durable, and a pair that fails is recorded with its
reason and never stops the others. Running a plan again does what is missing. Only this process writes the catalog,
wherever the pictures are made.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from db.disk import discard
from db.errors import PictureRefused
from db.library import Library
from db.live import LiveNote
from db.records import Result, ResultKey, ResultRecord, ResultStatus
from db.store import CHECKPOINTS
from stylizer.engines import protocol
from stylizer.engines.local import LocalEngine
from stylizer.engines.protocol import Engine, Job, Made
from stylizer.pairs import pair_seed
from stylizer.plan import Plan
from stylizer.transfer.checkpoint import clear_stale


@dataclass(frozen=True)
class PairEnded:
    """The pair `plan.pairs[number]` is in the catalog, done or failed."""

    number: int
    result: Result


Event = protocol.Event | PairEnded      # an engine's own, and what became of a pair; a pair is known by its number
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
    clear_stale(library.root / CHECKPOINTS)
    config = plan.config
    ended = bytearray(len(plan.pairs))

    def job(number: int) -> Job:
        content, style = plan.pairs[number]
        return Job(number, content, style, pair_seed(config.seed, content, style))

    def pair(number: int) -> tuple[int, int]:
        content, style = plan.pairs[number]
        return content.id, style.id

    done = failed = 0
    most = engine.most_together(config, len(plan.pairs))
    together = (tuple(map(job, numbers)) for numbers in plan.batches(most))
    with library.live.tell(plan.in_words(), len(plan.pairs), pair) as live:

        def tell(event: protocol.Event) -> None:
            if isinstance(event, protocol.Noted) or not ended[event.number]:
                _show(live, event)
                on_event(event)     # from a worker far away, news may come after the thing itself

        # Closed at once when this ends early: an engine may have processes to end.
        with closing(engine.run(config, together, tell)) as finished:
            for made in finished:
                ended[made.number] = True
                result = _keep(library, plan, job(made.number), made)
                live.ended(made.number, result.id, result.record.reason)
                on_event(PairEnded(made.number, result))
                done += result.record.status is ResultStatus.DONE
                failed += result.record.status is ResultStatus.FAILED
    return Report(done, failed, plan.existing, plan.given_up)


def _show(live: LiveNote, event: protocol.Event) -> None:
    match event:
        case protocol.Began(number):
            live.began(number)
        case protocol.Stepped(number, step, steps, loss):
            live.stepped(number, step, steps, loss)
        case protocol.Glimpsed(number, step, data):
            live.glimpsed(number, step, data)
        case protocol.Noted():
            pass


def _keep(library: Library, plan: Plan, job: Job, made: Made) -> Result:
    """The picture into the store, then its row; raises StorageFailed and LibraryBusy."""
    config, details = plan.config, made.details
    stored, reason = None, made.reason
    if made.data is not None:
        try:
            stored = library.store.put_bytes(made.data)
            if made.film:
                library.frames.save(ResultKey(job.content.sha256, job.style.sha256, config.recipe_hash), made.film)
        except PictureRefused as error:     # such as one of more pixels than the library takes
            reason = str(error)
    record = ResultRecord(
        key=ResultKey(job.content.sha256, job.style.sha256, config.recipe_hash),
        recipe=config.recipe.name,
        size=config.recipe.extent.side_px,
        steps=config.recipe.steps,
        seed=config.seed,
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
        discard(made.checkpoint)
    return result
