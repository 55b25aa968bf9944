"""`stylize --like`: what a picture says of how it was made, as images of this library and as options.

Invariant: what is said on the command line goes before what the picture says. What it was made of and the library does
not have is named, all of it at once, before anything is made.
"""

from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING

from console.choosing import Chosen, check_mix, choose
from console.errors import BadRequest
from console.terminal import Terminal
from console.transfer_options import ImageSelection, Machine, RecipeOptions
from db.library import Library
from db.records import Image
from db.selection.filters import NO_FILTERS, Filters
from stylizer.compute.device import Device, find_device, processor
from stylizer.compute.precision import Precision, available
from stylizer.pictures.embedded import Made, Masked, Named

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.run_config import RunConfig


def choose_like(
    terminal: Terminal, library: Library, made: Made, choice: ImageSelection, options: RecipeOptions,
    filters: Filters = NO_FILTERS,
) -> Chosen:
    """The picture's own images and mix, but for those that are said. Raises BadRequest and what `choose` raises."""
    takes_styles = not (choice.every or choice.styles)
    mix = made.mix if takes_styles and not choice.content_mask and choice.blend is None else None
    needed: list[tuple[str, Named]] = []
    if not (choice.every or choice.contents):
        needed.append(("content", made.content))
    if takes_styles:
        needed += [("style", style) for style in _styles(made)]
    if isinstance(mix, Masked):
        needed.append(("mask, which --content-mask may give,", mix.mask))
        if mix.style_mask and not choice.style_mask:
            needed.append(("mask, which --style-mask may give,", mix.style_mask))
    if made.keep and choice.keep is None:
        needed.append(("mask, which --keep may give,", made.keep))
    if made.start and options.init is None:
        needed.append(("start, which --init may give,", made.start))
    found = _find(library, needed)

    filled = replace(
        choice,
        content=choice.content if choice.contents or choice.every else [str(found[made.content.sha256].id)],
        style=[str(found[style.sha256].id) for style in _styles(made)] if takes_styles else choice.style,
    )
    if isinstance(mix, Masked):
        filled = replace(
            filled, content_mask=found[mix.mask.sha256].path,
            style_mask=choice.style_mask or (found[mix.style_mask.sha256].path if mix.style_mask else None))
    if made.keep and choice.keep is None:
        filled = replace(filled, keep=str(found[made.keep.sha256].path))
    check_mix(filled)
    if made.start and options.init is None:
        options = replace(options, init=str(found[made.start.sha256].path))
    chosen = choose(terminal, library, filled, options, filters)
    if isinstance(mix, tuple):
        from stylizer.pictures.guidance import Blend

        # By the very weights that it says: from a text they could come out another by their last bit.
        blend = Blend(tuple((found[style.sha256], weight) for style, weight in mix))
        return replace(chosen, guidance=replace(chosen.guidance, mix=blend))
    return chosen


def machine_like(made: Made, machine: Machine) -> Machine:
    """The picture's seed, tiles and time budget, where no others are said."""
    return replace(
        machine,
        seed=made.seed if machine.seed is None else machine.seed,
        tile=machine.tile or made.tile,
        time_budget=machine.time_budget or made.time_budget_s,
    )


def precision_like(made: Made, device: Device) -> Precision:
    """The picture's precision where this machine has it. Raises DeviceMissing."""
    return available(made.precision, find_device(device)) if made.precision else Precision.AUTO


def tell_differences(terminal: Terminal, made: Made, config: "RunConfig") -> None:
    """Why the same options may not give the same pixels here."""
    if config.weights_sha256 != made.weights_sha256:
        terminal.say(f"made with other weights ({made.weights_sha256[:12]}): say which with --weights, or it will be "
                     "another picture")
    here = {"processor": str(processor(config.device)), "torch": metadata.version("torch")}
    others = [f"{name} {words}" for name, words in made.machine.items() if words != here[name]]
    if others:
        terminal.say(f"made with {' and '.join(others)}: here its pixels may differ by rounding")


def _styles(made: Made) -> list[Named]:
    """The styles of the picture, as `--style` names them."""
    match made.mix:
        case Masked(_, styles):
            return [*styles]
        case None:
            return [made.style]
        case blend:
            return [style for style, _ in blend]


def _find(library: Library, needed: list[tuple[str, Named]]) -> dict[str, Image]:
    found = library.images.with_hashes({named.sha256 for _, named in needed})
    missing = dict.fromkeys(f"{what} {named}" for what, named in needed if named.sha256 not in found)
    if missing:
        raise BadRequest(f"{library.root} does not have what the picture was made of: {', '.join(missing)}; `add` it, "
                         "or choose others with --content and --style")
    return found
