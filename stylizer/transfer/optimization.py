"""A batch of pairs, optimised: evaluation after evaluation, one scale after the other.

Invariant: between two evaluations the whole state is in `state()`; a descent that is given it goes on as if it
had never stopped (bit-equal on a CPU). A pair that settles keeps the picture it had then, whatever the others do.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from stylizer.compute.memory import history_of
from stylizer.compute.precision import Precision
from stylizer.loss.colour import recolour
from stylizer.loss.linearised import LinearisedObjective
from stylizer.loss.meter import Meter
from stylizer.loss.objective import Objective, Terms
from stylizer.loss.targets import Pair
from stylizer.network.vgg import Network
from stylizer.optim import cuda_graphs
from stylizer.optim.adam import Adam
from stylizer.optim.lbfgs import LBFGS
from stylizer.optim.per_pair import PerPairOptimizers
from stylizer.optim.preconditioner import InverseFrequency
from stylizer.optim.protocol import Evaluation, Minimizer
from stylizer.optim.thread_pool import ParallelMap, thread_pool
from stylizer.optim.torch_lbfgs import TorchLBFGS
from stylizer.pictures.load import to_bytes
from stylizer.recipe import strength
from stylizer.recipe.model import Colour, Optimizer, Recipe, StyleFormula
from stylizer.transfer.init import PIXEL_RANGE, first_pictures, upsample_with_detail
from stylizer.transfer.readback import Readback

# A pair has settled when so many evaluations lowered its loss by less than the tolerance. Fewer and one search
# for a step length would pass for the end.
PATIENCE = 10
# What is left of lattices in the filter of a clean recipe, and how readily the border of an enlarged picture moves.
_OF_LATTICES, _AT_BORDER = 0.1, 0.3


@dataclass(frozen=True)
class Step:
    """One evaluation of a batch, and what it found."""

    step: int                           # from 1, over all scales
    steps: int
    losses: list[float]                 # of each pair; on a GPU of an evaluation shortly before, which is known by now
    pictures: Callable[[], Tensor]      # the best of each so far, uint8 [B, 3, h, w] of the scale in hand


class Optimization:
    """Optimises pairs together; `stages` holds them at each scale, the coarsest first.

    With a `meter` they are looked at on the way, and the balance of each is corrected by how far it has come.
    """

    def __init__(
        self, network: Network, recipe: Recipe, stages: Sequence[Sequence[Pair]], meter: Meter | None = None
    ) -> None:
        self._network = network
        self._recipe = recipe
        self._meter = meter
        self._shares, self._sides = recipe.shares, recipe.scales
        if recipe.strength == 0:        # the photograph: it is only looked at
            stages, self._shares, self._sides = stages[-1:], (1,), (1.0,)
        self._stages = stages
        self._balance = self._first_balance(len(stages[0]))
        self._metered_after = strength.metered_after(recipe, self._shares)
        count = len(stages[0])
        self._trace: list[Tensor] = []      # the loss [B] of each evaluation
        self._active: list[Tensor] = []     # who had not settled by then, [B]
        self._scales: list[int] = []        # the scale of each evaluation
        self._readback = Readback()
        self._failed = torch.zeros(count, dtype=torch.bool, device=network.device)
        self._restarts = torch.zeros(count, dtype=torch.long, device=network.device)
        self._enter(0, first_pictures(recipe, stages[0]))

    def _enter(self, scale: int, start: Tensor) -> None:
        """Begins a scale from these pictures [B, 3, h, w]."""
        self._scale = scale
        self._looks: list[strength.Look] = []       # the last ones at this scale, of each pair
        self._done = 0                      # evaluations at this scale
        self._shape = start.shape
        self._converged = torch.zeros(len(start), dtype=torch.bool, device=start.device)
        self._final = start.flatten(1)      # pictures of those that have settled
        self._lows: list[Tensor] = []       # the lowest loss after each evaluation of this scale
        self._objectives = self._lagged()
        self._evaluations = [partial(_evaluate_flat, objective, self._shape[1:]) for objective in self._objectives]
        self._replay: cuda_graphs.Replay | None = None
        self._is_fresh = True               # nothing was evaluated at this scale yet
        steps = self._shares[scale]
        self._optimizer = PerPairOptimizers(
            start.chunk(len(self._objectives)),
            lambda part: _optimizer(
                self._recipe, part, steps, is_upsampled=scale > 0,
                matrix_units=self._network.precision is not Precision.FP32))

    def _first_balance(self, count: int) -> Tensor | None:
        """What the content's terms of each pair are multiplied by [B], where a recipe's strength says so."""
        if self._recipe.strength is None:
            return None
        weight = strength.content_weight(self._recipe)
        return torch.full((count,), weight, device=self._network.device)

    def _correct_balance(self) -> None:
        """Multiplies the balance of each pair by what its picture is off at the scale in hand."""
        if self._meter is None or self._balance is None:
            return
        measured = self._meter.measure(self.best, self._stages[self._scale])
        ahead = strength.ahead(self._recipe, self._scale, self._done)
        looks = list(map(strength.Look, self._balance.tolist(), (far + ahead for far in measured)))
        before: Sequence[strength.Look | None] = self._looks or [None] * len(looks)
        self._looks = looks
        self._balance = self._balance.new_tensor([
            strength.corrected(self._recipe, *both, scale=self._scale) for both in zip(looks, before, strict=True)
        ])

    def _over(self, network: Network) -> list[Objective]:
        """The losses at the scale in hand as this network sees them."""
        pairs = self._stages[self._scale]
        # On a CPU a batch through the network is slower than its pairs side by side, and other kernels for other
        # batch sizes round otherwise: by itself a pair's picture is the same in any batch, bit for bit.
        together = 1 if network.device.type == "cpu" else len(pairs)
        return [
            Objective(network, self._recipe, pairs[i : i + together], self._balance_of(i, i + together))
            for i in range(0, len(pairs), together)
        ]

    def _balance_of(self, first: int, end: int) -> Tensor | None:
        return None if self._balance is None else self._balance[first:end]

    def _lagged(self) -> list[Objective]:
        """The same for the way down, where our own optimiser takes it by itself."""
        network, recipe = self._network, self._recipe
        # Where each layer's distance is divided by its bound the deepest falls as fast as others: no expansion lasted.
        is_even = recipe.style_formula is StyleFormula.NORMALISED_MOMENTS
        if network.device.type != "cpu" or recipe.optimizer is not Optimizer.LBFGS or not recipe.bounded or is_even:
            return self._over(network)
        return [
            LinearisedObjective(network, recipe, pair, self._balance_of(i, i + 1))
            for i, pair in enumerate(self._stages[self._scale])
        ]

    @property
    def best(self) -> Tensor:
        """The best pictures [B, 3, h, w] of the scale in hand."""
        best = torch.where(self._converged[:, None], self._final, self._optimizer.best).view(self._shape)
        if self._recipe.colour is Colour.LUMINANCE:
            return recolour(best, torch.cat([pair.content.pixels for pair in self._stages[self._scale]]))
        return best

    @property
    def balance(self) -> Tensor | None:
        """What the content's terms of each pair are multiplied by [B], where the recipe has a strength."""
        return self._balance

    @property
    def failed(self) -> Tensor:
        """Which pairs [B] left the finite numbers twice."""
        return self._failed | self._optimizer.failed

    @property
    def restarts(self) -> Tensor:
        """How often each pair [B] was sent back to its best picture."""
        return self._restarts + self._optimizer.restarts

    def run(
        self, time_budget_s: float | None = None, after_each: Callable[[Step], None] | None = None
    ) -> Tensor:
        """The best pictures [B, 3, H, W] at full size, in all evaluations of the recipe or what the time allows.

        Time is shared among the scales by what their evaluations cost.
        """
        began = time.monotonic()
        costs = [count * scale**2 for count, scale in zip(self._shares, self._sides, strict=True)]
        shares = [total / sum(costs) for total in accumulate(costs)]
        with thread_pool(len(self._objectives)) as parallel_map:
            while True:
                until = None if time_budget_s is None else began + time_budget_s * shares[self._scale]
                self._through(until, after_each, parallel_map)
                if self._is_last:
                    return self._ended()
                coarse, fine = self._stages[self._scale : self._scale + 2]
                if self._shares[self._scale] in self._metered_after[self._scale]:
                    self._correct_balance()
                self._failed, self._restarts = self.failed, self.restarts
                self._enter(self._scale + 1, upsample_with_detail(self._recipe, self.best, coarse, fine))

    def _ended(self) -> Tensor:
        """The best pictures. What they were found with goes: the losses to come take as much memory again."""
        self._objectives, self._evaluations, self._replay = [], [], None
        self._optimizer.release()
        return self.best

    @property
    def _is_last(self) -> bool:
        return self._scale == len(self._stages) - 1

    def _through(
        self, until: float | None, after_each: Callable[[Step], None] | None, parallel_map: ParallelMap
    ) -> None:
        """The evaluations of the scale in hand that remain."""
        longest = 0.0
        while self._done < self._shares[self._scale]:
            began = time.monotonic()
            # One more must fit; the first of a scale is done in any case.
            if until is not None and self._done and began + longest > until:
                return
            self._evaluate(parallel_map)
            if after_each:
                step = sum(self._shares[: self._scale]) + self._done
                losses = self._readback.of(self._trace[-1])
                after_each(Step(step, self._recipe.steps, losses, lambda: to_bytes(self.best)))
            longest = max(longest, time.monotonic() - began)
            if self._recipe.tolerance and bool(self._converged.all()):
                return

    def _evaluate(self, parallel_map: ParallelMap) -> None:
        if self._meter and self._done in self._metered_after[self._scale]:
            self._correct_balance()
            self._change_losses()
        if self._is_fresh:
            self._replay, self._is_fresh = self._graph(), False
        self._trace.append(self._replay() if self._replay else self._optimizer.advance(self._evaluations, parallel_map))
        self._active.append(~self._converged)
        self._scales.append(self._scale)
        self._done += 1
        if self._recipe.tolerance:
            self._lows.append(self._optimizer.best_loss)
            self._mark_converged()

    def _change_losses(self) -> None:
        """Goes on by the balance in hand: no loss to come is compared with one before."""
        assert self._balance is not None
        for objective, own in zip(self._objectives, self._balance.chunk(len(self._objectives)), strict=True):
            objective.rebalance(own)
        self._optimizer.reassess()
        if self._replay:
            self._replay.take_over()
        self._lows.clear()

    def _graph(self) -> cuda_graphs.Replay | None:
        """The evaluations that come as replays of one, where that is quicker."""
        left = self._shares[self._scale] - self._done
        count, _, height, width = self._shape
        whole = all(objective.is_whole for objective in self._objectives)
        if not (whole and cuda_graphs.suits(self._network.device, count * height * width, left)):
            return None
        return self._optimizer.replay(self._evaluations, cuda_graphs.capture_on_gpu)

    def _mark_converged(self) -> None:
        if len(self._lows) <= PATIENCE:
            return
        before, now = self._lows[-PATIENCE - 1], self._lows[-1]
        newly = (before - now <= self._recipe.tolerance * before) & ~self._converged
        self._final = torch.where(newly[:, None], self._optimizer.best, self._final)
        self._converged = self._converged | newly

    def terms(self, pictures: Tensor) -> Terms:
        """The parts of the loss of pictures [B, 3, h, w] at the scale in hand, each [B]; in float32."""
        objectives = self._over(self._network.exact)
        parts = pictures.chunk(len(objectives))
        found = [objective.terms(part) for objective, part in zip(objectives, parts, strict=True)]
        return Terms(*(torch.cat(values) for values in zip(*found, strict=True)))

    def start_losses(self, first: Tensor) -> Tensor:
        """The losses [B] at full size of the pictures [B, 3, H, W] that it began with; with a strength those of the
        photographs that they were made of, which are known.
        """
        if self._recipe.strength is not None:
            return torch.cat([objective.of_photograph for objective in self._over(self._network.exact)])
        is_told = len(self._stages) == 1 and self._network.exact is self._network
        return self._trace[0] if is_told else self.terms(first).total

    def traces(self) -> list[tuple[float, ...]]:
        """The losses of each pair's own evaluations, in order; each scale has its own loss."""
        losses, active = torch.stack(self._trace, 1).tolist(), torch.stack(self._active, 1).tolist()
        return [
            tuple(loss for loss, counts in zip(*both, strict=True) if counts)
            for both in zip(losses, active, strict=True)
        ]

    def evaluations(self) -> list[tuple[int, ...]]:
        """How many evaluations each pair had at each scale, the coarsest first."""
        of_scale = torch.tensor(self._scales)
        return [
            tuple(of_scale[active].bincount(minlength=len(self._stages)).tolist())
            for active in torch.stack(self._active, 1).cpu()
        ]

    def state(self) -> dict[str, Any]:
        """All that `restore` needs, as tensors and numbers."""
        return {
            "scale": self._scale,
            "done": self._done,
            "trace": self._trace,
            "active": self._active,
            "scales": self._scales,
            "failed": self._failed,
            "restarts": self._restarts,
            "settled": self._converged,
            "final": self._final,
            "lows": self._lows,
            "optimizer": self._optimizer.state(),
            "objectives": [objective.state() for objective in self._objectives],
            "balance": self._balance,
            "looks": [astuple(look) for look in self._looks],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `state()` of a descent of the same pairs in the same recipe."""
        scale, self._balance = state["scale"], state.get("balance", self._balance)
        self._enter(scale, torch.cat([pair.content.pixels for pair in self._stages[scale]]))
        self._done = state["done"]
        self._trace, self._active, self._lows = state["trace"], state["active"], state["lows"]
        self._scales = state["scales"]
        self._failed, self._restarts = state["failed"], state["restarts"]
        self._looks = [strength.Look(*look) for look in state.get("looks", ())]
        self._converged, self._final = state["settled"], state["final"]
        self._optimizer.restore(state["optimizer"])
        for objective, kept in zip(self._objectives, state["objectives"], strict=True):
            objective.restore(kept)


def _evaluate_flat(objective: Objective, shape: Sequence[int], points: Tensor) -> Evaluation:
    """At points [B, n] that are pictures of this shape."""
    found = objective.evaluate(points.view(-1, *shape))
    return found._replace(gradient=found.gradient.flatten(1))


def _optimizer(
    recipe: Recipe, start: Tensor, steps: int, *, is_upsampled: bool, matrix_units: bool = False
) -> Minimizer:
    if recipe.optimizer is Optimizer.ADAM:
        return Adam(start.flatten(1), learning_rate=recipe.learning_rate, averaging=recipe.averaging,
                    bounds=PIXEL_RANGE if recipe.bounded else None)
    history = history_of(recipe, steps)
    if recipe.optimizer is Optimizer.TORCH_LBFGS:
        return TorchLBFGS(start.flatten(1), history=history, bounds=PIXEL_RANGE if recipe.bounded else None)
    if not recipe.bounded:      # the plain loop of the published programs
        return LBFGS(start.flatten(1), history=history)
    # An enlarged picture has its large waves already; what it lacks is fine.
    filter_ = InverseFrequency(
        start, power=0.5 if is_upsampled else 1.0, matrix_units=matrix_units,
        lattices=_OF_LATTICES if recipe.clean else 1.0, border=_AT_BORDER if recipe.clean and is_upsampled else 1.0)
    return LBFGS(start.flatten(1), history=history, bounds=PIXEL_RANGE, precondition=filter_)
