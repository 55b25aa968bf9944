"""Each image of a plan loaded, resized and encoded once a scale: N + M passes for a matrix of N x M pairs."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from torch import Tensor

from db.records import Image
from stylizer.errors import ImageTooLarge, ImageTooSmall
from stylizer.loss.colour import match_colours
from stylizer.loss.encodings import ContentKey, Encodings, StyleKey
from stylizer.loss.meter import Meter, Statistics
from stylizer.loss.targets import (
    ContentTarget,
    Pair,
    StyleTarget,
    blended,
    by_region,
    content_target,
    in_colours_of,
    stretch,
    style_target,
)
from stylizer.network.vgg import Network
from stylizer.pictures.guidance import PLAIN, Blend, Guidance, Regions
from stylizer.pictures.masks import correspondence
from stylizer.pictures.source import FileImages, ImageSource
from stylizer.recipe.model import Colour, Recipe, Recolouring, StyleShape
from stylizer.recipe.size import Measure
from stylizer.recipe.strength import metered_after, recolouring, sees_whole_style


class Encoder:
    """Makes pairs ready for `transfer`."""

    def __init__(
        self, network: Network, recipe: Recipe, guidance: Guidance = PLAIN, pictures: ImageSource | None = None,
        meter: Meter | None = None, encodings: Encodings | None = None,
    ) -> None:
        """With a `meter` it also keeps what that sees at the scales where it looks. `encodings` are shared with others
        of the same recipe and guidance.
        """
        self.network = network
        self.meter = meter
        self.recipe = recipe
        self.guidance = guidance
        self._pictures = pictures or FileImages(recipe, guidance)
        self.encodings = encodings or Encodings()

    def pair(self, content: Image, style: Image, seed: int) -> Pair:
        """The pair at the recipe's size, with its coarser scales."""
        contents = self._content(content)
        styles = self._mixed(style, content, contents)
        *coarser, full = (
            Pair(self._in_colours_of(mixed, target), mixed, seed, start=self._start(target))
            for target, mixed in zip(contents, styles, strict=True)
        )
        return replace(full, coarser=tuple(coarser))

    def has_content(self, sha256: str) -> bool:
        """Whether it is kept."""
        return self.encodings.has_content(sha256)

    def keep_contents(self, sha256s: Collection[str]) -> None:
        """Keeps these of the batch that begins, and of others as many as there is room for."""
        self.encodings.keep_contents(self, sha256s)

    def forget(self) -> None:
        """Drops all that is kept, where memory runs out."""
        self.encodings.forget()

    def _content(self, image: Image) -> list[ContentTarget]:
        key = ContentKey(image.sha256, self.network.tiling)
        return self.encodings.content(key) or self.encodings.add_content(key, self._content_targets(image))

    def _content_targets(self, image: Image) -> list[ContentTarget]:
        with _named(image, "content", self.recipe, self.network.stride):
            targets = [
                content_target(
                    self.network, self.recipe, pixels, self._regions(pixels), is_recoloured=self._recolouring > 0)
                for pixels in self._pictures.content(image)
            ]
        if self.guidance.keep:
            targets = [replace(target, kept=self._kept(target.pixels)) for target in targets]
        return [
            replace(target, metered=self._metered(scale, target.pixels, target.regions))
            for scale, target in enumerate(targets)
        ]

    def _kept(self, content: Tensor) -> Tensor:
        """How much of each pixel of a content is kept, [1, 1, H, W]."""
        assert self.guidance.keep is not None
        mask = self.guidance.keep
        return mask.cut(self.recipe.extent.frame(*mask.size).box).shares(*content.shape[-2:])

    def _regions(self, content: Tensor) -> Tensor | None:
        """How much of each pixel of a content takes each style, [1, R, H, W]."""
        if not isinstance(self.guidance.mix, Regions):
            return None
        mask = self.guidance.mix.mask
        return mask.cut(self.recipe.extent.frame(*mask.size).box).shares(*content.shape[-2:])[None]

    def _in_colours_of(self, style: StyleTarget, content: ContentTarget) -> ContentTarget:
        """The content as it is painted over."""
        share = self._recolouring
        return in_colours_of(self.network, self.recipe, content, style, share) if share else content

    @property
    def _recolouring(self) -> float:
        """How far a content is taken to its style's colours: a style that was given the content's has none to give."""
        if self.recipe.recolour is Recolouring.NONE or self.recipe.colour is not Colour.NONE:
            return 0.0
        return recolouring(self.recipe)

    def _mixed(self, style: Image, content: Image, contents: list[ContentTarget]) -> list[StyleTarget]:
        """The style of a pair, or what takes its place, at each scale."""
        match self.guidance.mix:
            case Blend(parts):
                scales = zip(*(self._style(image, content, contents) for image, _ in parts), strict=True)
                return [blended(targets, [weight for _, weight in parts]) for targets in scales]
            case Regions(_, styles, None):
                scales = zip(*(self._style(image, content, contents) for image in styles), strict=True)
                return [by_region(targets) for targets in scales]
            case _:
                return self._style(style, content, contents)

    def _style(self, image: Image, content: Image, contents: list[ContentTarget]) -> list[StyleTarget]:
        stretched = self.recipe.style_shape is StyleShape.CONTENT
        # A style in the content's colours is another one for each content: N x M passes, then.
        dyed = self.recipe.colour is not Colour.NONE
        key = StyleKey(
            image.sha256, content.sha256 if dyed else "", tuple(contents[-1].pixels.shape) if stretched else (),
            self.network.tiling)
        return self.encodings.style(key) or self.encodings.add_style(key, self._style_targets(image, contents))

    def _style_targets(self, image: Image, contents: list[ContentTarget]) -> list[StyleTarget]:
        with _named(image, "style", self.recipe, self.network.stride):
            return [
                self._style_target(scale, pixels, content)
                for scale, (pixels, content) in enumerate(zip(self._pictures.style(image), contents, strict=True))
            ]

    def _style_target(self, scale: int, whole: Tensor, content: ContentTarget) -> StyleTarget:
        mix, regions, look = self.guidance.mix, None, self._view(self._trimmed(whole), content)
        if isinstance(mix, Regions) and mix.style_mask is not None:
            height, width = look.shape[-2:]
            regions = mix.style_mask.shares(height, width, correspondence(mix.mask, mix.style_mask))[None]
        target = style_target(self.network, self.recipe, look, regions)
        seen = self._view(whole, content) if sees_whole_style(self.recipe) else target.pixels
        return replace(target, metered=self._metered(scale, seen.to(target.pixels), regions))

    def _metered(self, scale: int, pixels: Tensor, regions: Tensor | None) -> Statistics:
        """What the meter sees of an image, by itself, at a scale where it looks."""
        if self.meter is None or not metered_after(self.recipe, self.recipe.shares)[scale]:
            return {}
        return self.meter.statistics(pixels, regions)

    def _start(self, content: ContentTarget) -> Tensor | None:
        """The user's own start in the shape of the content, and cut like it."""
        pixels = self._pictures.start()
        if pixels is None:
            return None
        height, width = pixels.shape[-2:]
        left, top, right, bottom = map(round, self.recipe.extent.frame(width, height).box)
        return stretch(pixels[..., top:bottom, left:right], *content.pixels.shape[-2:]).to(content.pixels.device)

    def _view(self, style: Tensor, content: ContentTarget) -> Tensor:
        """A style [1, 3, h, w] in the colours and the shape that the recipe wants beside this content."""
        look = match_colours(style, content.pixels.cpu(), self.recipe.colour)
        return stretch(look, *content.pixels.shape[-2:]) if self.recipe.style_shape is StyleShape.CONTENT else look

    def _trimmed(self, style: Tensor) -> Tensor:
        """A style [1, 3, h, w] without what the recipe leaves out at each side; whole where a mask says what counts."""
        if isinstance(self.guidance.mix, Regions) and self.guidance.mix.style_mask is not None:
            return style
        down, right = (int(self.recipe.style_trim * side) for side in style.shape[-2:])
        return style[..., down : style.shape[-2] - down, right : style.shape[-1] - right]


@contextmanager
def _named(image: Image, role: str, recipe: Recipe, least_px: int) -> Iterator[None]:
    """Says of an image that is too small or would be too large which one it is, and what helps."""
    try:
        yield
    except ImageTooSmall as error:
        remedy = _remedy(image, role, recipe, least_px)
        advice = f": ask for a larger one, such as {remedy}" if remedy else ""
        raise ImageTooSmall(f"{role} {image.id} is {error}{advice}") from error
    except ImageTooLarge as error:
        raise ImageTooLarge(f"{role} {image.id} would be {error}: ask for a smaller --size") from error


def _remedy(image: Image, role: str, recipe: Recipe, least_px: int) -> str | None:
    """What makes the sides of an image long enough; the size alone where that is enough, for nothing grows unasked."""
    short = replace(recipe, size=64, measure=Measure.SHORT, height=0)
    wishes = {
        "--size short:64": short,
        "--upscale": replace(recipe, upscale=True),
        "--size short:64 --upscale": replace(short, upscale=True),
        "--style-scale 1 --size short:64 --upscale": replace(short, upscale=True, style_scale=1.0),
    }
    for wish, wished in wishes.items():
        frame = (wished.style_extent if role == "style" else wished.extent).frame(image.width, image.height)
        if min(frame.width, frame.height) >= least_px and not frame.excess:
            return wish
    return None
