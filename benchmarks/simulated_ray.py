"""As much of Ray's module as the engine calls, for machines that are not there; pool and scheduler are the real ones.

Two hundred processes of Ray do not fit a machine of two cores. Here a worker is a clock: a batch that it is given is
ready when so many seconds have passed for each of its pairs, after those that it had before. All that the driver does
is done: what it sends and gets is pickled, and a call takes a moment to arrive.

Invariant: a worker makes one batch at a time; nothing is ready before its time; what a dead node had is lost.
"""

import heapq
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

import ray.exceptions

from benchmarks.idle_worker import SECONDS, made
from stylizer.engines.protocol import Batch, Began, Event

CALL_S = 0.002      # until a call has reached its worker, and an answer its driver: measured, on one machine 0.6 ms


@dataclass(eq=False)
class Ref:
    """An object that is there, or will be."""

    ready_at: float = 0.0
    value: Callable[[], Any] = lambda: None
    actor: "Actor | None" = None
    is_unread_batch: bool = False


@dataclass
class Node:
    """A machine."""

    name: str
    is_alive: bool = True
    actors: list["Actor"] = field(default_factory=list)


@dataclass(eq=False)
class Actor:
    """A worker of a node; how long it has lived and worked is what is measured."""

    cluster: "SimulatedRay"
    node: Node
    began_at: float
    ended_at: float | None = None
    free_at: float = 0.0
    begun: list[tuple[float, int]] = field(default_factory=list)    # pairs and when each is begun

    def __getattr__(self, name: str) -> "Method":
        if name not in ("begin", "make", "news"):
            raise AttributeError(name)
        return Method(getattr(self, f"call_{name}"))

    def call_begin(self, *_: Any) -> Ref:
        return self._answer(time.monotonic() + CALL_S, lambda: None)

    def call_make(self, batch: Batch, refs: dict[str, Ref]) -> Ref:
        jobs: Batch = pickle.loads(pickle.dumps(batch))
        assert all(isinstance(ref, Ref) for ref in refs.values())
        begin = max(time.monotonic() + CALL_S, self.free_at)
        self.free_at = begin + self.cluster.pair_s * len(jobs)
        self.begun += [(begin + self.cluster.pair_s * place, job.number) for place, job in enumerate(jobs)]
        answer = self._answer(
            self.free_at + CALL_S, lambda: pickle.loads(pickle.dumps([made(job.number) for job in jobs])))
        answer.is_unread_batch = True
        return answer

    def call_news(self) -> Ref:
        def news() -> list[Event]:
            now = time.monotonic()
            told: list[Event] = [Began(number) for at, number in self.begun if at <= now]
            self.begun = self.begun[len(told):]
            return told

        return self._answer(time.monotonic() + 2 * CALL_S, news)

    def _answer(self, ready_at: float, value: Callable[[], Any]) -> Ref:
        return self.cluster.track(Ref(ready_at, value, self))


@dataclass
class Method:
    """A call of an actor's."""

    call: Callable[..., Ref]

    def options(self, **_: Any) -> "Method":
        return self

    def remote(self, *arguments: Any) -> Ref:
        return self.call(*arguments)


class SimulatedRay:
    """So many machines of one CPU each, which take `pair_s` seconds for a pair."""

    exceptions = ray.exceptions

    def __init__(self, nodes: int, pair_s: float = SECONDS) -> None:
        self.pair_s = pair_s
        names = [f"{number:056x}" for number in range(nodes)]       # as Ray's own
        self._nodes = {name: Node(name) for name in names}
        self.actors: list[Actor] = []
        self.refs: WeakSet[Ref] = WeakSet()
        self.most_refs = 0

    def nodes(self) -> list[dict[str, Any]]:
        """As ray.nodes."""
        return [{"NodeID": node.name, "NodeManagerAddress": node.name, "Alive": node.is_alive, "Resources": {"CPU": 1}}
                for node in self._nodes.values()]

    def put(self, value: Any) -> Ref:
        """As ray.put."""
        held = pickle.dumps(value)
        return self.track(Ref(0.0, lambda: pickle.loads(held)))

    def get(self, ref: Ref) -> Any:
        """As ray.get, of what is ready."""
        if self._is_lost(ref):
            raise ray.exceptions.RayActorError
        ref.is_unread_batch = False
        return ref.value()

    def wait(self, refs: Sequence[Ref], *, num_returns: int = 1, timeout: float) -> tuple[list[Ref], list[Ref]]:
        """As ray.wait."""
        until = time.monotonic() + timeout
        while True:
            now = time.monotonic()
            ready = [ref for ref in refs if ref.ready_at <= now or self._is_lost(ref)]
            if len(ready) >= num_returns or now >= until:
                return ready[:num_returns], []
            soonest = heapq.nsmallest(1, (ref.ready_at for ref in refs if ref.ready_at > now))
            time.sleep(max(0.0, min([until, *soonest]) - now))

    def remote(self, **_: Any) -> Callable[[type], "SimulatedRay"]:
        """As ray.remote for a class: whatever it is, its workers are those of this file."""
        return lambda actor: self

    def options(self, *, scheduling_strategy: Any, **_: Any) -> "Starter":
        """As ActorClass.options."""
        return Starter(self, self._nodes[scheduling_strategy.node_id])

    def start(self, node: Node) -> Actor:
        """A worker on a node."""
        actor = Actor(self, node, time.monotonic())
        node.actors.append(actor)
        self.actors.append(actor)
        return actor

    def kill(self, actor: Actor) -> None:
        """As ray.kill."""
        actor.ended_at = actor.ended_at or time.monotonic()

    def kill_node(self) -> None:
        """Ends the first node that works, and its workers with what they have."""
        node = next(node for node in self._nodes.values() if node.is_alive and node.actors)
        node.is_alive = False
        for actor in node.actors:
            self.kill(actor)

    def track(self, ref: Ref) -> Ref:
        """Counts what is in flight."""
        self.refs.add(ref)
        self.most_refs = max(self.most_refs, len(self.refs))
        return ref

    def busy(self, pairs: int, began: float, ended: float) -> float:
        """The share of the workers' lives that went into so many pairs, each counted once."""
        lives = sum(min(ended, actor.ended_at or ended) - max(began, actor.began_at) for actor in self.actors)
        return pairs * self.pair_s / lives

    def _is_lost(self, ref: Ref) -> bool:
        actor = ref.actor
        return actor is not None and actor.ended_at is not None and ref.ready_at > actor.ended_at


@dataclass
class Starter:
    """A worker that is about to be started."""

    cluster: SimulatedRay
    node: Node

    def remote(self) -> Actor:
        return self.cluster.start(self.node)
