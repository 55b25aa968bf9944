"""Batched L-BFGS with bounds: B independent problems of n variables that advance together.

Invariant: nothing crosses from one problem to another. Each has its own memory, step, curvature test and
verdict, so a problem takes the same course alone and in any batch. No call waits for the device.

The product of the inverse Hessian with a vector is the compact form of Byrd, Nocedal and Schnabel
(Representations of quasi-Newton matrices, Math. Programming 63, 1994, eq. 3.1): two products with the
memory and two triangular systems of the memory's size, where the usual two loops need 4m vector operations.

Bounds follow Bertsekas' two-metric projection (Projected Newton methods for optimization problems with simple
constraints, SIAM J. Control 20, 1982): variables held at a bound by their gradient are left out of the
direction, the rest moves by their block of the inverse Hessian, and each trial point is clamped, so every
every point that is ever evaluated lies within the bounds.

The first guess of the inverse Hessian, which the memory corrects, is a multiple of a fixed symmetric
positive matrix P of the caller's (Nocedal and Wright, Numerical Optimization, 2006, section 7.2).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stylizer.optim import deterministic_sum

_SUFFICIENT = 1e-4      # Armijo's condition: share of the promised descent that a step must bring
_SHRINK = 0.5           # after a step that did not bring it
_SHORTEST = 2.0**-10    # share of a step at which the memory that proposed it is emptied
_FLATTEST = 1e-8        # s.y must exceed this share of |s||y| for the pair to be remembered
_RUNAWAY = 10.0         # without bounds: a loss this many times the start's has left for good
_FIRST_MOVE = 4.0       # with bounds: root mean square of the first step, in units of the variables; too long is halved
_PARTS = 32             # of a row of the memory, for GPUs
_RINGS = ("_steps", "_changes")         # the only parts that grow with the history times the variables


class LBFGS:
    """Minimises B functions: evaluate loss and gradient at `trial`, give both to `tell`, repeat.

    With `bounds` the loss of accepted points never rises (Armijo's condition with step halving). Without,
    it is the plain loop of Gatys' code and torch.optim.LBFGS: every step of length 1 is taken. In both the
    lowest point seen is `best` (shape [B, n]) with `best_loss` (shape [B]).

    A loss that is not finite, or without bounds far above the start, sends the problem back to its best point
    with an empty memory and half the step; the second one sets its entry of `failed` ([B]) and freezes it.
    """

    def __init__(
        self,
        start: Tensor,
        *,
        history: int,
        bounds: tuple[float, float] | None = None,
        precondition: Callable[[Tensor], Tensor] = lambda vectors: vectors,
    ) -> None:
        problems, variables = start.shape
        self._bounds = bounds
        self._precondition = precondition       # P v for every row of [B, n]
        # Dot products of 1e5 float32 terms are exact enough in float32; their triangular systems are not.
        self._exact = torch.float32 if start.device.type == "mps" else torch.float64
        self._problem = torch.arange(problems, device=start.device)
        per_problem = start.new_zeros(problems)
        self._steps = start.new_zeros(problems, history, variables)     # s, a ring of `history` rows
        self._changes = torch.zeros_like(self._steps)                   # P y, y the change of the gradient
        self._step_change = start.new_zeros(problems, history, history, dtype=self._exact)     # s_i . y_j
        self._change_change = torch.zeros_like(self._step_change)                              # y_i . P y_j
        self._count = torch.zeros_like(self._problem)                   # rows in use
        self._next = torch.zeros_like(self._problem)                    # row to write next
        self._x = self.trial = self.best = self._clamp(start.detach().clone())
        self._loss = self.best_loss = per_problem + torch.inf
        self._gradient = self._best_gradient = torch.zeros_like(start)
        self._ceiling = per_problem + torch.inf
        self._length = per_problem + 1.0        # of the step that leads to `trial`
        self._damping = per_problem + 1.0       # halved by a restart
        self.restarts = torch.zeros_like(self._problem)
        self.failed = torch.zeros_like(self._problem, dtype=torch.bool)

    def tell(self, loss: Tensor, gradient: Tensor) -> None:
        """Takes loss [B] and gradient [B, n] at `trial` and moves `trial` to the next point.

        The gradient is its own from now on, and vectors are written over where they can be: at 4096 px each takes
        134 MB.
        """
        sound = loss.isfinite() & gradient.isfinite().all(1) & (loss <= self._ceiling) & ~self.failed
        gradient.nan_to_num_(0.0, 0.0, 0.0)
        step = self.trial - self._x
        if self._bounds is None:
            accepted = sound
            self._ceiling = torch.where(self._ceiling.isinf() & sound, _RUNAWAY * loss.abs(), self._ceiling)
        else:
            accepted = sound & (loss <= self._loss + _SUFFICIENT * _dot(self._gradient, step))
        self._remember(step, gradient - self._gradient, accepted & self._loss.isfinite())
        del step
        self._x = _where(accepted, self.trial, self._x)
        self._gradient = _where(accepted, gradient, self._gradient)
        self._loss = torch.where(accepted, loss, self._loss)
        self._length = torch.where(accepted, 1.0, self._length * _SHRINK)
        better = accepted & (loss < self.best_loss)
        if _perhaps(~better):
            self.best = _where(better, self._x, self.best)
            self._best_gradient = _where(better, self._gradient, self._best_gradient)
        else:       # the very same, which spares two vectors
            self.best, self._best_gradient = self._x, self._gradient
        self.best_loss = torch.where(better, loss, self.best_loss)
        self._restart(~sound & ~self.failed)
        self.trial = self._clamp(self._direction().add_(self._x))

    def state(self) -> dict[str, Tensor]:
        """All that changes, for `restore`. Rows of the memory that nothing was written to are left out."""
        rows = int(self._count.max())       # a ring is filled from its first row on
        used = {name: getattr(self, name)[:, :rows].clone() for name in _RINGS}
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)} | used

    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from the `state()` of problems with the same shape, history and bounds."""
        for name, value in state.items():
            if name in _RINGS:
                getattr(self, name)[:, : value.shape[1]] = value
            else:
                setattr(self, name, value)

    def release(self) -> None:
        """Let go of the memory, which is the most of it all: only what was found is asked for from now on."""
        for name in _RINGS:
            setattr(self, name, self._x.new_empty(len(self._x), 0, 0))

    def correct(self, by: Tensor) -> None:
        """Adds [B] to the losses that it was told: only now it is known how high they were."""
        self._loss = self._loss + by
        self.best_loss = self.best_loss + by

    def reassess(self) -> None:
        """The functions have changed a little: the point that comes next is taken as it is, compared with none before.

        To evaluate the best point once more would cost one of few evaluations, and bring the same in the end. The
        memory stays: curvature changes less than losses do.
        """
        self._loss = self.best_loss = torch.full_like(self._loss, torch.inf)
        self._ceiling = torch.full_like(self._ceiling, torch.inf)

    def _restart(self, broken: Tensor) -> None:
        """Sends broken problems back to their best point, or gives them up where that was done before."""
        self.failed = self.failed | (broken & (self.restarts > 0))
        self.restarts = self.restarts + broken
        if _perhaps(broken):
            self._x = _where(broken, self.best, self._x)
            self._gradient = _where(broken, self._best_gradient, self._gradient)
        self._loss = torch.where(broken, self.best_loss, self._loss)
        self._damping = torch.where(broken, self._damping / 2, self._damping)
        forgetful = broken | (self._length < _SHORTEST)     # the latter: a memory that no longer helps
        self._length = torch.where(forgetful, 1.0, self._length)
        self._count = torch.where(forgetful, 0, self._count)
        self._next = torch.where(forgetful, 0, self._next)

    def _remember(self, step: Tensor, change: Tensor, wanted: Tensor) -> None:
        """Writes the pairs with enough curvature into the memory, over the oldest where it is full."""
        bend = _dot(step, change)
        wanted = wanted & (bend > _FLATTEST * _dot(step, step).sqrt() * _dot(change, change).sqrt())
        at = self._problem, self._next
        self._steps[at] = torch.where(wanted[:, None], step, self._steps[at])
        self._changes[at] = torch.where(wanted[:, None], self._precondition(change), self._changes[at])
        column = self._problem, slice(None), self._next
        row = self._problem, self._next, slice(None)
        with_steps = _products(self._steps, change).to(self._exact)
        with_changes = _products(self._changes, change).to(self._exact)
        kept = wanted[:, None]
        self._step_change[column] = torch.where(kept, with_steps, self._step_change[column])
        self._change_change[column] = torch.where(kept, with_changes, self._change_change[column])
        self._change_change[row] = torch.where(kept, with_changes, self._change_change[row])
        history = self._steps.shape[1]
        self._next = torch.where(wanted, (self._next + 1) % history, self._next)
        self._count = torch.where(wanted, (self._count + 1).clamp(max=history), self._count)

    def _direction(self) -> Tensor:
        """The step [B, n] to the next trial point, before clamping."""
        free = self._free()
        gradient = self._gradient * free
        filtered = self._precondition(gradient)
        move = self._inverse_hessian(gradient, filtered)
        return move.mul_(free).mul_(-(self._length * self._damping)[:, None])

    def _first_move(self, filtered: Tensor) -> Tensor:
        """The part [B] of the filtered gradient [B, n] that an empty memory moves by: as torch.optim.LBFGS does, or a
        longer step where a check follows.
        """
        if self._bounds is None:
            return 1 / deterministic_sum.total(filtered.abs()).clamp(min=1.0)
        return _FIRST_MOVE / deterministic_sum.mean(filtered.square()).sqrt().clamp(min=1e-30)

    def _free(self) -> Tensor:
        """Which variables [B, n] may move: all but those at a bound whose gradient pushes outwards."""
        if self._bounds is None:
            return torch.ones_like(self._x, dtype=torch.bool)
        low, high = self._bounds
        return ~(((self._x <= low) & (self._gradient > 0)) | ((self._x >= high) & (self._gradient < 0)))

    def _inverse_hessian(self, vector: Tensor, filtered: Tensor) -> Tensor:
        """H v for vectors v [B, n], given P v, which is written over. The memory is taken oldest first; unused rows act
        as if absent.
        """
        history = self._steps.shape[1]
        age = torch.arange(history, device=vector.device)
        order = (self._next[:, None] + age) % history
        used = age >= history - self._count[:, None]
        both = used[:, :, None] & used[:, None, :]
        identity = torch.eye(history, dtype=self._exact, device=vector.device)

        upper = torch.where(both, _reorder(self._step_change, order), identity).triu()
        curvature = torch.where(both, _reorder(self._change_change, order), 0.0)
        diagonal = upper.diagonal(dim1=1, dim2=2)
        scale = diagonal[:, -1] / curvature[:, -1, -1].clamp(min=1e-30)
        on_steps = _products(self._steps, vector).to(self._exact).gather(1, order) * used
        on_changes = _products(self._changes, vector).to(self._exact).gather(1, order) * used

        inner = torch.linalg.solve_triangular(upper, on_steps[:, :, None], upper=True)
        middle = diagonal[:, :, None] * inner + scale[:, None, None] * (
            curvature @ inner - on_changes[:, :, None])
        outer = torch.linalg.solve_triangular(upper.mT, middle, upper=False)
        of_steps = torch.zeros_like(on_steps).scatter(1, order, outer.squeeze(2) * used)
        of_changes = torch.zeros_like(on_steps).scatter(1, order, -scale[:, None] * inner.squeeze(2) * used)
        scale = torch.where(self._count == 0, self._first_move(filtered), scale.to(vector.dtype))
        found = filtered.mul_(scale[:, None])
        for weights, rows in ((of_steps, self._steps), (of_changes, self._changes)):
            found += (weights[:, None].to(vector.dtype) @ rows).squeeze(1)
        return found

    def _clamp(self, x: Tensor) -> Tensor:
        """Points within the bounds, in the place of these."""
        return x if self._bounds is None else x.clamp_(*self._bounds)


def _perhaps(flags: Tensor) -> bool:
    """Whether one of them is set; on other devices than a CPU, which would have to be waited for, it may be."""
    return flags.device.type != "cpu" or bool(flags.any())


def _where(problems: Tensor, then: Tensor, otherwise: Tensor) -> Tensor:
    return torch.where(problems[:, None], then, otherwise)


def _dot(left: Tensor, right: Tensor) -> Tensor:
    return deterministic_sum.total(left * right)


def _products(memory: Tensor, vectors: Tensor) -> Tensor:
    """The products [B, m] of each problem's rows [B, m, n] with its vector [B, n]."""
    if memory.is_cuda:
        return products_in_parts(memory, vectors)
    return (memory @ vectors[:, :, None]).squeeze(2)


def products_in_parts(memory: Tensor, vectors: Tensor) -> Tensor:
    """The same for GPUs, to rounding: a few long rows leave most of one idle, so that it is given parts of rows."""
    _, rows, length = memory.shape
    part = length // _PARTS
    if not part:
        return (memory @ vectors[:, :, None]).squeeze(2)
    even = part * _PARTS
    found = torch.stack([
        torch.bmm(own[:, :even].view(rows, _PARTS, part).transpose(0, 1), vector[:even].view(_PARTS, part, 1)).sum(0)
        for own, vector in zip(memory, vectors, strict=True)
    ]).squeeze(2)
    if even < length:
        found = found + (memory[:, :, even:] @ vectors[:, even:, None]).squeeze(2)
    return found


def _reorder(matrix: Tensor, order: Tensor) -> Tensor:
    """Rows and columns of [B, m, m] in the order [B, m]."""
    m = order.shape[1]
    return matrix.gather(1, order[:, :, None].expand(-1, -1, m)).gather(2, order[:, None, :].expand(-1, m, -1))
