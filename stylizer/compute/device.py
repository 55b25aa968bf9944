"""Where the network runs. Torch is imported when a device is looked for, so that naming one costs nothing."""

import platform
from dataclasses import dataclass
from enum import StrEnum

from stylizer.errors import DeviceMissing


class Device(StrEnum):
    """What the user may ask for; AUTO is the fastest that is there."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


@dataclass(frozen=True)
class Processor:
    """What counts. Another one may round otherwise, and so make a picture that differs by as much."""

    name: str
    instructions: str       # the widest that torch uses of a CPU, such as AVX512; what a GPU is capable of

    def __str__(self) -> str:
        return f"{self.name}, {self.instructions}"


@dataclass(frozen=True)
class Hardware:
    """What a picture says it was made on."""

    device: str             # in words
    processor: Processor


def find_device(wanted: Device) -> str:
    """The name of a torch device. Raises DeviceMissing when this machine's torch does not see the wanted one."""
    import torch

    there = {Device.CUDA: torch.cuda.is_available(), Device.MPS: torch.backends.mps.is_available(), Device.CPU: True}
    if wanted is Device.AUTO:
        return next(device for device, is_there in there.items() if is_there)
    if not there[wanted]:
        raise DeviceMissing(f"torch {torch.__version__} sees no {wanted} device here; use --device auto or cpu")
    return wanted


def describe(device: str) -> str:
    """The device in words, for reports: the GPU's name, or the number of CPU threads."""
    import torch

    if device == Device.CUDA:
        return f"cuda ({torch.cuda.get_device_name()})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} {'thread' if threads == 1 else 'threads'})" if device == Device.CPU else device


def processor(device: str) -> Processor:
    """That of this machine behind a torch device."""
    import torch

    if device == Device.CUDA:
        major, minor = torch.cuda.get_device_capability()
        return Processor(torch.cuda.get_device_name(), f"compute capability {major}.{minor}")
    name = torch.cpu.get_capabilities().get("cpu_name") or platform.processor() or platform.machine()
    return Processor(str(name), "Metal" if device == Device.MPS else torch.backends.cpu.get_cpu_capability())


def hardware(device: str) -> Hardware:
    """That of this machine, told to the thread that asks: the words of a CPU count its threads."""
    return Hardware(describe(device), processor(device))
