"""The workers of a run on a Ray cluster: hired where there is a machine, kept busy, and replaced where one is lost.

Invariant: what a worker or a machine that died had in hand is made again by another, what had arrived is not. Ray
itself is told to repeat nothing, so that every pair has one account. In flight are two batches a worker and the images
of the batches that came last, however long the run is.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from db.records import Image
from stylizer.compute.device import Device
from stylizer.engines.protocol import Batch, Job, Made, Noted, Tell, given_up
from stylizer.engines.ray_worker import RayWorker, Ref, Sent, packed
from stylizer.engines.scheduler import Scheduler
from stylizer.engines.worker import reason_of
from stylizer.errors import EngineMissing, WorkersLost
from stylizer.pictures.source import FileImages
from stylizer.run_config import RunConfig

TICK_S = 0.3            # how long news of a worker may lie
NEWS_S = 0.005          # for each worker: so often at most they are asked for news
LOOK_AROUND_S = 5.0     # for machines that have joined
WITHOUT_WORKERS_S = 120.0        # without any worker after which a run ends
MOST_FAILED_STARTS = 3      # workers in a row that end before they begin
MOST_IN_HAND = 2        # batches of a worker: one that it makes, one that it goes on with while this process is busy
SENT_BYTES = 1 << 30    # of images that stay in Ray's store


class SentImages:
    """Images in Ray's store: those wanted last, up to so many bytes."""

    def __init__(self, ray: Any, config: RunConfig) -> None:
        self._ray = ray
        self._guidance = config.guidance
        self._files = FileImages(config.recipe, config.guidance)
        self._refs: OrderedDict[str, tuple[Ref, int]] = OrderedDict()
        self._held = 0

    def has_content(self, sha256: str) -> bool:
        """Whether this content need not be read."""
        return f"content {sha256}" in self._refs

    def of(self, job: Job) -> dict[str, Ref]:
        """The images of a job by name. Raises what reading and resizing them do."""
        names = [f"content {job.content.sha256}", *([] if self._guidance.start is None else ["start"])]
        styles = {f"style {image.sha256}": image for image in (job.style, *self._guidance.styles)}
        found = {name: self._ref(name, job, styles) for name in (*names, *styles)}
        while self._held > SENT_BYTES and len(self._refs) > len(found):
            _, (_, size) = self._refs.popitem(last=False)   # a batch that wants it still holds it
            self._held -= size
        return found

    def _ref(self, name: str, job: Job, styles: dict[str, Image]) -> Ref:
        if name not in self._refs:
            sent = self._prepared(name, job, styles)
            self._refs[name] = self._ray.put(sent), sent.bytes
            self._held += sent.bytes
        self._refs.move_to_end(name)
        return self._refs[name][0]

    def _prepared(self, name: str, job: Job, styles: dict[str, Image]) -> Sent:
        if name in styles:
            return packed(self._files.style(styles[name]))
        if name == "start":
            begin = self._files.start()
            return packed([] if begin is None else [begin])
        return packed(self._files.content(job.content), self._files.opacity(job.content))


@dataclass(eq=False)
class _WorkerHandle:
    actor: Any
    node: str                   # its id
    place: str                  # its address, for people
    born: Ref | None            # until its network is loaded
    making: deque[Ref] = field(default_factory=deque)       # its batches, in the order in which it makes them
    news: Ref | None = None

    @property
    def is_ready(self) -> bool:
        """Whether its network is loaded."""
        return self.born is None

    @property
    def waits_for(self) -> Ref | None:
        """What it will answer next."""
        return self.born or (self.making[0] if self.making else None)


class WorkerPool:
    """The workers of a run, and what they have in hand. `ray` is Ray's module, once a cluster was joined."""

    def __init__(
        self, ray: Any, config: RunConfig, weights: Ref, *, use_gpus: bool, actor: type = RayWorker
    ) -> None:
        self._ray = ray
        # Its batches one by one; beside them it answers how far it is.
        self._actor = ray.remote(concurrency_groups={"making": 1, "telling": 1})(actor)
        self._use_gpus = use_gpus
        # Checkpoints lie in the library, which machines do not share.
        self._config = replace(config, checkpoints=None)
        self._weights = weights
        self._images = SentImages(ray, config)
        self._workers: list[_WorkerHandle] = []
        self._failed_starts = 0
        self._looked_at = -LOOK_AROUND_S
        self._heard_at = 0.0
        self._without_workers_since = time.monotonic()

    def work(self, scheduler: Scheduler, tell: Tell) -> Generator[Made, None, None]:
        """All that the scheduler has. Raises EngineMissing, WorkersLost, or what a worker could not begin for."""
        while not scheduler.is_complete:
            self._scale_up(scheduler)
            yield from self._assign(scheduler)
            awaited = {worker.waits_for: worker for worker in self._workers if worker.waits_for is not None}
            done: list[Ref] = []
            if not awaited:
                time.sleep(TICK_S)
            elif self._ray.wait(list(awaited), timeout=TICK_S)[0]:      # one, and then all that are there
                done, _ = self._ray.wait(list(awaited), num_returns=len(awaited), timeout=0)
            self._pass_on_news(tell)
            for ref in done:
                yield from self._on_message(awaited[ref], scheduler, tell)

    def shut_down(self) -> None:
        """Ends all workers."""
        for worker in self._workers:
            self._ray.kill(worker.actor)

    def _scale_up(self, scheduler: Scheduler) -> None:
        """A worker for each GPU, or for each machine without one, where there is work for more; now and then."""
        now = time.monotonic()
        if any(worker.is_ready for worker in self._workers):
            self._without_workers_since = now
        elif now - self._without_workers_since > WITHOUT_WORKERS_S:
            raise WorkersLost(
                f"the cluster has given no worker for {WITHOUT_WORKERS_S:.0f} s; `ray status` says what is taken")
        if now - self._looked_at < LOOK_AROUND_S:
            return
        self._looked_at = now
        for node in self._ray.nodes():
            gpus, cpus = (int(node["Resources"].get(kind, 0)) for kind in ("GPU", "CPU"))
            gpus = gpus if self._use_gpus else 0
            wanted = gpus or min(1, cpus)
            for _ in range(wanted - sum(worker.node == node["NodeID"] for worker in self._workers)):
                starting = sum(not worker.is_ready for worker in self._workers)
                if node["Alive"] and starting < scheduler.waiting:
                    self._workers.append(self._start_worker(node, cpus, has_gpu=gpus > 0))

    def _start_worker(self, node: dict[str, Any], cpus: int, *, has_gpu: bool) -> _WorkerHandle:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = self._actor.options(
            num_cpus=min(1, cpus) if has_gpu else cpus,
            num_gpus=1 if has_gpu else 0,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        ).remote()
        config = replace(self._config, device=Device.CUDA if has_gpu else Device.CPU)
        born = actor.begin.options(concurrency_group="making").remote(
            config, self._weights, max(1, cpus), metadata.version("stylegram"))
        return _WorkerHandle(actor, node["NodeID"], node["NodeManagerAddress"], born)

    def _assign(self, scheduler: Scheduler) -> Iterator[Made]:
        """A batch to each that has none, and then another behind it, where so many wait that nobody goes without."""
        began = time.monotonic()
        for in_hand in range(MOST_IN_HAND):
            for worker in self._workers:
                while worker.is_ready and len(worker.making) <= in_hand:
                    if in_hand and scheduler.waiting < len(self._workers):
                        return
                    batch = scheduler.next_for(worker, self._images.has_content)
                    if batch is None:
                        return
                    yield from self._hand_over(worker, batch, scheduler)
                    if time.monotonic() - began > TICK_S:   # reading images: others may have ended meanwhile
                        return

    def _hand_over(self, worker: _WorkerHandle, batch: Batch, scheduler: Scheduler) -> Iterator[Made]:
        jobs: list[Job] = []
        refs: dict[str, Ref] = {}
        for job in batch:
            try:
                refs |= self._images.of(job)
                jobs.append(job)
            except self._ray.exceptions.RayError:
                raise
            except Exception as error:  # noqa: BLE001 - a pair's failure, whatever it is, is recorded and told
                made = given_up(self._config, job, reason_of(error))
                if scheduler.complete(worker, made):
                    yield made
        if jobs:
            made_ref = worker.actor.make.options(concurrency_group="making").remote(tuple(jobs), refs)
            worker.making.append(made_ref)

    def _pass_on_news(self, tell: Tell) -> None:
        now = time.monotonic()
        if now - self._heard_at < max(TICK_S, NEWS_S * len(self._workers)):
            return
        self._heard_at = now
        asked = {worker.news: worker for worker in self._workers if worker.news is not None}
        answered, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=0) if asked else ((), ())
        for ref in answered:
            try:
                events = self._ray.get(ref)
            except self._ray.exceptions.RayError:       # it is gone, as its batch will tell
                continue
            asked[ref].news = None
            for event in events:
                tell(event)
        for worker in self._workers:
            if worker.news is None and worker.making:
                worker.news = worker.actor.news.options(concurrency_group="telling").remote()

    def _on_message(self, worker: _WorkerHandle, scheduler: Scheduler, tell: Tell) -> Iterator[Made]:
        try:
            answer = self._ray.get(worker.waits_for)
        except self._ray.exceptions.RayTaskError as error:      # raised by a worker, of which one is like another
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            yield from self._on_worker_lost(worker, str(error), scheduler, tell)
            return
        if worker.born is not None:
            worker.born = None
        else:
            worker.making.popleft()
        self._failed_starts = 0
        for made in answer or ():
            if scheduler.complete(worker, made):
                yield made

    def _on_worker_lost(self, worker: _WorkerHandle, told: str, scheduler: Scheduler, tell: Tell) -> Iterator[Made]:
        """Takes back what a worker that is gone had in hand."""
        self._workers.remove(worker)
        self._looked_at = time.monotonic() - LOOK_AROUND_S / 2      # Ray learns of a dead machine a little later
        if "No module named" in told:
            raise EngineMissing(f"the machine {worker.place} of the cluster has no stylegram: install it there, too")
        if not worker.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS and not any(other.is_ready for other in self._workers):
                raise WorkersLost(f"{self._failed_starts} workers ended before they began, the last on {worker.place}")
        tell(Noted(f"a worker on {worker.place} is gone; what it had in hand is made again"))
        for job in scheduler.lost(worker):
            yield given_up(self._config, job, "its worker was lost, three times")
