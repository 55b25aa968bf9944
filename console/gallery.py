"""The command `gallery`: a page on the library, served on this machine until Ctrl-C."""

import os
import signal
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import stylegram_start
from console.errors import BadRequest
from console.picture_options import PictureOptions
from console.sweep_grid import Options, parse_axes
from console.terminal import Terminal
from console.transfer_options import DEFAULT, Machine, RecipeOptions
from db.library import read_library
from gallery.errors import ServerMissing
from scraper.delays import DEFAULT_PAGES_PER_HOUR
from scraper.site import site_at
from stylizer.errors import BadRecipe
from stylizer.recipe.presets import RECIPES
from stylizer.recipe.quality import Quality

if TYPE_CHECKING:   # the packages behind it are an extra
    from gallery.server.collecting import Collecting
    from gallery.server.menu import Menu

LOOPBACK = "127.0.0.1"
# What a sweep can vary from the page: options whose values are short words.
VARIED = (
    "strength", "style-weight", "content-weight", "tv-weight", "quality", "recipe", "steps", "init", "pooling", "seed")


def run_gallery(
    terminal: Terminal, root: Path, *, host: str, port: int | None, read_only: bool, opens: bool
) -> int:
    """Serve until interrupted."""
    try:
        from gallery.server.serve import is_loopback, running
    except ModuleNotFoundError as error:
        raise ServerMissing(
            f"the gallery needs the package {error.name}: pip install 'stylegram[gallery]'") from error

    with (
        read_library(root) as library,
        running(
            library, host=host, port=port, read_only=read_only, menu=menu(), collecting=collecting()) as where,
    ):
        if not is_loopback(host):
            terminal.warn(
                f"whoever reaches {host}:{where.port} and has the address below sees this library"
                + ("" if read_only else " and can change it") + "; nothing between is encrypted")
        terminal.record("gallery", address=where.first_address, port=where.port, read_only=read_only)
        terminal.answer(where.first_address)
        terminal.say("the gallery is open; Ctrl-C closes it, and what it started goes on")
        if opens and has_windows():
            webbrowser.open(where.first_address)
        while True:
            signal.pause()


def collecting() -> "Collecting":
    """How `scrape` and `refresh` visit, and that exports go into the folder in which the gallery was started."""
    from gallery.server.collecting import Collecting

    return Collecting(site_at().key, DEFAULT_PAGES_PER_HOUR, exports=Path.cwd())


def has_windows() -> bool:
    """Whether a browser would open beside the terminal, and not in it, where it would take the place of Ctrl-C."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def menu() -> "Menu":
    """What the gallery can have made, and by which program."""
    from gallery.server.menu import Menu, Offer

    return Menu(
        program=(sys.executable, str(Path(stylegram_start.FOLDER) / "cli.py")),
        recipes=tuple(Offer(recipe.name, recipe.source) for recipe in RECIPES.values()),
        qualities=(
            Offer(Quality.DRAFT, "a first look"), Offer(Quality.STANDARD), Offer(Quality.FINE, "as far as it goes")),
        sizes=(256, 384, 512, 768, 1024, 1536),
        recipe=DEFAULT, quality=Quality.STANDARD, size=512,
        has_strength=hasattr(RecipeOptions(), "strength"),
        varied=VARIED,
        work=work_of, complaint=complaint_of,
    )


def work_of(recipe: str, size: str, quality: str) -> float:
    """How much there is to do for one picture: evaluations, by the million pixels of each. Raises BadRecipe."""
    if quality not in list(Quality):
        raise BadRecipe(f"{quality!r} is none of {', '.join(Quality)}")
    found = RecipeOptions(recipe=recipe, size=size, quality=Quality(quality)).resolve()
    side = found.extent.side_px
    return sum(count * (scale * side) ** 2 for count, scale in zip(found.shares, found.scales, strict=True)) / 1e6


def complaint_of(vary: Sequence[str]) -> str:
    """What `sweep` would say against these axes; nothing if it would take them."""
    try:
        parse_axes(vary, Options(RecipeOptions(), PictureOptions(), Machine()))
    except BadRequest as error:
        return str(error)
    return ""
