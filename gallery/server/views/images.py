"""The images of the library as a grid: contents and styles, to be looked through, chosen and marked.

Invariant: what is sent at once is bounded but for the numbers of what is shown, which a script needs to select what
was not sent yet. A selection that names nothing shows nothing, so that nobody marks what was not meant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import BadQuery
from db.records import Image, Role
from gallery.labels import alternative, label, plain
from gallery.matrix_page import shape
from gallery.server import query
from gallery.server.export_wish import ExportWish
from gallery.server.files import address
from gallery.server.pages import page
from gallery.server.picking import Pick
from gallery.server.site import Site, site_of

AT_ONCE = 200
TABS = ((None, "All"), (Role.CONTENT, "Contents"), (Role.STYLE, "Styles"))
ORDER_WORDS = {
    "-id": "newest first", "-taken": "last taken first", "taken": "first taken first", "-size": "largest first",
    "size": "smallest first", "-sharpness": "sharpest first", "sharpness": "most blurred first",
    "-brightness": "brightest first", "brightness": "darkest first",
}
ASPECTS = ("landscape", "portrait", "square")


@dataclass(frozen=True)
class Tile:
    """An image in the grid. `shape` is the class of its aspect, `words` are what it is called and its size."""

    id: int
    small: str
    fine: str
    shape: str
    alt: str
    name: str
    words: str
    role: Role
    tags: str
    is_starred: bool
    is_excluded: bool


@dataclass(frozen=True)
class Part:
    """A run of tiles that is not sent yet."""

    first: int
    last: int
    address: str        # its tiles alone, for a script
    page: str           # the grid from there on


def images(request: Request) -> Response:
    """The page with the first tiles, or those from `from` on."""
    pick, site = Pick.of(request.query_params), site_of(request)
    try:
        ids, complaint = _ids(site, pick), ""
    except BadQuery as error:
        ids, complaint = [], str(error)
    first = min(query.whole(request.query_params, "from", least=0) or 0, max(0, len(ids) - 1))
    return page(
        request, "images.html", place="Images", pick=pick, complaint=complaint, count=len(ids), order=ids,
        tiles=_tiles(site, ids[first:first + AT_ONCE]),
        here=pick.address("/images/part", **{"from": first}), more=list(_parts(pick, first + AT_ONCE, len(ids))),
        before=pick.address(**{"from": max(0, first - AT_ONCE) or None}) if first else None,
        tabs=[(words, pick.address(role=role), pick.role == role) for role, words in TABS],
        export=ExportWish(pick=replace(pick, sort=None)).address(), duplicates=pick.address("/duplicates", sort=None),
        profiles=sorted({profile.username for profile in site.library.posts.profiles()}),
        tags=[each.tag for each in site.library.marks.tags()], orders=ORDER_WORDS, aspects=ASPECTS, roles=list(Role))


def part(request: Request) -> Response:
    """Some tiles alone."""
    pick, site = Pick.of(request.query_params), site_of(request)
    first = query.whole(request.query_params, "from", least=0) or 0
    try:
        ids = _ids(site, pick)[first:first + AT_ONCE]
    except BadQuery as error:
        raise HTTPException(400, str(error)) from error
    return page(request, "images_part.html", tiles=_tiles(site, ids))


def _ids(site: Site, pick: Pick) -> list[int]:
    return site.library.selections.image_ids(pick.words, pick.filters(), order=pick.order)


def _tiles(site: Site, ids: Sequence[int]) -> list[Tile]:
    return [tile(image) for image in site.library.images.with_ids(ids)]


def tile(image: Image) -> Tile:
    """An image as the grid shows it."""
    small, fine = (address("image", image.id, image.path, size) for size in (320, 640))
    return Tile(
        image.id, small, fine, shape(image.width, image.height), alternative(image), label(image),
        f"{label(image)} · {image.width} × {image.height}", image.role, " ".join(map(plain, image.tags)),
        image.is_starred, image.is_excluded)


def _parts(pick: Pick, first: int, count: int) -> Iterable[Part]:
    for begin in range(first, count, AT_ONCE):
        said = {"from": begin}
        yield Part(begin + 1, min(begin + AT_ONCE, count), pick.address("/images/part", **said), pick.address(**said))


routes = [Route("/images", images), Route("/images/part", part)]
