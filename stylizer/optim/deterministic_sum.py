"""Sums whose order is fixed, so that they are the same bits on any number of threads.

Torch shares one long sum out among its threads, and the order of the parts with them; an optimiser carries the
difference of the last bit far. Many sums at once it never splits.
"""

from torch import Tensor

_RUN = 4096


def total(values: Tensor) -> Tensor:
    """The sum of each row of [B, n], [B]: of runs of one length, then of their sums."""
    rows, length = values.shape
    runs = length // _RUN
    if runs < 2:
        return values.sum(1)
    split = runs * _RUN
    return values[:, :split].reshape(rows, runs, _RUN).sum(2).sum(1) + values[:, split:].sum(1)


def mean(values: Tensor) -> Tensor:
    """The mean of each row of [B, n], [B]."""
    return total(values) / values.shape[1]
