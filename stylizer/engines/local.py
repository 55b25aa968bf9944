"""This process: one batch after the other, as fast as one device goes."""

from collections.abc import Generator, Sequence

from stylizer.device import Device
from stylizer.engines.protocol import MOST_TOGETHER, Batch, Made, Order, Tell
from stylizer.engines.workshop import Workshop
from stylizer.vgg import Weights


class LocalEngine:
    """Makes batches in this process, with weights that are at hand."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def most_together(self, order: Order) -> int:
        """What memory may hold; one on a CPU."""
        return order.batch or (1 if order.device == Device.CPU else MOST_TOGETHER)

    def run(self, order: Order, batches: Sequence[Batch], tell: Tell) -> Generator[Made, None, None]:
        """Makes them in their order. Raises StorageFailed."""
        workshop = Workshop(order, self._weights)
        for batch in batches:
            yield from workshop.make(batch, tell)
