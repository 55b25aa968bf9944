"""A Ray cluster: one worker for each GPU, or for each machine where there are none.

Invariant: this process keeps the order and the catalog; a worker gets small images and a recipe and gives files back.
What a worker or a machine that died had in hand is made again by another, what had arrived is not. Ray itself is
told to repeat nothing, so that every pair has one account.
"""

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from db.records import Image
from stylizer.compute import memory
from stylizer.compute.device import Device
from stylizer.engines import ray_init
from stylizer.engines.protocol import Batch, Event, Job, Made, Noted, Tell, given_up, most_together, shared_out
from stylizer.engines.scheduler import Scheduler
from stylizer.engines.worker import Worker, reason_of
from stylizer.errors import EngineMissing, WorkersLost
from stylizer.network.vgg import Weights
from stylizer.pictures.source import FileImages
from stylizer.run_config import RunConfig

TICK_S = 0.3            # how long news of a worker may lie
LOOK_AROUND_S = 5.0     # for machines that have joined
WITHOUT_WORKERS_S = 120.0        # without any worker after which a run ends
MOST_FAILED_STARTS = 3      # workers in a row that end before they begin

Ref = Any               # of an object in Ray's store


@dataclass(frozen=True)
class Sent:
    """An image as it travels: 8-bit pixels [3, H, W] at each scale, and its opacity [H, W]."""

    scales: tuple[NDArray[np.uint8], ...]
    opacity: NDArray[np.float32] | None = None

    def pixels(self) -> list[Tensor]:
        """Float32 [1, 3, H, W], the very values that were sent."""
        return [torch.from_numpy(values.astype(np.float32))[None] for values in self.scales]


class StoredImages:
    """The images of one batch, out of Ray's store; fetched when they are wanted, for many are encoded already."""

    def __init__(self) -> None:
        self.refs: dict[str, Ref] = {}

    def content(self, image: Image) -> list[Tensor]:
        """At each scale of the recipe."""
        return self._fetch(f"content {image.sha256}").pixels()

    def style(self, image: Image) -> list[Tensor]:
        """At each scale of the recipe."""
        return self._fetch(f"style {image.sha256}").pixels()

    def opacity(self, content: Image) -> Tensor | None:
        """At full size."""
        found = self._fetch(f"content {content.sha256}").opacity
        return None if found is None else torch.from_numpy(found.copy())

    def start(self) -> Tensor | None:
        """The user's own start."""
        return self._fetch("start").pixels()[0] if "start" in self.refs else None

    def _fetch(self, name: str) -> Sent:
        import ray

        sent: Sent = ray.get(self.refs[name])
        return sent


class RayWorker:
    """A worker, as an actor: the network once, then batch after batch. News is fetched while it works."""

    def __init__(self) -> None:
        self._pictures = StoredImages()
        self._worker: Worker | None = None
        self._news = deque[Event]()     # written by one thread, read by another

    def begin(self, config: RunConfig, weights: Weights, threads: int, stylegram: str) -> None:
        """Loads the network. Raises EngineMissing where another version is installed."""
        here = metadata.version("stylegram")
        if here != stylegram:
            raise EngineMissing(f"a machine of the cluster has stylegram {here}, this one has {stylegram}")
        torch.set_num_threads(threads)
        # Ray counts GPUs that torch has no use for.
        if config.device == Device.CUDA and not torch.cuda.is_available():
            config = replace(config, device=Device.CPU)
        if config.tiling.memory_bytes is not None:
            fitting = memory.for_the_network(config.device)
            config = replace(config, tiling=replace(config.tiling, memory_bytes=fitting))
        self._worker = Worker(config, weights, self._pictures)

    def make(self, batch: Batch, refs: dict[str, Ref]) -> list[Made]:
        """The batch's files; `refs` are those of its images."""
        if self._worker is None:
            raise RuntimeError("begin first")
        self._pictures.refs = refs
        return list(self._worker.make(batch, self._news.append))

    def news(self) -> list[Event]:
        """What has happened since the last call."""
        return [self._news.popleft() for _ in range(len(self._news))]


@dataclass(eq=False)
class _WorkerHandle:
    actor: Any
    node: str                   # its id
    place: str                  # its address, for people
    waits_for: Ref | None       # its network, at first, and then its batch; None while it is idle
    news: Ref | None = None
    is_ready: bool = False


class RayEngine:
    """Makes batches on the cluster at `address`, or on one of its own on this machine (None)."""

    def __init__(self, weights: Weights, address: str | None, *, use_gpus: bool = True) -> None:
        self._weights = weights
        self._use_gpus = use_gpus
        self._address = address
        self._is_joined = False

    def most_together(self, config: RunConfig, jobs: int) -> int:
        """What each machine makes good use of, if its memory holds it. Raises EngineMissing and WorkersLost."""
        self._join()
        import ray  # after that: joining sets what Ray reads when it is loaded

        has_gpus = self._use_gpus and ray.cluster_resources().get("GPU", 0) >= 1
        cpus = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
        of_one = most_together(Device.CUDA if has_gpus else Device.CPU, min(filter(None, cpus), default=1))
        workers = int(ray.cluster_resources()["GPU"]) if has_gpus else len(cpus)
        return config.batch or shared_out(of_one, jobs, workers)

    def run(self, config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
        """Makes them all. Raises EngineMissing, WorkersLost, or what a worker could not begin for."""
        self._join()
        pool = _WorkerPool(config, self._weights, use_gpus=self._use_gpus)
        try:
            yield from pool.work(Scheduler(batches), tell)
        finally:
            pool.shut_down()
            ray_init.leave()
            self._is_joined = False

    def _join(self) -> None:
        if not self._is_joined:
            ray_init.join(self._address)
            self._is_joined = True


class _WorkerPool:
    """The workers of a run, and what they have in hand."""

    def __init__(self, config: RunConfig, weights: Weights, *, use_gpus: bool) -> None:
        import ray

        self._use_gpus = use_gpus
        # Checkpoints lie in the library, which machines do not share.
        self._config = replace(config, checkpoints=None)
        self._weights = ray.put(weights)
        self._files = FileImages(config.recipe, config.guidance)
        self._sent: dict[str, Ref] = {}
        self._workers: list[_WorkerHandle] = []
        self._failed_starts = 0
        self._looked_at = -LOOK_AROUND_S
        self._without_workers_since = time.monotonic()

    def work(self, scheduler: Scheduler, tell: Tell) -> Generator[Made, None, None]:
        import ray

        while not scheduler.is_complete:
            self._scale_up(scheduler)
            yield from self._assign(scheduler)
            awaited = {worker.waits_for: worker for worker in self._workers if worker.waits_for is not None}
            if awaited:
                done, _ = ray.wait(list(awaited), timeout=TICK_S)
            else:
                done = []
                time.sleep(TICK_S)
            self._pass_on_news(tell)
            for ref in done:
                yield from self._on_message(awaited[ref], scheduler, tell)

    def shut_down(self) -> None:
        """Ends all workers."""
        import ray

        for worker in self._workers:
            ray.kill(worker.actor)

    def _scale_up(self, scheduler: Scheduler) -> None:
        """A worker for each GPU, or for each machine without one, where there is work for more; now and then."""
        import ray

        now = time.monotonic()
        if any(worker.is_ready for worker in self._workers):
            self._without_workers_since = now
        elif now - self._without_workers_since > WITHOUT_WORKERS_S:
            raise WorkersLost(
                f"the cluster has given no worker for {WITHOUT_WORKERS_S:.0f} s; `ray status` says what is taken")
        if now - self._looked_at < LOOK_AROUND_S:
            return
        self._looked_at = now
        for node in ray.nodes():
            gpus, cpus = (int(node["Resources"].get(kind, 0)) for kind in ("GPU", "CPU"))
            gpus = gpus if self._use_gpus else 0
            wanted = gpus or min(1, cpus)
            for _ in range(wanted - sum(worker.node == node["NodeID"] for worker in self._workers)):
                starting = sum(not worker.is_ready for worker in self._workers)
                if node["Alive"] and starting < scheduler.waiting:
                    self._workers.append(self._start_worker(node, cpus, has_gpu=gpus > 0))

    def _start_worker(self, node: dict[str, Any], cpus: int, *, has_gpu: bool) -> _WorkerHandle:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = ray.remote(RayWorker).options(
            num_cpus=min(1, cpus) if has_gpu else cpus,
            num_gpus=1 if has_gpu else 0,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=2,      # one makes pictures, the other tells the news
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        ).remote()
        config = replace(self._config, device=Device.CUDA if has_gpu else Device.CPU)
        born = actor.begin.remote(config, self._weights, max(1, cpus), metadata.version("stylegram"))
        return _WorkerHandle(actor, node["NodeID"], node["NodeManagerAddress"], born)

    def _assign(self, scheduler: Scheduler) -> Iterator[Made]:
        import ray

        for worker in self._workers:
            while worker.waits_for is None and (batch := scheduler.next_for(worker)):
                jobs: list[Job] = []
                refs: dict[str, Ref] = {}
                for job in batch:
                    try:
                        refs |= self._send(job)
                        jobs.append(job)
                    except ray.exceptions.RayError:
                        raise
                    except Exception as error:  # noqa: BLE001 - a pair's failure, whatever it is, is recorded and told
                        made = given_up(self._config, job, reason_of(error))
                        if scheduler.complete(worker, made):
                            yield made
                if jobs:
                    worker.waits_for = worker.actor.make.remote(tuple(jobs), refs)

    def _send(self, job: Job) -> dict[str, Ref]:
        """The images of a job by name, each put into Ray's store once. Raises what reading and resizing them do."""
        import ray

        guidance = self._config.guidance
        names = [f"content {job.content.sha256}", *([] if guidance.start is None else ["start"])]
        styles = {f"style {image.sha256}": image for image in (job.style, *guidance.styles)}
        for name in (*names, *styles):
            if name not in self._sent:
                self._sent[name] = ray.put(self._prepared(name, job, styles))
        return {name: self._sent[name] for name in (*names, *styles)}

    def _prepared(self, name: str, job: Job, styles: dict[str, Image]) -> Sent:
        if name in styles:
            return _packed(self._files.style(styles[name]))
        if name == "start":
            begin = self._files.start()
            return _packed([] if begin is None else [begin])
        opacity = self._files.opacity(job.content)
        return _packed(self._files.content(job.content), opacity)

    def _pass_on_news(self, tell: Tell) -> None:
        import ray

        for worker in self._workers:
            if worker.waits_for is None or not worker.is_ready:
                continue
            if worker.news is None:
                worker.news = worker.actor.news.remote()
            elif ray.wait([worker.news], timeout=0)[0]:
                try:
                    for event in ray.get(worker.news):
                        tell(event)
                except ray.exceptions.RayError:     # it is gone, as its batch will tell
                    continue
                worker.news = None

    def _on_message(self, worker: _WorkerHandle, scheduler: Scheduler, tell: Tell) -> Iterator[Made]:
        import ray

        try:
            answer = ray.get(worker.waits_for)
        except ray.exceptions.RayTaskError as error:    # raised by a worker, of which one is like another
            raise error.cause from error
        except ray.exceptions.RayError as error:
            yield from self._on_worker_lost(worker, str(error), scheduler, tell)
            return
        worker.is_ready, worker.waits_for = True, None
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


def _packed(scales: Sequence[Tensor], opacity: Tensor | None = None) -> Sent:
    return Sent(
        tuple(pixels[0].to(torch.uint8).numpy() for pixels in scales), None if opacity is None else opacity.numpy())
