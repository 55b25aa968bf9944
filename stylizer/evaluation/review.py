"""Finished results looked at again: the losses of their files by layer, and the measures of quality.

Invariant: nothing is taken from the catalog but how a result was made; what is told of a picture is computed from the
file as it is read back. Whatever cannot be said is said so in a note.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from db.errors import PictureRefused
from db.imaging.pictures import open_picture
from db.records import Image, Result
from stylizer.compute.memory import for_the_network
from stylizer.compute.tiling import Tiling
from stylizer.errors import StylizerError
from stylizer.evaluation.at_once import PairObserver
from stylizer.evaluation.looks import Looks
from stylizer.evaluation.metrics import CachedFeatures, Evaluator, Metrics
from stylizer.loss.encoder import Encoder
from stylizer.loss.objective import Objective
from stylizer.loss.targets import stretch
from stylizer.network.for_recipe import network_for
from stylizer.network.vgg import Weights
from stylizer.network.weights import load_weights
from stylizer.pictures import load
from stylizer.pictures.encode import read_back
from stylizer.pictures.guidance import PLAIN, Blend, Guidance
from stylizer.recipe.model import Architecture, Recipe
from stylizer.recipe.overrides import restore
from stylizer.recipe.size import Size

FEATURES_KEPT = 6          # about 60 MB each at 512 px
# Kernels differ between machines, and with them the last digits of a loss.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Losses:
    """The losses of a file, weights included, by layer and in all."""

    content: dict[str, float]
    style: dict[str, float]
    tv: float

    @property
    def total(self) -> float:
        """What was minimised."""
        return sum(self.content.values()) + sum(self.style.values()) + self.tv


@dataclass(frozen=True)
class Review:
    """What was found; None and a note where something could not be."""

    losses: Losses | None
    measures: dict[str, float | None]       # by the names of `Looks` and `Metrics`; empty where there are none
    notes: tuple[str, ...]


class Reviewer:
    """Reviews results one by one; those of one recipe, and of one pair, are best brought together."""

    def __init__(self, images: Mapping[int, Image], weights: str, device: str = "cpu") -> None:
        """`images` by their ids. Raises what `load_weights` raises."""
        self._images = images
        self._by_hash = {image.sha256: image for image in images.values()}
        self._source = weights
        self._device = device
        self._weights: dict[Architecture, Weights] = {}
        self.weights_sha256 = self._of(Architecture.VGG19).sha256
        self._observer = PairObserver(device)
        self._evaluator = Evaluator(self._of(Architecture.VGG19), device)
        self._cached: OrderedDict[object, CachedFeatures] = OrderedDict()
        self._encoder: tuple[str, Encoder] | None = None

    def review(self, result: Result) -> Review:
        """Reviews a result that has a picture. Raises PictureRefused or OSError when its file is no longer whole."""
        pixels = _pixels(result)
        notes: list[str] = []
        losses, found = None, dict[str, float | None]()
        try:
            losses = self._losses(result, pixels.to(self._device))
        except (StylizerError, PictureRefused, _NotAgain) as error:
            notes.append(f"losses by layer: {error}")
        try:
            found = self._measures(result, pixels)
        except (StylizerError, PictureRefused) as error:
            notes.append(f"measures: {error}")
        saved = result.record.total_loss
        if losses and saved is not None and abs(losses.total - saved) > TOLERANCE * abs(saved):
            notes.append(f"the file's loss is {losses.total:.6g} and the catalog says {saved:.6g}")
        return Review(losses, found, tuple(notes))

    def measure(self, result: Result) -> dict[str, float | None]:
        """The measures alone. Raises PictureRefused, OSError or ImageTooSmall."""
        return self._measures(result, _pixels(result))

    def look(self, result: Result) -> Looks | None:
        """Those that are taken when a picture is made: of one that was made without. Raises PictureRefused or OSError.
        """
        return self._looks(result, _pixels(result))

    def _measures(self, result: Result, pixels: Tensor) -> dict[str, float | None]:
        looks = self._looks(result, pixels)
        return (asdict(looks) if looks else {}) | asdict(self._quality(result, pixels))

    def _looks(self, result: Result, pixels: Tensor) -> Looks | None:
        recipe = _recipe(result)
        height, width = shape = pixels.shape[-2:]
        content, style = self._images[result.content_id], self._images[result.style_id]
        extent, style_extent = (recipe.extent, recipe.style_extent) if recipe else (Size(max(shape)),) * 2

        def photograph() -> Tensor:
            seen = _read(content, extent)
            return seen if seen.shape[-2:] == shape else stretch(seen, height, width)

        return self._observer.look(
            load.to_bytes(pixels)[0], ((content.sha256, extent), photograph),
            ((style.sha256, style_extent), lambda: _read(style, style_extent)))

    def _losses(self, result: Result, pixels: Tensor) -> Losses:
        details = result.record.details
        if not {"recipe", "weights"} <= details.keys():
            raise _NotAgain("the catalog does not say how it was made")
        recipe = replace(restore(details["recipe"]), scales=(1.0,))
        guidance = self._guidance(details.get("besides") or {})
        weights = self._of(recipe.network)
        if weights.sha256 != details["weights"]["sha256"]:
            raise _NotAgain(f"made with other weights ({details['weights']['sha256'][:12]}): say which with --weights")
        encoder = self._encoder_of(result, recipe, weights, guidance)
        encoder.keep_contents({result.record.key.content_sha256})
        pair = encoder.pair(self._images[result.content_id], self._images[result.style_id], 0)
        objective = Objective(encoder.network, recipe, [pair], _balance(details))
        content, style = objective.by_layer(pixels)
        return Losses(_numbers(content), _numbers(style), objective.terms(pixels).tv.item())

    def _encoder_of(
        self, result: Result, recipe: Recipe, weights: Weights, guidance: Guidance
    ) -> Encoder:
        key = result.record.key.recipe_hash
        if self._encoder is None or self._encoder[0] != key:
            tiling = Tiling(memory_bytes=for_the_network(self._device))
            network = network_for(recipe, weights, self._device, tiling)
            self._encoder = key, Encoder(network, recipe, guidance)
        return self._encoder[1]

    def _guidance(self, besides: Mapping[str, Any]) -> Guidance:
        """Those that shape the losses. A picture that was started from has no part in them."""
        if {"content_mask", "keep"} & besides.keys():
            raise _NotAgain("made with a mask, which the library does not keep")
        if "blend" not in besides:
            return PLAIN
        if any(sha256 not in self._by_hash for sha256, _ in besides["blend"]):
            raise _NotAgain("a style of the blend is no longer in the library")
        return Guidance(Blend(tuple((self._by_hash[sha256], weight) for sha256, weight in besides["blend"])))

    def _quality(self, result: Result, pixels: Tensor) -> Metrics:
        height, width = pixels.shape[-2:]
        recipe = _recipe(result)
        extent = recipe.extent if recipe else Size(max(height, width))
        content = self._features_of(self._images[result.content_id], extent, (height, width))
        style = self._features_of(self._images[result.style_id], Size(max(height, width)))
        return self._evaluator.compare(self._evaluator.features_of(pixels), content, style)

    def _features_of(self, image: Image, size: Size, shape: tuple[int, int] | None = None) -> CachedFeatures:
        """What is seen of an original at this size; brought to the shape of the picture where it is not, by a pixel."""
        key = image.sha256, size, shape
        if key not in self._cached:
            pixels = _read(image, size)
            if shape is not None and pixels.shape[-2:] != shape:
                pixels = stretch(pixels, *shape)
            self._cached[key] = self._evaluator.features_of(pixels)
            if len(self._cached) > FEATURES_KEPT:
                self._cached.popitem(last=False)
        self._cached.move_to_end(key)
        return self._cached[key]

    def _of(self, network: Architecture) -> Weights:
        if network not in self._weights:
            self._weights[network] = load_weights(self._source, network)
        return self._weights[network]


class _NotAgain(Exception):
    """The losses of a result cannot be computed again; says why."""


def _pixels(result: Result) -> Tensor:
    """The picture's file, [1, 3, H, W]."""
    if result.path is None:
        raise ValueError(f"result {result.id} has no picture")
    with open_picture(result.path):     # checks it
        return read_back(result.path.read_bytes())[None]


def _recipe(result: Result) -> Recipe | None:
    """How it was made, where the catalog says so."""
    kept = result.record.details.get("recipe")
    return restore(kept) if kept else None


def _read(image: Image, size: Size) -> Tensor:
    """An original at this size, [1, 3, H, W]."""
    with open_picture(image.path, image.sha256) as picture:
        (pixels,) = load.load_scales(picture, size, (1.0,))
    return pixels


def _balance(details: Mapping[str, Any]) -> Tensor | None:
    """What the content's terms were multiplied by, where the recipe has a strength."""
    balance = details.get("balance")
    return None if balance is None else torch.tensor([float(balance)])


def _numbers(by_layer: dict[str, Tensor]) -> dict[str, float]:
    return {name: values.item() for name, values in by_layer.items()}
