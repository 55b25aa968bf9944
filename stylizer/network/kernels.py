"""Which kernels an evaluation on a GPU uses. Results differ by rounding alone, so this is no part of a recipe."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache

import torch

from stylizer.compute.matrix_units import products
from stylizer.compute.precision import Precision
from stylizer.network import fused


@dataclass(frozen=True)
class Kernels:
    """What is asked of a GPU's libraries.

    `channels_last` is the order in which its matrix units take values; `fused` has convolution, bias and ReLU in one
    kernel; with `matrix_units` Gram matrices of float32 features are computed in TF32.
    """

    channels_last: bool = False
    fused: bool = False
    matrix_units: bool = False

    def products(self, device: str) -> AbstractContextManager[None]:
        """Products of float32 matrices meanwhile as it is said here."""
        return products(device, matrix_units=self.matrix_units)


PLAIN = Kernels()
# In float32 cuDNN's guess for the fused kernel is slow and takes seven times the memory (docs/performance.md).
_BY_PRECISION = {
    Precision.FP32: Kernels(channels_last=True),
    Precision.TF32: Kernels(channels_last=True, fused=True, matrix_units=True),
    Precision.BF16: Kernels(channels_last=True, fused=True),
}


def kernels_for(device: str, precision: Precision) -> Kernels:
    """Those of this type of torch device; a CPU has none of them."""
    if device != "cuda":
        return PLAIN
    best = _BY_PRECISION[precision]
    dtype = torch.bfloat16 if precision is Precision.BF16 else torch.float32
    return replace(best, fused=best.fused and _fuses(dtype, best.channels_last))


@cache
def _fuses(dtype: torch.dtype, channels_last: bool) -> bool:
    return fused.works(torch.device("cuda"), dtype, channels_last=channels_last)
