"""Where the network runs. Torch is imported when a device is looked for, so that naming one costs nothing."""

from enum import StrEnum

from stylizer.errors import DeviceMissing


class Device(StrEnum):
    """What the user may ask for; AUTO is the fastest that is there."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


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
    return f"cpu ({torch.get_num_threads()} threads)" if device == Device.CPU else device
