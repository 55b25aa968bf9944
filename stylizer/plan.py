"""What a run is going to make and on what: the missing pairs, the machine and the network.

Invariant: a plan holds what `Missing` holds; nothing is computed yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.library import Library
from db.records import Image
from db.store import CHECKPOINTS
from stylizer.compute import memory, tiling
from stylizer.compute.device import Device, find_device
from stylizer.compute.precision import Precision, find_precision
from stylizer.missing import Missing, find_missing
from stylizer.network.published import BUNDLED
from stylizer.network.vgg import Weights
from stylizer.network.weights import load_weights
from stylizer.order import Order
from stylizer.pairs import Pairs, batches, picture_size
from stylizer.pictures.guidance import PLAIN, Guidance
from stylizer.recipe.model import Recipe
from stylizer.recipe.snapshots import SnapshotSchedule
from stylizer.run_config import RunConfig


@dataclass(frozen=True)
class Plan:
    """What a run is going to make. `existing` pairs have their picture, `given_up` ones failed too often."""

    config: RunConfig
    pairs: Pairs
    existing: int
    given_up: int
    failed_before: int          # so many of the pairs, the last ones, were tried already
    source: str                 # where the weights are from
    loaded: Weights | None      # where they had to be loaded to be known

    @property
    def weights(self) -> Weights:
        """Those of the network; loaded here, for workers elsewhere may load them themselves. Raises its errors."""
        return self.loaded or load_weights(self.source, self.config.recipe.network)

    def batches(self, most: int) -> Iterator[tuple[int, ...]]:
        """The numbers of the pairs, in batches of one shape; those that failed before are with none of the others."""
        sizes = {image.sha256: picture_size(self.config.recipe, image) for image in self.pairs.contents}
        fresh = len(self.pairs) - self.failed_before
        return batches(
            range(len(self.pairs)), lambda number: (number >= fresh, sizes[self.pairs[number][0].sha256]), most)

    def in_words(self) -> str:
        """How its pictures are made, such as "gatys, 512 px, 300 steps"."""
        recipe = self.config.recipe
        return f"{recipe.name}, {recipe.extent.in_words()}, {recipe.steps} steps"


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
    order: Order = Order.SPREAD,
    measures: bool = True,
) -> Plan:
    """What `find_missing` finds, on this machine. Raises what both of them raise."""
    missing = find_missing(
        library, contents, styles, recipe, seed=seed, weights=weights, limit=limit, retry=retry,
        time_budget_s=time_budget_s, guidance=guidance, snapshots=snapshots, order=order)
    return plan_of(library, missing, device=device, tile=tile, batch=batch, precision=precision, measures=measures)


def plan_of(
    library: Library, missing: Missing, *, device: Device = Device.AUTO, tile: str = tiling.AUTO,
    batch: int | None = None, precision: Precision = Precision.AUTO, measures: bool = True,
) -> Plan:
    """These pairs on this machine.

    Raises DeviceMissing, PrecisionMissing, or BadRecipe for a `tile` that is none.
    """
    where = find_device(device)
    exactness = find_precision(precision, where)
    cut = tiling.choose(tile, memory.for_the_network(where))
    config = RunConfig(
        missing.recipe, missing.recipe_hash, missing.seed, missing.weights_sha256, where, missing.time_budget_s,
        missing.guidance, exactness, cut, batch, missing.snapshots, library.root / CHECKPOINTS,
        measures=measures)
    return Plan(
        config, missing.pairs, missing.existing, missing.given_up, missing.failed_before, missing.weights,
        missing.loaded)
