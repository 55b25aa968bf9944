"""How a stylised picture looks, by measures that are cheap enough to be taken of every picture when it is made.

Invariant: a picture is looked at in the same way whatever recipe made it: VGG19 with max pooling, zero padding and the
unit of its own weights, pixels as they are saved. The network sees nothing above `SEEN_PX`, so memory is bounded. A
measure that does not exist for a picture is None, never a NaN.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from stylizer.evaluation import coherence, effectiveness, measures, palette, strength
from stylizer.evaluation.border import border
from stylizer.evaluation.lattice import axis_energy
from stylizer.evaluation.moments import Moments
from stylizer.loss.targets import stretch
from stylizer.network.vgg import Network, Weights
from stylizer.pictures.load import LEAST_SIDE_PX
from stylizer.recipe.model import Edge

SEEN_PX = 512
_BETA = 2.0         # how many times as much as content style counts: a photograph was there before
_DIGITS = 6


@dataclass(frozen=True)
class Looks:
    """The measures of one picture; which end is the better one stands beside each."""

    score: float | None             # high, 0 to 1: both of the next two
    effectiveness: float | None     # high: E, how near the features' distributions are to the style's
    coherence: float | None         # high, 1/3 to 1: C, the content's contours that are still there
    strength: float | None          # 0 the photograph, 1 the style's very moments
    palette: float | None           # low: colours, 0 the style's and 1 the content's
    lattice: float | None           # about 1: grids
    border: float | None            # about 1: edges
    clipped: float                  # low: share of values at the end of their range

    def as_json(self) -> dict[str, float | None]:
        """For a catalog: six digits, which no machine or number of threads changes but by chance."""
        return {name: None if value is None else float(f"{value:.{_DIGITS}g}") for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, kept: Any) -> "Looks | None":
        """What was kept; None where it is not these measures."""
        names = cls.__dataclass_fields__
        if not isinstance(kept, dict) or set(kept) != set(names) or kept["clipped"] is None:
            return None
        values = [value for value in kept.values() if value is not None]
        return cls(**kept) if all(type(value) in (int, float) and math.isfinite(value) for value in values) else None


@dataclass(frozen=True)
class Seen:
    """What is kept of a picture that was looked at: about 5 MB."""

    moments: dict[str, Moments]
    contours: dict[str, Tensor]
    colours: Tensor
    axis_energy: float | None
    border: float | None
    clipped: float


class Observer:
    """Looks at pictures with one network, and compares what it saw."""

    def __init__(self, weights: Weights, device: str = "cpu") -> None:
        layers = {*effectiveness.AXES, *strength.LAYERS, *coherence.LAYERS}
        self._network = Network(weights, layers, device=device, edge=Edge.PLAIN)

    @torch.no_grad()
    def see(self, pixels: Tensor) -> Seen:
        """Looks at a picture [1, 3, H, W] in 0..255. Raises ImageTooSmall."""
        seen = at_most(pixels.float(), SEEN_PX).to(self._network.device)
        features = {name: values[0] for name, values in self._network.features(seen).items()}
        whole = pixels[0]
        return Seen(
            moments={name: Moments.of(features[name]) for name in (*effectiveness.AXES, *strength.LAYERS)},
            contours={name: coherence.contours(features[name]) for name in coherence.LAYERS},
            colours=palette.distribution(whole), axis_energy=axis_energy(whole), border=border(whole),
            clipped=measures.clipped(whole),
        )

    @torch.no_grad()
    def compare(self, picture: Seen, content: Seen, style: Seen) -> Looks:
        """The measures of a picture; the content has its size, the style any."""
        ours, wanted, before = picture.moments, style.moments, content.moments
        reached = effectiveness.effectiveness(ours, wanted, before)
        kept = measures.mean([
            coherence.f_score(picture.contours[name], content.contours[name]) for name in coherence.LAYERS])
        start = effectiveness.effectiveness(before, wanted, before)
        return Looks(
            score=both(effectiveness.share(reached, start), coherence.share(kept)),
            effectiveness=reached, coherence=kept, strength=strength.strength(ours, wanted, before),
            palette=measures.ratio(palette.distance(picture.colours, style.colours),
                                   palette.distance(content.colours, style.colours)),
            lattice=measures.ratio(picture.axis_energy, style.axis_energy),
            border=picture.border, clipped=picture.clipped,
        )


def both(styled: float | None, kept: float | None) -> float | None:
    """How well a picture has both, from its shares of the style and of the content, 0 to 1: their weighted harmonic
    mean (van Rijsbergen's F with beta 2), in which the style counts twice.

    A picture that lacks either has none of both: the photograph itself scores 0, and so does what lost it. With both
    counted alike a photograph that was hardly changed would come before a painting whose content is hard to find.
    """
    if styled is None or kept is None:
        return None
    square = _BETA**2
    total = square * kept + styled
    return (1 + square) * styled * kept / total if total > 0 else 0.0


def at_most(pixels: Tensor, long_side_px: int) -> Tensor:
    """Pixels [1, 3, H, W] no longer than that, unless their shorter side would be too small for the network."""
    height, width = pixels.shape[-2:]
    factor = max(long_side_px / max(height, width), LEAST_SIDE_PX / min(height, width))
    return pixels if factor >= 1 else stretch(pixels, round(height * factor), round(width * factor))
