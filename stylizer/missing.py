"""Which pairs have no picture yet under a recipe, found without the network: nothing here loads torch for the bundled
weights, so a run that has nothing to make ends at once.

Invariant: every wanted pair that is missing is there once, never an image with itself; nothing is computed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.library import Library
from db.records import Image
from stylizer.network.published import BUNDLED, identify
from stylizer.order import Order, State, in_order
from stylizer.pairs import Pairs, picture_size
from stylizer.pictures.guidance import PLAIN, Guidance
from stylizer.recipe.model import Recipe, recipe_hash
from stylizer.recipe.snapshots import SnapshotSchedule

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.network.vgg import Weights

# A pair that failed this often is left alone: it is a fact about its images, not bad luck.
GIVE_UP_AFTER = 3


@dataclass(frozen=True)
class Missing:
    """Pairs to make and what they share. `existing` pairs have their picture, `given_up` ones failed too often."""

    pairs: Pairs
    existing: int
    given_up: int
    failed_before: int          # so many of the pairs, the last ones, were tried already
    recipe: Recipe
    recipe_hash: str
    seed: int
    weights: str                # where they are from
    weights_sha256: str
    loaded: "Weights | None"    # where they had to be loaded to be known
    guidance: Guidance
    time_budget_s: float | None
    snapshots: SnapshotSchedule | None


def find_missing(
    library: Library,
    contents: Sequence[Image],
    styles: Sequence[Image],
    recipe: Recipe,
    *,
    seed: int = 0,
    weights: str = BUNDLED,
    limit: int | None = None,
    retry: bool = False,
    time_budget_s: float | None = None,
    guidance: Guidance = PLAIN,
    snapshots: SnapshotSchedule | None = None,
    order: Order = Order.SPREAD,
) -> Missing:
    """Decide which pairs are still to be made, in which order; with `retry` those given up, too.

    With `snapshots` a pair whose pictures on the way were not kept is made again: the same picture.

    Where the guidance mixes styles, a content has one picture, under the main one of them.
    Raises what `load_weights` raises.
    """
    of_weights, loaded = identify(weights, recipe.network)
    identity = recipe_hash(recipe, seed=seed, weights_sha256=of_weights, time_budget_s=time_budget_s,
                           guidance=guidance.identity())
    mixed = {image.sha256 for image in guidance.styles}
    if guidance.main_style:
        contents = [image for image in contents if image.sha256 not in mixed]
        styles = [guidance.main_style]
    rows, columns = _unique(contents), _unique(styles)
    states, given_up = _states(library, rows, columns, identity, retry=retry, framed=snapshots is not None)
    ranks: dict[tuple[int, int], int] = {}
    shapes = [ranks.setdefault(picture_size(recipe, image), len(ranks)) for image in rows]
    starred = _starred(library, rows, columns) if order is Order.FAVOURITES else frozenset()
    places = in_order(order, rows, columns, states, shapes, starred)
    failed = states.count(State.TRIED)
    wanted = places[:limit]
    return Missing(
        Pairs(rows, columns, wanted), states.count(State.DONE), given_up,
        max(0, len(wanted) - (len(places) - failed)),
        recipe, identity, seed, weights, of_weights, loaded, guidance, time_budget_s, snapshots)


def _unique(images: Sequence[Image]) -> list[Image]:
    return list({image.sha256: image for image in images}.values())


def _states(
    library: Library, contents: Sequence[Image], styles: Sequence[Image], identity: str, *, retry: bool, framed: bool
) -> tuple[bytearray, int]:
    """A state for each place of the wall, and how many are given up."""
    rows = {image.sha256: row for row, image in enumerate(contents)}
    columns = {image.sha256: column for column, image in enumerate(styles)}
    states = bytearray([State.MISSING]) * (len(rows) * len(columns))
    given_up = 0
    for key, failures in library.results.attempts(identity):
        row, column = rows.get(key.content_sha256), columns.get(key.style_sha256)
        if row is None or column is None:
            continue
        if failures is None:
            state = State.DONE if not framed or library.frames.has(key) else State.TRIED
        else:
            is_hopeless = failures >= GIVE_UP_AFTER and not retry
            given_up += is_hopeless
            state = State.NEVER if is_hopeless else State.TRIED if failures else State.MISSING
        states[row * len(columns) + column] = state
    for sha256 in rows.keys() & columns.keys():
        states[rows[sha256] * len(columns) + columns[sha256]] = State.NEVER
    return states, given_up


def _starred(library: Library, contents: Sequence[Image], styles: Sequence[Image]) -> frozenset[int]:
    """The places of the wall with a picture that was starred."""
    rows = {image.sha256: row for row, image in enumerate(contents)}
    columns = {image.sha256: column for column, image in enumerate(styles)}
    return frozenset(
        rows[content] * len(columns) + columns[style]
        for content, style in library.results.starred_pairs() if content in rows and style in columns)
