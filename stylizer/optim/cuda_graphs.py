"""An evaluation and the step that follows it as one CUDA graph: hundreds of small kernels that are launched as one.

At small sizes launching takes longer than computing, and at any size it wants the interpreter at every kernel, which
threads that write files and the catalog want, too. A graph always reads and writes the same memory, so what an
optimiser holds is kept in place and new values are copied over the old.

Invariant: a replay runs the kernels that the call itself would have run. Where nothing can be captured, or nothing is
gained, calls go on as they are.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from stylizer.compute.memory import is_exhausted

Capture = Callable[[Callable[[], None]], Callable[[], Any]]     # what was captured is called by what it returns
WARM_UP = 2             # calls before a capture: libraries choose their ways and take their memory
LEAST_CALLS = 8         # what is left to do after it, for it to pay
# Above so many pixels in a batch an evaluation takes a tenth of a second: launching is nothing beside that, and a graph
# keeps its memory to itself.
MOST_PIXELS = 32 << 20


class Refused:
    """Why a capture failed in this process; the first failure is the last try."""

    reason: str | None = None


class Replay:
    """Calls `advance`, which moves `held` and returns losses [B]; after the first times as a graph."""

    def __init__(self, held: object, advance: Callable[[], Tensor], capture: Capture) -> None:
        """`held` has all that `advance` changes as attributes that are tensors."""
        self._held = held
        self._advance = advance
        self._capture = capture
        self._calls = 0
        self._replay: Callable[[], Any] | None = None
        self._losses: Tensor | None = None
        self._fixed: dict[str, Tensor] = {}

    def __call__(self) -> Tensor:
        """Moves, by the graph or without."""
        if self._calls == WARM_UP and Refused.reason is None:
            self._begin()
        self._calls += 1
        if self._replay is None:
            return self._advance()
        self._replay()
        assert self._losses is not None
        return self._losses.clone()

    def take_over(self) -> None:
        """Goes on from what others have made of `held` since the last call."""
        if self._replay is not None:
            self._put_back()

    def _begin(self) -> None:
        self._fixed = _apart(vars(self._held))
        vars(self._held).update(self._fixed)

        def once() -> None:
            losses = self._advance()
            self._put_back()
            self._losses = losses

        try:
            self._replay = self._capture(once)
        except RuntimeError as error:       # of CUDA, cuDNN or PyTorch: this cannot be captured
            if is_exhausted(error):
                return      # a graph takes more than calls do: of this shape it is calls, then
            Refused.reason = " ".join(str(error).split())[:300] or type(error).__name__
        finally:
            vars(self._held).update(self._fixed)

    def _put_back(self) -> None:
        """What `held` has now, into the memory that the graph reads and writes."""
        fixed = self._fixed
        now = {name: getattr(self._held, name) for name in fixed}
        moved = {name: value for name, value in now.items() if value is not fixed[name]}
        # One that lies where another is about to be written has to be taken first.
        places = {value.data_ptr() for value in fixed.values()}
        moved = {name: value.clone() if value.data_ptr() in places else value for name, value in moved.items()}
        for name, value in moved.items():
            fixed[name].copy_(value)
        vars(self._held).update(fixed)


def suits(device: torch.device, pixels: int, calls: int) -> bool:
    """Whether so many calls with so many pixels in the batch gain by a graph."""
    return device.type == "cuda" and pixels <= MOST_PIXELS and calls >= WARM_UP + LEAST_CALLS


def capture_on_gpu(once: Callable[[], None]) -> Callable[[], Any]:
    """Captures the kernels of a call, which are not run. Raises RuntimeError where it does what no graph can hold.

    All graphs work in one pool of memory: the one before is never replayed again.
    """
    if not _pool:
        _pool.append(torch.cuda.graph_pool_handle())
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=_pool[0], capture_error_mode="thread_local"):
        once()
    _latest[:] = [graph]        # a pool that no graph holds would be given back
    return graph.replay


_pool: list[Any] = []
_latest: list[torch.cuda.CUDAGraph] = []


def _apart(values: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors among these, each in memory of its own."""
    fixed: dict[str, Tensor] = {}
    for name, value in values.items():
        if isinstance(value, Tensor):
            shared = any(value.data_ptr() == other.data_ptr() for other in fixed.values())
            fixed[name] = value.clone() if shared else value
    return fixed
