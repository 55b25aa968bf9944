"""This process: as fast as one device goes."""

from collections.abc import Generator, Iterable

import torch

from stylizer.compute.device import Device
from stylizer.engines.lanes import side_by_side
from stylizer.engines.overlap import overlapped
from stylizer.engines.protocol import Batch, Made, Tell, most_together
from stylizer.engines.worker import Worker
from stylizer.network.vgg import Weights
from stylizer.run_config import RunConfig


class LocalEngine:
    """Makes batches in this process, with weights that are at hand."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def most_together(self, config: RunConfig, jobs: int) -> int:
        """What the device makes good use of, if memory holds it."""
        return 1 if has_lanes(config) else config.batch or most_together(config.device, torch.get_num_threads())

    def run(self, config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
        """Makes them, begun in their order. Raises StorageFailed."""
        if overlaps(config.device):
            yield from overlapped(config, self._weights, batches, tell)
        elif has_lanes(config):
            yield from side_by_side(config, self._weights, batches, tell)
        else:
            worker = Worker(config, self._weights)
            for batch in batches:
                yield from worker.make(batch, tell)


def has_lanes(config: RunConfig) -> bool:
    """Whether pairs are made side by side, each by itself: on a CPU, unless somebody says how many go together."""
    return config.device == Device.CPU and config.batch is None and torch.get_num_threads() > 1


def overlaps(device: str) -> bool:
    """Whether files are read and written beside the making: a GPU would wait for them, a CPU makes them itself."""
    return device == Device.CUDA
