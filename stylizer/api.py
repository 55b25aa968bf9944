"""The door for programs: images in, a finished picture with its losses and its provenance out.

Invariant: it is the engine of the command line, and for the same files, recipe and seed it makes the same picture.
What goes wrong is an error of `stylizer.errors` or `db.errors`, never one of torch's or Pillow's.
"""

import dataclasses
import io
import logging
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar, Unpack

import numpy as np
import torch
from PIL import Image as Pillow

import db.errors
from db.atomic import whole_file
from db.errors import DbError, OutputRefused
from db.imaging.own_words import FORMATS
from db.imaging.sixteen_bit import read_deep
from db.records import Image, Role
from stylizer import errors
from stylizer.compute import memory, tiling
from stylizer.compute.device import Device, find_device
from stylizer.compute.precision import Precision, find_precision
from stylizer.engines.protocol import Batch, Event, Job, Made, Noted, Stepped, most_together
from stylizer.engines.worker import Worker
from stylizer.errors import BadRecipe, Diverged, StylizerError
from stylizer.network.published import BUNDLED
from stylizer.network.vgg import Weights
from stylizer.network.weights import load_weights
from stylizer.options import OnStep, Options
from stylizer.pairs import batches, pair_seed, picture_size
from stylizer.pictures.encode import encode, read_back
from stylizer.pictures.given import Given, GivenImages
from stylizer.pictures.guidance import PLAIN, Guidance
from stylizer.pictures.keep import read_keep
from stylizer.recipe import size as sizes
from stylizer.recipe.formats import DEFAULT_QUALITY, Format
from stylizer.recipe.model import Architecture, Recipe, recipe_hash
from stylizer.recipe.overrides import find_or_load, override
from stylizer.recipe.presets import GATYS
from stylizer.recipe.quality import Quality, at_quality
from stylizer.run_config import RunConfig

_SUFFIXES = {
    ".png": (Format.PNG, Format.PNG16), ".jpg": (Format.JPEG,), ".jpeg": (Format.JPEG,), ".webp": (Format.WEBP,),
    ".tif": (Format.TIFF16,), ".tiff": (Format.TIFF16,),
}
_OF_QUALITY = ("steps", "scales", "history")    # what a quality sets, unless it is said
_log = logging.getLogger(__name__)
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True)
class Losses:
    """Those of the finished file, read back, with the recipe's weights; `start` is the total where it began."""

    content: float
    style: float
    tv: float
    total: float
    start: float


@dataclass(frozen=True)
class Result:
    """A finished picture. `data` are the bytes of its file, `details` what that file says of how it was made."""

    data: bytes = dataclasses.field(repr=False)
    recipe: Recipe = dataclasses.field(repr=False)
    losses: Losses
    trace: tuple[float, ...] = dataclasses.field(repr=False)    # the loss of every evaluation
    details: Mapping[str, Any] = dataclasses.field(repr=False)
    seconds: float
    measures: Mapping[str, float | None] = dataclasses.field(default_factory=dict, repr=False)  # of docs/report.md

    @property
    def image(self) -> Pillow.Image:
        """What the file shows, as a Pillow picture of 8 bits: RGB, or RGBA where the content is transparent."""
        deep = read_deep(io.BytesIO(self.data), FORMATS)
        if deep is not None:
            return Pillow.fromarray(np.rint(deep / 257).astype(np.uint8))
        with Pillow.open(io.BytesIO(self.data), formats=FORMATS) as picture:
            return picture.convert("RGBA" if picture.has_transparency_data else "RGB")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the file, whole or not at all; the suffix says its format. How it was made stands in each.

        In another format than the recipe's the finished picture is written anew, and its losses stay those that are
        told. Raises OutputRefused for a folder or an unknown suffix, and StorageFailed.
        """
        target = Path(path)
        kinds = _SUFFIXES.get(target.suffix.lower())
        if target.is_dir():
            raise OutputRefused(f"{target} is a folder; name the file to write")
        if kinds is None:
            raise OutputRefused(f"{target}: the name must end in {', '.join(_SUFFIXES)}")
        data = self.data if self.recipe.format in kinds else self._as(kinds[0])
        with whole_file(target) as part:
            part.write_bytes(data)
        return target

    def _as(self, kind: Format) -> bytes:
        alpha = self.image.getchannel("A") if self.image.mode == "RGBA" else None
        opacity = None if alpha is None else torch.from_numpy(np.array(alpha, dtype=np.float32))
        quality = self.recipe.file_quality if self.recipe.format.has_quality else DEFAULT_QUALITY
        return encode(read_back(self.data), kind, quality=quality, opacity=opacity, details=dict(self.details))


class Stylizer:
    """Makes pictures one after the other, and keeps the weights, the network and the images that it has encoded.

    The network and what it has encoded serve as long as recipe, size and seed stay the same. For one thread.
    """

    def __init__(
        self,
        *,
        weights: str | os.PathLike[str] = BUNDLED,
        device: str = Device.AUTO,
        precision: str = Precision.AUTO,
        tile: str | int = tiling.AUTO,
    ) -> None:
        """Options as those of the command line. Raises DeviceMissing, PrecisionMissing or BadRecipe."""
        self._device = find_device(_word(Device, "device", device))
        self._precision = find_precision(_word(Precision, "precision", precision), self._device)
        self._tiling = tiling.choose(str(tile), memory.for_the_network(self._device))
        self._source = os.fspath(weights)
        self._weights: dict[Architecture, Weights] = {}
        self._config: RunConfig | None = None
        self._worker: Worker | None = None
        self._images = GivenImages(GATYS)

    def stylize(self, content: Given, style: Given, **options: Unpack[Options]) -> Result:
        """One picture; see `stylize`."""
        (result,) = self.matrix([content], [style], **options)
        return result

    def matrix(
        self, contents: Iterable[Given], styles: Iterable[Given], **options: Unpack[Options]
    ) -> Iterator[Result]:
        """Every content in every style: all of the first content, then of the second; each image is encoded once.

        The numbers that `on_step` hears count the pictures in this order, from 0. The first picture that fails is
        raised in its place. Raises what `stylize` does.
        """
        seed, time_budget_s = options.pop("seed", 0), options.pop("time_budget_s", None)
        on_step, kept = options.pop("on_step", None), options.pop("keep", None)
        chosen = resolve(**options)
        guidance = PLAIN if kept is None else Guidance(keep=read_keep(Path(kept)))
        worker = self._worker_for(self._config_of(chosen, seed, time_budget_s, guidance))
        images, taken = self._images, list[Image]()

        def take(given: Iterable[Given], role: Role) -> list[Image]:
            found = []
            for each in given:
                found.append(images.take(each, role))
                taken.append(found[-1])
                if guidance.keep and role is Role.CONTENT:
                    guidance.keep.must_fit(found[-1].width, found[-1].height)
            return found

        try:
            painted = take(styles, Role.STYLE)
            pairs = [(content, style) for content in take(contents, Role.CONTENT) for style in painted]
            jobs = [Job(n, content, style, pair_seed(seed, content, style)) for n, (content, style) in enumerate(pairs)]
            most = most_together(self._device, torch.get_num_threads())
            for _, alike in groupby(jobs, lambda job: picture_size(chosen, job.content)):
                for batch in batches(list(alike), lambda job: None, most):
                    for made in _in_order(worker, batch, on_step):
                        yield _result(made, chosen)
        finally:
            images.release(taken)

    def _config_of(
        self, recipe: Recipe, seed: int, time_budget_s: float | None, guidance: Guidance
    ) -> RunConfig:
        if type(seed) is not int or seed < 0:
            raise BadRecipe(f"seed must be a whole number from 0 on, not {seed!r}")
        if time_budget_s is not None and not 0 < time_budget_s < math.inf:
            raise BadRecipe(f"time_budget_s must be above 0, not {time_budget_s!r}")
        if recipe.network not in self._weights:
            self._weights[recipe.network] = load_weights(self._source, recipe.network)
        sha256 = self._weights[recipe.network].sha256
        identity = recipe_hash(
            recipe, seed=seed, weights_sha256=sha256, time_budget_s=time_budget_s, guidance=guidance.identity())
        return RunConfig(
            recipe, identity, seed, sha256, self._device, time_budget_s, guidance, precision=self._precision,
            tiling=self._tiling)

    def _worker_for(self, config: RunConfig) -> Worker:
        if self._worker is None or self._config != config:
            self._images = GivenImages(config.recipe)
            self._worker = Worker(config, self._weights[config.recipe.network], self._images)
            self._config = config
        return self._worker


def stylize(
    content: Given,
    style: Given,
    *,
    weights: str | os.PathLike[str] = BUNDLED,
    device: str = Device.AUTO,
    precision: str = Precision.AUTO,
    tile: str | int = tiling.AUTO,
    **options: Unpack[Options],
) -> Result:
    """One image painted in the style of another.

    An image is a path, a Pillow picture, or an array [H, W], [H, W, 3] or [H, W, 4] of uint8 or of floats in 0..1.
    Of the `options` (`stylizer.options.Options`) `recipe` is a name ("balanced" unless it is said), a TOML file or a
    `Recipe`, `size` as behind `--size` (512, "short:512", "0.5MP", "640x480"), `quality` draft, standard or fine;
    `seed` (0), `time_budget_s` and `keep` (a mask's path) are as there, and all others fields of `Recipe`. `on_step`
    hears of every evaluation; what it raises ends the making.

    Raises PictureRefused, ImageTooSmall, UnknownRecipe, BadRecipe, OutOfMemory, Diverged, WeightsMissing and their
    like; all are a StylizerError or a DbError.
    """
    return Stylizer(weights=weights, device=device, precision=precision, tile=tile).stylize(content, style, **options)


def resolve(
    recipe: str | Recipe = "balanced", *, size: int | str | None = None, quality: str | None = None, **overrides: object
) -> Recipe:
    """The recipe as it will run, by the rules of the command line. Raises BadRecipe or UnknownRecipe.

    One that is given by its name is made at standard quality, unless its scales or steps, or a quality, are said.
    """
    chosen = find_or_load(recipe) if isinstance(recipe, str) else recipe
    if not isinstance(chosen, Recipe):
        raise BadRecipe(f"a recipe is a name, a file that ends in .toml, or a Recipe, not {recipe!r}")
    chosen = override(chosen, **overrides)
    extent = chosen.extent if size is None else replace(sizes.parse(str(size)), upscale=chosen.upscale)
    is_plain = isinstance(recipe, str) and not recipe.endswith(".toml") and not {"steps", "scales"} & set(overrides)
    if quality is not None or is_plain:
        chosen = at_quality(chosen, _word(Quality, "quality", quality or Quality.STANDARD), extent.side_px)
        chosen = override(chosen, **{name: overrides[name] for name in _OF_QUALITY if name in overrides})
    return replace(chosen, size=extent.pixels, measure=extent.measure, height=extent.height)


class _FromOutside(BaseException):
    """What the program's own `on_step` has raised, on its way past those who would take it for a pair's failure."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _in_order(worker: Worker, batch: Batch, on_step: OnStep | None) -> Iterator[Made]:
    """The batch's pictures in the order of its jobs; of those made at once one may be done before another."""

    def tell(event: Event) -> None:
        if isinstance(event, Noted):
            _log.warning(event.text)
        elif isinstance(event, Stepped) and on_step is not None:
            try:
                on_step(event)
            except Exception as error:
                raise _FromOutside(error) from error

    try:
        yield from sorted(worker.make(batch, tell), key=lambda made: made.number)
    except _FromOutside as outside:
        raise outside.error from None


def _result(made: Made, recipe: Recipe) -> Result:
    """Raises what the pair failed of."""
    details = dict(made.details)
    trace, measures = tuple(details.pop("trace")), details.pop("measures", {})
    if made.data is None:
        reason = _in_python(made.reason or "no picture was made")
        if made.error == Diverged.__name__:
            raise Diverged(reason, trace)
        raise _kind_of(made.error)(reason)
    losses = Losses(*(details[f"{name}_loss"] for name in ("content", "style", "tv", "total", "start")))
    return Result(made.data, recipe, losses, trace, details, made.seconds, measures)


def _in_python(reason: str) -> str:
    """What is said to people at a command line, for whoever calls a function: no ids, and no options."""
    for said, meant in (("--size short:64", 'size="short:64"'), ("--size", "size")):
        reason = reason.replace(said, meant)
    return re.sub(r"^(content|style) 0 ", r"the \1 ", reason)


def _kind_of(name: str | None) -> type[Exception]:
    """The error of this name in one of the two trees; their base for any other."""
    for tree, base in ((errors, StylizerError), (db.errors, DbError)):
        found = getattr(tree, name or "", None)
        if isinstance(found, type) and issubclass(found, base):
            return found
    return StylizerError


def _word(kind: type[_Word], name: str, said: str) -> _Word:
    words: Sequence[str] = list(kind)
    if said not in words:
        raise BadRecipe(f"{name} must be one of {', '.join(words)}, not {said!r}")
    return kind(said)
