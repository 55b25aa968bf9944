"""What a run is going to make: the pairs that have no picture yet under this recipe, in a good order.

Invariant: a plan holds every wanted pair that is missing, once, never an image with itself; nothing is computed yet.
The pairs of one content stand together, so that its features are needed from its first pair to its last and then
never again.
"""

import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from db.library import Library
from db.records import Image, ResultKey
from db.store import CHECKPOINTS
from stylizer.compute import memory, tiling
from stylizer.compute.device import Device, find_device
from stylizer.compute.precision import Precision, find_precision
from stylizer.network.vgg import Weights
from stylizer.network.weights import BUNDLED, load_weights
from stylizer.pictures.guidance import PLAIN, Guidance
from stylizer.recipe.model import Recipe, recipe_hash
from stylizer.recipe.snapshots import SnapshotSchedule
from stylizer.run_config import RunConfig

Id = TypeVar("Id", bound=Hashable)
Item = TypeVar("Item")

# A pair that failed this often is left alone: it is a fact about its images, not bad luck.
GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class Plan:
    """What a run is going to make. `existing` pairs have their picture, `given_up` ones failed too often."""

    config: RunConfig
    pairs: tuple[tuple[Image, Image], ...]
    existing: int
    given_up: int
    weights: Weights


def make_plan(
    library: Library,
    contents: Sequence[Image],
    styles: Sequence[Image],
    recipe: Recipe,
    *,
    seed: int = 0,
    weights: str = BUNDLED,
    device: Device = Device.AUTO,
    tile: str = tiling.AUTO,
    limit: int | None = None,
    retry: bool = False,
    time_budget_s: float | None = None,
    guidance: Guidance = PLAIN,
    batch: int | None = None,
    snapshots: SnapshotSchedule | None = None,
    precision: Precision = Precision.AUTO,
) -> Plan:
    """Decide which pairs are still to be made; with `retry` those given up, too.

    With `snapshots` a pair whose pictures on the way were not kept is made again: the same picture.

    Where the guidance mixes styles, a content has one picture, under the main one of them.
    Raises what `load_weights` raises, DeviceMissing, PrecisionMissing, or BadRecipe for a `tile` that is none.
    """
    where = find_device(device)
    exactness = find_precision(precision, where)
    cut = tiling.choose(tile, memory.for_the_network(where))
    loaded = load_weights(weights, recipe.network)
    identity = recipe_hash(recipe, seed=seed, weights_sha256=loaded.sha256, time_budget_s=time_budget_s,
                           guidance=guidance.identity())
    config = RunConfig(
        recipe, identity, seed, loaded.sha256, where, time_budget_s, guidance, exactness, cut, batch, snapshots,
        library.root / CHECKPOINTS)
    mixed = {image.sha256 for image in guidance.styles}
    if guidance.main_style:
        contents = [image for image in contents if image.sha256 not in mixed]
        styles = [guidance.main_style]
    by_hash = {image.sha256: image for image in (*contents, *styles)}
    wanted = [
        ResultKey(content, style, identity)
        for content, style in pairs((image.sha256 for image in contents), (image.sha256 for image in styles))
    ]
    tried = library.results.attempts(identity)
    existing = {key for key, failures in tried.items() if failures is None}
    if snapshots:
        existing = {key for key in existing if library.frames.has(key)}
    hopeless = {key for key, failures in tried.items() if failures is not None and failures >= GIVE_UP_AFTER}
    given_up = set() if retry else hopeless
    missing = [key for key in wanted if key not in existing | given_up]
    # By shape, so that pairs can advance together; what failed before last, so that it keeps nothing waiting and the
    # batches of a run that was interrupted are those that it goes on with.
    sizes = [picture_size(recipe, by_hash[key.content_sha256]) for key in missing]
    rank = {size: place for place, size in enumerate(dict.fromkeys(sizes))}
    order = sorted(range(len(missing)), key=lambda place: (missing[place] in tried, rank[sizes[place]]))
    todo = tuple(
        (by_hash[missing[place].content_sha256], by_hash[missing[place].style_sha256]) for place in order[:limit])
    return Plan(config, todo, len(existing.intersection(wanted)), len(given_up.intersection(wanted)), loaded)


def pairs(contents: Iterable[Id], styles: Iterable[Id]) -> list[tuple[Id, Id]]:
    """All (content, style) pairs: contents in their order, and the styles in theirs within each.

    An image given twice counts once, and none meets itself. Images are the same when their ids are equal: use hashes
    of their bytes.
    """
    unique_styles = list(dict.fromkeys(styles))
    return [
        (content, style)
        for content in dict.fromkeys(contents)
        for style in unique_styles
        if content != style
    ]


def batches(items: Sequence[Item], shape: Callable[[Item], Hashable], most: int) -> list[tuple[Item, ...]]:
    """The items in their order, cut where their shape changes and after so many at most.

    Those of one shape are shared out evenly: a GPU makes ready for every number of pairs, and idles with few.
    """
    found = []
    for _, group in groupby(items, shape):
        alike = tuple(group)
        each = math.ceil(len(alike) / math.ceil(len(alike) / most))
        found += [alike[i : i + each] for i in range(0, len(alike), each)]
    return found


def picture_size(recipe: Recipe, content: Image) -> tuple[int, int]:
    """Width and height of the pictures that are made from this content."""
    frame = recipe.extent.frame(content.width, content.height)
    return frame.width, frame.height


def pair_seed(seed: int, content: Image, style: Image) -> int:
    """A seed of the pair's own, so that neither order nor batch changes its picture."""
    text = f"{content.sha256}{style.sha256}{seed}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
