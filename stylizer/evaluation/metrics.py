"""How good a stylised picture is, as far as VGG19 and the pixels can tell: the measures of the literature.

Invariant: a picture is judged by the same layers, sizes and weights whatever recipe made it, so results of different
recipes can be compared. A measure that does not exist for a picture is None, never a NaN. Memory is bounded: the
network sees nothing above `SEEN_PX`.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from stylizer.evaluation import measures
from stylizer.evaluation.looks import SEEN_PX, at_most
from stylizer.loss import terms
from stylizer.loss.targets import stretch
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import ContentFormula, Flavour, StyleFormula

STRUCTURE_PX = 256      # the same for CFSD, whose tables grow with the fourth power of the side

# Layers that no recipe of ours optimises: a picture cannot have been fitted to them.
HELD_OUT_CONTENT = ("relu3_3", "relu4_3")
HELD_OUT_STYLE = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
# Of Wang et al. 2021; their names conv4_1 stand for what follows the ReLU.
FIDELITY = ("relu4_1", "relu5_1")
EFFECTS = ("relu2_1", "relu3_1", "relu4_1", "relu5_1")
PATTERNS = ("relu3_1", "relu4_1")
STRUCTURE = "relu3_1"

_KEPT = frozenset({*HELD_OUT_CONTENT, *FIDELITY, *PATTERNS})


@dataclass(frozen=True)
class Metrics:
    """The measures of one picture; None where one does not exist. Which end is the better one stands beside each.

    The first two are 0 for a picture that has all of it, and 1 for the other image of the pair: the style stretched to
    the content's shape has none of the content, the content has none of the style.
    """

    content_loss: float | None      # low: mean over the held-out layers of the content loss, as a share of the style's
    style_loss: float | None        # low: mean over the held-out layers of the Gram loss, as a share of the content's
    cf: float | None                # high, at most 1: content fidelity
    ge: float | None                # high, at most 1: global effects
    lp: float | None                # high, at most 1: local patterns
    cfsd: float | None              # low: content feature structural distance, of one content only
    ssim: float | None              # high, at most 1: with the content
    tv_ratio: float | None          # about 1: variation of the pixels, as a share of the content's


class CachedFeatures:
    """What is kept of a picture that was looked at: pixels [3, H, W] in 0..255, some features, Gram matrices."""

    def __init__(self, network: Network, pixels: Tensor) -> None:
        """Raises ImageTooSmall."""
        self.pixels = pixels[0]
        features = _features(network, at_most(pixels, SEEN_PX))
        self.features = {name: features[name] for name in _KEPT}
        self.grams = {
            name: terms.gram_per_position(features[name][None]) for name in {*HELD_OUT_STYLE, *EFFECTS}
        }
        del features
        self.structure = _features(network, at_most(pixels, STRUCTURE_PX))[STRUCTURE]

    @cached_property
    def distinct(self) -> dict[str, int]:
        """How many different patches there are, per layer of `PATTERNS`."""
        return {name: measures.distinct_patches(self.features[name]) for name in PATTERNS
                if min(self.features[name].shape[1:]) >= 3}


class Evaluator:
    """Looks at pictures with one network, and compares what it saw."""

    def __init__(self, weights: Weights, device: str = "cpu") -> None:
        layers = {*_KEPT, *HELD_OUT_STYLE, *EFFECTS, STRUCTURE}
        self._network = Network(weights, layers, device=device, flavour=Flavour.TORCHVISION)

    @torch.no_grad()
    def features_of(self, pixels: Tensor) -> CachedFeatures:
        """Looks at a picture [1, 3, H, W] in 0..255. Raises ImageTooSmall."""
        return CachedFeatures(self._network, pixels.float())

    @torch.no_grad()
    def compare(self, picture: CachedFeatures, content: CachedFeatures, style: CachedFeatures) -> Metrics:
        """The measures of a picture; the content has its size, the style any."""
        return Metrics(
            content_loss=self._content_loss(picture, content, style),
            style_loss=measures.mean([
                measures.ratio(_gram_loss(picture, style, name), _gram_loss(content, style, name))
                for name in HELD_OUT_STYLE
            ]),
            cf=measures.mean([
                measures.cosine(picture.features[name], content.features[name]) for name in FIDELITY]),
            ge=measures.mean([
                measures.histogram_cosine(picture.pixels, style.pixels),
                measures.mean([measures.cosine(picture.grams[name], style.grams[name]) for name in EFFECTS]),
            ]),
            lp=measures.mean([
                measures.local_patterns(picture.features[name], style.features[name], style.distinct.get(name, 0))
                for name in PATTERNS
            ]),
            cfsd=measures.structure_distance(content.structure, picture.structure),
            ssim=measures.ssim(picture.pixels, content.pixels),
            tv_ratio=measures.ratio(measures.variation(picture.pixels), measures.variation(content.pixels)),
        )

    def _content_loss(self, picture: CachedFeatures, content: CachedFeatures, style: CachedFeatures) -> float | None:
        stretched = stretch(style.pixels[None], *content.pixels.shape[-2:])
        without = _features(self._network, at_most(stretched, SEEN_PX))
        return measures.mean([
            measures.ratio(_content_loss(picture.features[name], content.features[name]),
                           _content_loss(without[name], content.features[name]))
            for name in HELD_OUT_CONTENT
        ])


def _features(network: Network, pixels: Tensor) -> dict[str, Tensor]:
    return {name: values[0] for name, values in network.features(pixels.to(network.device)).items()}


def _content_loss(features: Tensor, target: Tensor) -> float:
    return terms.content(features[None], target[None], ContentFormula.MEAN_SQUARE).item()


def _gram_loss(picture: CachedFeatures, style: CachedFeatures, name: str) -> float:
    return terms.style_distance(
        picture.grams[name], style.grams[name], StyleFormula.MEAN_SQUARE, positions=1, pixels=1).item()
