"""How exactly the network's convolutions count. Torch is imported when a machine is asked, so that naming one is free.

Invariant: what is promised is counted in float32 whatever was chosen: targets, losses, the optimiser, and the losses
that are reported. What only steers is not: with TF32 the Gram matrices of an evaluation, and on a GPU with less than
float32 the optimiser's filter of frequencies, see 10 bits of mantissa.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from stylizer.compute.device import Device
from stylizer.errors import PrecisionMissing

AMPERE = 8      # the first generation of GPUs (compute capability) with units for TF32 and bfloat16


class Precision(StrEnum):
    """What the user may ask for; AUTO is what is measured to be faster at no loss."""

    AUTO = "auto"
    FP32 = "fp32"
    TF32 = "tf32"       # float32 whose products see 10 bits of mantissa
    BF16 = "bf16"       # 7 bits of mantissa, half the memory


def find_precision(wanted: Precision, device: str) -> Precision:
    """What is used on this torch device. Raises PrecisionMissing where it has no units for the wanted one.

    AUTO is bfloat16 where there are units for it: GPUs, and CPUs that count it by whole matrices (AMX) or by vectors
    (AVX-512), for which a picture takes two thirds to three quarters of float32's time and looks the same
    (docs/performance.md).
    """
    there = [Precision.FP32, *_units(device)]
    if wanted is Precision.AUTO:
        return Precision.BF16 if Precision.BF16 in there else Precision.FP32
    if wanted not in there:
        raise PrecisionMissing(
            f"this {_kind(device)} has no units for {wanted}: use --precision auto, or {' or '.join(there)}")
    return wanted


def available(chosen: Precision, device: str) -> Precision:
    """The precision that was chosen where the plan was made, or float32 on a worker that does not have it."""
    return chosen if chosen in _units(device) else Precision.FP32


def _units(device: str) -> list[Precision]:
    import torch

    if device == Device.CUDA:
        major, _ = torch.cuda.get_device_capability()
        return [Precision.TF32, Precision.BF16] if major >= AMPERE else []
    if device == Device.CPU:
        has_units = _capabilities().get("avx512_bf16") or _capabilities().get("amx_bf16")
        return [Precision.BF16] if has_units else []
    return []


def _capabilities() -> Mapping[str, Any]:
    """What torch sees of this machine's CPU."""
    import torch

    return torch.cpu.get_capabilities()


def _kind(device: str) -> str:
    return "CPU" if device == Device.CPU else "GPU"
