"""What a user may say about a transfer, in groups that the commands which make pictures share.

Invariant: None leaves a value to the recipe. The groups are frozen values: a program fills them as a command
line does.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import LARGEST, LONGEST_S, recipe_names
from console.filter_options import IMAGES_HELP
from stylizer.compute.device import Device
from stylizer.compute.precision import Precision
from stylizer.errors import BadRecipe
from stylizer.order import Order
from stylizer.recipe.model import MOST_HISTORY, MOST_STEPS, MOST_WEIGHT, Edge, Init, Optimizer, Pooling, Recipe
from stylizer.recipe.overrides import Only, alone, find_or_load, override, parse_layers
from stylizer.recipe.pyramid import choose
from stylizer.recipe.quality import Quality, at_quality
from stylizer.recipe.size import parse
from stylizer.recipe.snapshots import SnapshotSchedule
from stylizer.recipe.snapshots import parse as parse_schedule

DEFAULT = "balanced"
_RECIPE = "Recipe"
_OVERRIDES = "Instead of the recipe's own"
_MACHINE = "Network and machine"


@dataclass(frozen=True)
class ImageSelection:
    """Which images meet."""

    words: Annotated[
        list[str] | None, typer.Argument(metavar="CONTENT", help=f"{IMAGES_HELP} Files and folders on disk are added.")
    ] = None
    every: Annotated[
        bool, typer.Option("--all", help="Every content image with every style image, but for excluded ones.")
    ] = False
    content: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGE...", help="The same as CONTENT; without --style, with every style."),
    ] = None
    style: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGE...", help="Style images, named alike; without contents, on every content."),
    ] = None
    blend: Annotated[
        str | None,
        typer.Option(
            metavar="WEIGHTS",
            help="One picture in all the styles: their weights, in the order of --style, such as 2:1.",
        ),
    ] = None
    content_mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False,
            help="A picture in flat colours over the content: each region takes its own --style, from dark to light.",
        ),
    ] = None
    style_mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False,
            help="The same over the style: regions of the same colour meet.",
        ),
    ] = None
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A picture in greys over the content: where it is white more of the content is kept."),
    ] = None
    like: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE", exists=True, dir_okay=False,
            help="A picture that `stylize` made: its images, recipe, size, seed and mix, but for what else is said.",
        ),
    ] = None
    limit: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, metavar="N", help="Make N new pictures at most.")
    ] = None
    skip_weak: Annotated[
        bool, typer.Option("--skip-weak", help="Leave small images and near-copies out of --all; else they are told.")
    ] = False
    weak_side: Annotated[
        int, typer.Option(min=1, max=LARGEST, metavar="PIXELS", help="What is small: a shorter side under this.")
    ] = 64
    order: Annotated[
        Order,
        typer.Option(
            help="What comes first: one picture of each content, then a second; contents one by one; what was added "
                 "last; or what is starred."),
    ] = Order.SPREAD

    @property
    def contents(self) -> list[str]:
        """All words for contents; a program may give numbers."""
        return [*map(str, self.words or ()), *map(str, self.content or ())]

    @property
    def styles(self) -> list[str]:
        """All words for styles."""
        return [*map(str, self.style or ())]


@dataclass(frozen=True)
class RecipeOptions:
    """A recipe by name or file, and what is changed of it."""

    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="How the transfer is done; `recipes` lists the names.  [default: balanced]",
            autocompletion=recipe_names,
            rich_help_panel=_RECIPE,
        ),
    ] = None
    only: Annotated[
        Only | None,
        typer.Option(
            help="The content rebuilt from noise, or the style's texture.", show_default=False, rich_help_panel=_RECIPE
        ),
    ] = None
    size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Longest side in pixels, or short:512, 0.5MP, or 640x480 cut to shape; smaller images stay small.",
            rich_help_panel=_RECIPE,
        ),
    ] = None
    quality: Annotated[
        Quality | None,
        typer.Option(
            help="How much work goes into a picture: its scales and steps.  [default: standard]",
            show_default=False, rich_help_panel=_RECIPE,
        ),
    ] = None
    scales: Annotated[
        str | None,
        typer.Option(
            metavar="auto|N|LIST",
            help="Coarse to fine: how many, or a list such as 1/2,1 or 128,256; 1 is the recipe's plain run.",
            rich_help_panel=_RECIPE,
        ),
    ] = None
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_STEPS, rich_help_panel=_RECIPE,
            help="Evaluations of the loss for each pair: over all scales, without those at full size.",
        ),
    ] = None
    strength: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="0..100",
            help="How far to go: 0 is the photograph, 100 the style's texture; with any recipe, and the same in every "
                 "pair.  [default: 50 of balanced]",
            rich_help_panel=_RECIPE,
        ),
    ] = None
    content_weight: Annotated[
        float | None,
        typer.Option(
            min=0, max=MOST_WEIGHT, metavar="WEIGHT", help="Weight of the content loss, without a strength.",
            rich_help_panel=_OVERRIDES),
    ] = None
    style_weight: Annotated[
        float | None,
        typer.Option(
            min=0, max=MOST_WEIGHT, metavar="WEIGHT", help="Weight of the style loss, without a strength.",
            rich_help_panel=_OVERRIDES),
    ] = None
    tv_weight: Annotated[
        float | None,
        typer.Option(
            min=0, max=MOST_WEIGHT, metavar="WEIGHT", help="Weight of the variation, which smooths.",
            rich_help_panel=_OVERRIDES),
    ] = None
    optimizer: Annotated[
        Optimizer | None, typer.Option(help="What moves the pixels.", show_default=False, rich_help_panel=_OVERRIDES)
    ] = None
    layer_weights: Annotated[
        str | None,
        typer.Option(
            metavar="LAYER[=WEIGHT],...",
            help="The style's layers, instead of all of the recipe's; with their own weights, or =x2 twice that.",
            rich_help_panel=_OVERRIDES,
        ),
    ] = None
    content_layers: Annotated[
        str | None,
        typer.Option(metavar="LAYER[=WEIGHT],...", help="The same for the content.", rich_help_panel=_OVERRIDES),
    ] = None
    init: Annotated[
        str | None,
        typer.Option(
            metavar="content|style|random|FILE", help="Where the picture starts.", rich_help_panel=_OVERRIDES
        ),
    ] = None
    pooling: Annotated[
        Pooling | None,
        typer.Option(help="What halves the sides in the network.", show_default=False, rich_help_panel=_OVERRIDES),
    ] = None
    edge: Annotated[
        Edge | None,
        typer.Option(
            help="What the network sees of sides that are no multiples of 16: mirrored rows, or only whole windows.",
            show_default=False, rich_help_panel=_OVERRIDES),
    ] = None
    history: Annotated[
        int | None, typer.Option(
            min=1, max=MOST_HISTORY, help="Steps that L-BFGS remembers.", rich_help_panel=_OVERRIDES)
    ] = None
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0, max=0.99, metavar="SHARE",
            help="End a scale when ten evaluations lower the loss by less than this share.",
            rich_help_panel=_OVERRIDES,
        ),
    ] = None
    unbounded: Annotated[
        bool,
        typer.Option(
            "--unbounded",
            help="Let pixels leave their range, as the published programs do; they are clamped when saved.",
            rich_help_panel=_OVERRIDES,
        ),
    ] = False

    @property
    def start_file(self) -> Path | None:
        """The picture to start from, where `init` is none of the words. Raises BadRecipe when it is not there."""
        if self.init is None or self.init in list(Init):
            return None
        if not Path(self.init).is_file():
            raise BadRecipe(f"init {self.init!r} is neither {', '.join(Init)} nor a file")
        return Path(self.init)

    def _takes_quality(self, like: Recipe | None) -> bool:
        """Whether scales and steps come from `--quality`: unless a user's file, a picture, or the command line, says
        what they are.
        """
        told = self.recipe.endswith(".toml") if self.recipe else like is not None
        return self.quality is not None or not (told or self.scales is not None or self.steps is not None)

    def resolve(self, like: Recipe | None = None) -> Recipe:
        """The recipe as it will run; `like` is that of a picture, from which another one takes the size alone.

        Raises BadRecipe or UnknownRecipe.
        """
        recipe = find_or_load(self.recipe or DEFAULT) if self.recipe or like is None else like
        if like is not None:
            recipe = replace(recipe, size=like.size, measure=like.measure, height=like.height, upscale=like.upscale)
        if self.only:
            recipe = alone(recipe, self.only)
        changes: dict[str, object] = {
            "style_layers": self.layer_weights and parse_layers(self.layer_weights, recipe.style_layers),
            "content_layers": self.content_layers and parse_layers(self.content_layers, recipe.content_layers),
            "strength": self.strength,
            "content_weight": self.content_weight,
            "style_weight": self.style_weight,
            "tv_weight": self.tv_weight,
            "optimizer": self.optimizer,
            "init": None if self.start_file else self.init,
            "pooling": self.pooling,
            "edge": self.edge,
            "history": self.history,
            "tolerance": self.tolerance,
            "bounded": False if self.unbounded else None,
        }
        recipe = override(recipe, **{name: value for name, value in changes.items() if value is not None})
        extent = recipe.extent if self.size is None else parse(self.size)
        if self._takes_quality(like):
            recipe = at_quality(recipe, self.quality or Quality.STANDARD, extent.side_px)
        scales = recipe.scales if self.scales is None else choose(self.scales, extent.side_px)
        return replace(
            recipe, size=extent.pixels, measure=extent.measure, height=extent.height,
            steps=self.steps or recipe.steps, scales=scales, history=self.history or recipe.history,
        )


@dataclass(frozen=True)
class Machine:
    """On what the network runs, and with which weights."""

    weights: Annotated[
        str,
        typer.Option(
            metavar="bundled|torchvision|FILE",
            help="The network's weights (a .pth or .safetensors).",
            rich_help_panel=_MACHINE,
        ),
    ] = "bundled"
    device: Annotated[Device, typer.Option(help="Where the network runs.", rich_help_panel=_MACHINE)] = Device.AUTO
    precision: Annotated[
        Precision | None,
        typer.Option(
            help="How exactly the network counts; auto is bf16 where there are units for it (GPUs, CPUs with AMX or "
                 "AVX-512), else fp32.",
            show_default=False, rich_help_panel=_MACHINE,
        ),
    ] = None
    tile: Annotated[
        str | None,
        typer.Option(
            metavar="auto|off|PIXELS",
            help="Compute a picture in tiles: when it is larger than memory, never, or of this side.  [default: auto]",
            rich_help_panel=_MACHINE,
        ),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=LARGEST, help="For recipes with a random start.  [default: 0]", rich_help_panel=_MACHINE),
    ] = None
    time_budget: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=LONGEST_S, metavar="SECONDS", help="For each pair; its best picture by then is kept.",
            rich_help_panel=_MACHINE,
        ),
    ] = None
    frames: Annotated[
        str | None,
        typer.Option(
            metavar="auto|N",
            help="Keep pictures on the way, for `timelapse`: after every N evaluations, or thirty that begin dense.",
            rich_help_panel=_MACHINE,
        ),
    ] = None

    @property
    def is_particular(self) -> bool:
        """Whether something is asked of the machine that another might not have."""
        return self.device not in (Device.AUTO, Device.CPU) or self.precision not in (None, Precision.AUTO)

    def schedule(self, steps: int) -> SnapshotSchedule | None:
        """Which pictures on the way to one of so many evaluations are kept. Raises BadRecipe."""
        if self.frames is None:
            return None
        schedule = parse_schedule(self.frames)
        schedule.wanted(steps)
        return schedule
