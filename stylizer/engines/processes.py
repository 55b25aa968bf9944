"""Processes of this machine, each with its own network: one for each GPU, or several that share a CPU's threads.

Invariant: a batch is in the hands of one worker, over a pipe of its own (a queue that is shared would stay locked
when a worker is killed while it writes). What a dead worker had in hand is made again by another, from its last
checkpoint. No worker outlives its driver: without one its pipe breaks at the next evaluation.
"""

import multiprocessing
import signal
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import torch

from db.signals import interrupts_kept_from_children
from stylizer.compute import memory
from stylizer.compute.device import Device
from stylizer.engines.protocol import Batch, Event, Made, Noted, Tell, given_up, most_together, shared_out
from stylizer.engines.scheduler import Scheduler
from stylizer.engines.worker import Worker
from stylizer.errors import WorkersLost
from stylizer.network.weights import load_weights
from stylizer.run_config import RunConfig

# So many workers that die before they have loaded the network end the run: the next would, too.
MOST_FAILED_STARTS = 3
PATIENCE_S = 2.0        # for workers that were told to end


@dataclass(frozen=True)
class _Idle:
    """A worker wants a batch."""


@dataclass(frozen=True)
class _Broken:
    """What no other batch would go better with."""

    error: Exception


_Message = Event | Made | _Idle | _Broken


@dataclass
class _WorkerHandle:
    process: BaseProcess
    pipe: "Connection[Batch, _Message]"
    place: int                  # which GPU
    is_ready: bool = False      # its network is loaded
    is_idle: bool = False


class ProcessEngine:
    """Makes batches in `workers` processes; the weights are loaded by each from the same source."""

    def __init__(self, weights: str, workers: int) -> None:
        self._weights = weights
        self._workers = workers

    def most_together(self, config: RunConfig, jobs: int) -> int:
        """What each worker makes good use of, if memory holds it."""
        of_one = most_together(config.device, torch.get_num_threads() // self._workers)
        return config.batch or shared_out(of_one, jobs, self._workers)

    def run(self, config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
        """Makes them all. Raises StorageFailed, WorkersLost, or what a worker could not begin for."""
        scheduler = Scheduler(batches)
        pool = _WorkerPool(config, self._weights, min(self._workers, scheduler.waiting))
        try:
            yield from pool.work(scheduler, tell)
        finally:
            pool.shut_down()


class _WorkerPool:
    """The workers of a run, and what they have in hand."""

    def __init__(self, config: RunConfig, weights: str, size: int) -> None:
        self._config = config
        self._weights = weights
        self._size = size
        self._workers: list[_WorkerHandle] = []
        self._failed_starts = 0

    def work(self, scheduler: Scheduler, tell: Tell) -> Generator[Made, None, None]:
        while not scheduler.is_complete:
            self._assign(scheduler)
            pipes = {worker.pipe: worker for worker in self._workers}
            for pipe in wait(list(pipes)):
                worker = pipes[pipe]    # type: ignore[index]
                try:
                    message = worker.pipe.recv()
                except (EOFError, OSError):
                    yield from self._on_worker_lost(worker, scheduler, tell)
                    continue
                yield from self._on_message(message, worker, scheduler, tell)

    def shut_down(self) -> None:
        """Ends all workers, within seconds."""
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + PATIENCE_S
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()

    def _assign(self, scheduler: Scheduler) -> None:
        """Gives a batch to everybody who is idle, and hires where there is work for more."""
        for worker in self._workers:
            if worker.is_idle and (batch := scheduler.next_for(worker.process.pid)):
                worker.is_idle = False
                try:
                    worker.pipe.send(batch)
                except OSError:     # it is gone, as its pipe will tell
                    continue
        starting = sum(not worker.is_ready for worker in self._workers)
        while len(self._workers) < self._size and starting < scheduler.waiting:
            taken = [worker.place for worker in self._workers]
            self._workers.append(self._start_worker(min(range(self._size), key=taken.count)))
            starting += 1

    def _start_worker(self, place: int) -> _WorkerHandle:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, self._config, self._weights, self._size, place), daemon=True)
        # It is started with the first process, and lets the signal through again.
        resource_tracker.ensure_running()
        with interrupts_kept_from_children():
            process.start()
        theirs.close()      # so that ours ends with the worker
        return _WorkerHandle(process, ours, place)

    def _on_message(self, message: _Message, worker: _WorkerHandle, scheduler: Scheduler, tell: Tell) -> Iterator[Made]:
        match message:
            case _Idle():
                worker.is_ready = worker.is_idle = True
            case _Broken(error):
                raise error
            case Made():
                if scheduler.complete(worker.process.pid, message):
                    yield message
            case _:
                tell(message)

    def _on_worker_lost(self, worker: _WorkerHandle, scheduler: Scheduler, tell: Tell) -> Iterator[Made]:
        """Takes back what a worker that died had in hand."""
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        how = _death(worker.process.exitcode)
        if not worker.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise WorkersLost(f"{self._failed_starts} workers ended before they began (the last {how})")
        tell(Noted(f"a worker {how}; what it had in hand is made again"))
        for job in scheduler.lost(worker.process.pid):
            yield given_up(self._config, job, f"its worker {how}, three times")


def _serve(
    pipe: "Connection[_Message, Batch]", config: RunConfig, weights: str, size: int, place: int
) -> None:
    """A worker's life: the network once, then batch after batch until the driver ends it or is gone."""
    sharing = size
    if config.device == Device.CUDA:
        devices = torch.cuda.device_count()
        torch.cuda.set_device(place % devices)
        sharing = -(-size // devices)
    torch.set_num_threads(max(1, torch.get_num_threads() // size))
    if config.tiling.memory_bytes is not None:
        of_one = memory.for_the_network(config.device, sharing)
        config = replace(config, tiling=replace(config.tiling, memory_bytes=of_one))
    try:
        worker = Worker(config, load_weights(weights, config.recipe.network), sharing=sharing)
        while True:
            pipe.send(_Idle())
            for made in worker.make(pipe.recv(), pipe.send):
                pipe.send(made)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # noqa: BLE001 - it is raised again, by the driver
        pipe.send(_Broken(error))


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        return f"was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
    return f"ended with exit code {exit_code}"
