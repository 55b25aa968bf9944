"""The one place that imports torchvision.

The registry's torchvision is built for CUDA. Beside the CPU build of torch its compiled operators cannot
load, and the import stops with "operator torchvision::nms does not exist". Nothing here calls them: the
models need only the two names declared. Where the operators do load, nothing is declared.
"""

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

try:
    from torchvision.models import vgg as vgg
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    # The names live as long as this object.
    _declared = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for _name in ("nms", "qnms"):
        _declared.define(f"{_name}{_SCHEMA}")  # type: ignore[no-untyped-call]
    from torchvision.models import vgg as vgg
