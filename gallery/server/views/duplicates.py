"""Duplicates: images that are alike, side by side, so that one of them is kept.

Invariant: nothing is left out or removed by looking. A group is decided when one of it, or none, is not excluded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.duplicates import NEAR, Group, best, groups
from db.errors import BadQuery
from db.records import Image, Result
from gallery.labels import plain
from gallery.matrix import has_picture
from gallery.server import query
from gallery.server.pages import page
from gallery.server.picking import Pick
from gallery.server.site import Site, site_of
from gallery.server.views.images import Tile, tile

AT_ONCE = 20
LIKENESS = {0: "the same to the eye", 4: "very alike", NEAR: "alike", 12: "somewhat alike"}     # by bits at most


@dataclass(frozen=True)
class Copy:
    """One of a group: what is to be known for choosing between them."""

    tile: Tile
    facts: tuple[str, ...]
    pictures: int           # that hang on the wall and were made with it
    is_best: bool


@dataclass(frozen=True)
class Alike:
    """A group as it is shown."""

    number: int
    words: str
    ids: str
    copies: tuple[Copy, ...]
    is_decided: bool


def duplicates(request: Request) -> Response:
    """The page with some of the groups: those that are not decided, or with `decided` those that are."""
    site, said = site_of(request), request.query_params
    pick = replace(Pick.of(said), sort=None)
    bits = query.whole(said, "bits", least=0, most=max(LIKENESS))
    decided = query.whole(said, "decided", most=1)
    complaint, found = "", []
    try:
        found = _groups(site, pick, NEAR if bits is None else bits)
    except BadQuery as error:
        complaint = str(error)
    images = site.model.now().images
    of_kind = [group for group in found if _is_decided(group, images) == bool(decided)]
    first = min(query.whole(said, "from", least=0) or 0, max(0, len(of_kind) - 1))

    def address(**other: object) -> str:
        return pick.address("/duplicates", **({"bits": bits, "decided": decided} | other))

    return page(
        request, "duplicates.html", place="Images", pick=pick, bits=bits, decided=decided, complaint=complaint,
        likeness=LIKENESS, near=NEAR, count=len(of_kind), others=len(found) - len(of_kind),
        groups=_shown(site, of_kind[first:first + AT_ONCE], first),
        before=address(**{"from": max(0, first - AT_ONCE) or None}) if first else None,
        more=address(**{"from": first + AT_ONCE}) if first + AT_ONCE < len(of_kind) else None,
        here=address(), other_kind=address(decided=None if decided else 1),
        unseen=sum(image.looks is None for image in images.values()))


def _groups(site: Site, pick: Pick, bits: int) -> list[Group]:
    """Of the images that are picked, those that belong together. Raises BadQuery."""
    images: Mapping[int, Image] = site.model.now().images
    if pick.is_narrowed:
        ids = site.library.selections.image_ids(pick.words, pick.filters())
        images = {number: images[number] for number in ids if number in images}
    hashes = {number: image.looks.hash for number, image in images.items() if image.looks is not None}
    posts = {number: image.post_code for number, image in images.items() if image.post_code}
    return groups(site.alike.pairs(hashes, bits), posts)


def _is_decided(group: Group, images: Mapping[int, Image]) -> bool:
    return sum(not images[number].is_excluded for number in group.images) <= 1


def _shown(site: Site, found: Sequence[Group], first: int) -> list[Alike]:
    state = site.model.now()
    pictures = _pictures(state.results.values())
    shown = []
    for number, group in enumerate(found, start=first + 1):
        images = [state.images[each] for each in group.images if each in state.images]
        kept = best(images).id
        copies = tuple(Copy(tile(image), _facts(image), pictures[image.id], image.id == kept) for image in images)
        what = f"slides of {plain(group.post)}" if group.post else f"copies, {LIKENESS[_step(group.distance)]}"
        shown.append(Alike(number, what, ",".join(str(image.id) for image in images), copies,
                           _is_decided(group, state.images)))
    return shown


def _step(distance: int) -> int:
    return next((bits for bits in LIKENESS if distance <= bits), max(LIKENESS))


def _pictures(results: Iterable[Result]) -> Counter[int]:
    """How many pictures were made with each image."""
    return Counter(number for result in results if has_picture(result)
                   for number in (result.content_id, result.style_id))


def _facts(image: Image) -> tuple[str, ...]:
    try:
        size = image.path.stat().st_size
        weight = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"
    except OSError:
        weight = "its file is not there"
    taken = [f"{image.taken_at:%Y-%m-%d}"] if image.taken_at else []
    return (f"{image.width} × {image.height}", weight, *taken)


routes = [Route("/duplicates", duplicates)]
