"""A worker of a Ray cluster, as an actor in a process of its own, and its images as they travel.

Invariant: it makes one batch at a time, and answers meanwhile how far it is.
"""

from collections import deque
from collections.abc import Sequence
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
from stylizer.engines.protocol import Batch, Event, Made
from stylizer.engines.worker import Worker
from stylizer.errors import EngineMissing
from stylizer.network.published import BUNDLED
from stylizer.network.vgg import Weights
from stylizer.network.weights import load_weights
from stylizer.run_config import RunConfig

Ref = Any               # of an object in Ray's store


@dataclass(frozen=True)
class Sent:
    """An image as it travels: 8-bit pixels [3, H, W] at each scale, and its opacity [H, W]."""

    scales: tuple[NDArray[np.uint8], ...]
    opacity: NDArray[np.float32] | None = None

    def pixels(self) -> list[Tensor]:
        """Float32 [1, 3, H, W], the very values that were sent."""
        return [torch.from_numpy(values.astype(np.float32))[None] for values in self.scales]

    @property
    def bytes(self) -> int:
        """What it takes in the store."""
        return sum(values.nbytes for values in self.scales) + (0 if self.opacity is None else self.opacity.nbytes)


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

    def begin(self, config: RunConfig, weights: Weights | None, threads: int, stylegram: str) -> None:
        """Loads the network, with the bundled weights where none are sent.

        Raises EngineMissing where another version is installed, and what `load_weights` raises.
        """
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
        self._worker = Worker(config, weights or load_weights(BUNDLED, config.recipe.network), self._pictures)

    def make(self, batch: Batch, refs: dict[str, Ref]) -> list[Made]:
        """The batch's files; `refs` are those of its images."""
        if self._worker is None:
            raise RuntimeError("begin first")
        self._pictures.refs = refs
        return list(self._worker.make(batch, self._news.append))

    def news(self) -> list[Event]:
        """What has happened since the last call."""
        return [self._news.popleft() for _ in range(len(self._news))]


def packed(scales: Sequence[Tensor], opacity: Tensor | None = None) -> Sent:
    """Pixels [1, 3, H, W] at each scale, ready to travel."""
    return Sent(
        tuple(pixels[0].to(torch.uint8).numpy() for pixels in scales), None if opacity is None else opacity.numpy())
