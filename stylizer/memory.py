"""How much memory a machine has for pictures. Totals, not what is free at the moment: so the same machine cuts
the same picture into the same tiles today and tomorrow, and a picture that is taken up again comes out the same.
"""

import os
from pathlib import Path

from stylizer.device import Device

# Of the whole: the rest is for the optimiser's memory, the weights and other programs.
SHARE_OF_THE_NETWORK = 0.4
_CGROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def for_the_network(device: str) -> int:
    """How many bytes one pass through the network may take on this torch device."""
    return int(_total(device) * SHARE_OF_THE_NETWORK)


def _total(device: str) -> int:
    if device == Device.CUDA:
        import torch

        return torch.cuda.get_device_properties(device).total_memory
    if not hasattr(os, "sysconf"):      # Windows; a computer of today has more
        return 8 * 2**30
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_limits()])


def _limits() -> list[int]:
    """What a container allows."""
    texts = [path.read_text().strip() for path in _CGROUPS if path.is_file()]
    return [int(text) for text in texts if text.isdigit()]
