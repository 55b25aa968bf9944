"""What an optimiser and the function that it minimises say to each other. Neither knows pictures here, only points."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from torch import Tensor


class Evaluation(NamedTuple):
    """What an optimiser is told about the points where it stands."""

    loss: Tensor                        # [B]
    gradient: Tensor                    # shaped like the points
    correction: Tensor | None = None    # [B], to be added to losses that it was told before


Evaluate = Callable[[Tensor], Evaluation]       # at points [B, n]


class Minimizer(Protocol):
    """Lowers the losses of B problems: they are evaluated at its `trial` [B, n], it is told, and so on.

    A recipe says by its `optimizer` which one it is.
    """

    @property
    def failed(self) -> Tensor:
        """Which problems were given up, [B]."""
        ...

    @property
    def restarts(self) -> Tensor:
        """How often each problem was sent back, [B]."""
        ...

    @property
    def best_loss(self) -> Tensor:
        """The losses of the best points, [B]."""
        ...

    @property
    def trial(self) -> Tensor:
        """Where to evaluate next."""
        ...

    @property
    def best(self) -> Tensor:
        """The best points so far."""
        ...

    def tell(self, loss: Tensor, gradient: Tensor) -> None:
        """Takes loss [B] and gradient [B, n] at `trial` and moves it."""
        ...

    def correct(self, by: Tensor) -> None:
        """Adds [B] to the losses that it was told."""
        ...

    def reassess(self) -> None:
        """The functions have changed a little: losses to come are compared with none before."""
        ...

    def state(self) -> dict[str, Any]:
        """All that changes."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state()`."""
        ...
