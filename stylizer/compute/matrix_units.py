"""Whether a GPU's products of float32 matrices go by its matrix units, which see 10 bits of mantissa (TF32)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def products(device: str, *, matrix_units: bool) -> Iterator[None]:
    """Products meanwhile as it is said here, on this type of torch device; the setting is the whole process's."""
    if device != "cuda":
        yield
        return
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = matrix_units
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
