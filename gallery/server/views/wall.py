"""The wall: contents down, styles across, as on the page from disk, with thousands of cells.

Invariant: what is sent at once is bounded whatever the library holds. The rows after the first come when they are
about to be seen, or by a link where no script runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import BadSelection
from db.records import Image, Result
from gallery.labels import label, plain
from gallery.matrix import has_picture
from gallery.matrix_page import Cell, Copy, Edge, columns, edge_of
from gallery.server import query
from gallery.server.export_wish import ExportWish, in_ranges
from gallery.server.files import address
from gallery.server.hanging import ORDERS, Hanging, Wish
from gallery.server.pages import page
from gallery.server.picking import Pick
from gallery.server.site import AtWork, Site, at_work, hung, site_of

CELLS_AT_ONCE, MOST_ACROSS, MOST_CELLS = 240, 60, 300
MOST_WORDS = 3000       # characters of a selection in an address
ORDER_WORDS = dict(zip(ORDERS, ("first added", "newest first", "by name", "lowest loss", "most pictures"), strict=True))


@dataclass(frozen=True)
class Row:
    """A content with its cells; `number` counts from 0 over the whole wall."""

    number: int
    content: Edge
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Part:
    """A run of rows that is not sent yet."""

    first: int
    count: int
    address: str        # its rows alone, for a script
    page: str           # the wall from there on


def wall(request: Request) -> Response:
    """The page with the first rows, or those from `from` on; all of them with `whole`, to print."""
    wish, site = Wish.of(request.query_params), site_of(request)
    try:
        hanging, complaint = hung(site, wish), ""
    except BadSelection as error:
        hanging, complaint = hung(site, replace(wish, q=None)), str(error)
    whole = query.word(request.query_params, "whole") is not None
    across = query.whole(request.query_params, "across", least=0) or 0
    first = min(query.whole(request.query_params, "from", least=0) or 0, max(0, len(hanging.contents) - 1))
    styles = hanging.styles[across:] if whole else hanging.styles[across:across + MOST_ACROSS]
    at_once = len(hanging.contents) if whole else _rows_at_once(len(styles))
    return page(
        request, "wall.html", place="Wall", wish=wish, complaint=complaint, summary=_summary(hanging),
        frame=hanging.frame, cells=wish.address("/wall/cells", **_sideways(across)),
        choices=_choices(site, wish), orders=_orders(wish), tags=site.library.marks.tags(),
        columns=columns(len(styles)), styles=[_edge(hanging.state.images[style]) for style in styles],
        rows=_rows(site, hanging, wish, styles, first, at_once),
        more=list(_parts(hanging, wish, first + at_once, at_once, across)),
        before=wish.address("/", **{"from": max(0, first - at_once)}) if first else None, whole=whole,
        sides=_sides(hanging, wish, across, whole), export=_export(hanging), is_empty=not hanging.state.results)


def rows(request: Request) -> Response:
    """Some rows alone."""
    wish, site = Wish.of(request.query_params), site_of(request)
    hanging = _hung(site, wish)
    across = query.whole(request.query_params, "across", least=0) or 0
    styles = hanging.styles[across:across + MOST_ACROSS]
    first = query.whole(request.query_params, "from", least=0) or 0
    return page(
        request, "wall_rows.html", rows=_rows(site, hanging, wish, styles, first, _rows_at_once(len(styles))))


def cells(request: Request) -> Response:
    """Some cells alone, by their pairs: those that hang on the wall as it is wished now."""
    wish, site = Wish.of(request.query_params), site_of(request)
    hanging = _hung(site, wish)
    row = {content: number for number, content in enumerate(hanging.contents)}
    across = query.whole(request.query_params, "across", least=0) or 0
    column = {style: number for number, style in enumerate(hanging.styles[across:across + MOST_ACROSS])}
    images, work = hanging.state.images, at_work(site)
    found = []
    for pair in request.query_params.getlist("pair")[:MOST_CELLS]:
        content, style = (int(part) if part.isdecimal() and len(part) < 19 else 0 for part in pair.partition("-")[::2])
        if content in row and style in column:
            result = hanging.chosen.get((content, style))
            found.append((row[content], column[style], cell(
                images[content], images[style], result, wish, work, offers=not site.read_only)))
    return page(request, "wall_cells.html", cells=found, frame=hanging.frame)


def _hung(site: Site, wish: Wish) -> Hanging:
    try:
        return hung(site, wish)
    except BadSelection as error:
        raise HTTPException(400, str(error)) from error


def _rows_at_once(styles: int) -> int:
    return max(4, CELLS_AT_ONCE // max(1, styles))


def _rows(
    site: Site, hanging: Hanging, wish: Wish, styles: Sequence[int], first: int, count: int
) -> list[Row]:
    images, work = hanging.state.images, at_work(site)
    return [
        Row(number, _edge(images[content]), tuple(
            cell(images[content], images[style], hanging.chosen.get((content, style)), wish, work,
                 offers=not site.read_only)
            for style in styles))
        for number, content in enumerate(hanging.contents[first:first + count], start=first)
    ]


def _parts(hanging: Hanging, wish: Wish, first: int, at_once: int, across: int) -> Iterable[Part]:
    side = _sideways(across)
    for begin in range(first, len(hanging.contents), at_once):
        said = {"from": begin, **side}
        yield Part(begin, min(at_once, len(hanging.contents) - begin), wish.address("/wall/rows", **said),
                   wish.address("/", **said))


def _sideways(across: int) -> dict[str, int]:
    return {"across": across} if across else {}


def _edge(image: Image) -> Edge:
    copy = Copy(f"/image/{image.id}", address("image", image.id, image.path, 320), image.width, image.height)
    return replace(edge_of(image, copy), key=f"image-{image.id}")


def cell(
    content: Image, style: Image, result: Result | None, wish: Wish, work: AtWork, *, offers: bool
) -> Cell:
    """What hangs where a content meets a style."""
    alt, pair = f"{label(content)} in the style of {label(style)}", f"{content.id}-{style.id}"
    offer = f"/make?content={content.id}&style={style.id}" if offers and content.id != style.id else None
    badge, glimpse = _badge(work, content.id, style.id)
    if result is None or (badge and not has_picture(result)):
        return Cell(alt, None, None, pair, None if badge else offer, badge=badge, glimpse=glimpse)
    if not has_picture(result) or result.path is None:
        return Cell(alt, None, plain(result.record.reason or "no reason recorded"), pair)
    copy = Copy(
        wish.address(f"/picture/{result.id}"), address("result", result.id, result.path, 640),
        result.width or content.width, result.height or content.height)
    return Cell(alt, copy, None, pair, None, f"result-{result.id}" if result.is_starred else "", badge)


def _badge(work: AtWork, content: int, style: int) -> tuple[str, str | None]:
    """What is said of a pair that is being made, and where it can be seen."""
    making = work.in_hand.get((content, style))
    if making is None:
        return ("waiting" if (content, style) in work.waiting else ""), None
    percent = f"{100 * making.step / making.steps:.0f} %" if making.steps else "begun"
    seen = None if making.glimpse is None else f"/live/glimpse/{making.number}?v={making.glimpse}"
    return percent, seen


def _summary(hanging: Hanging) -> str:
    failed = len(hanging.chosen) - hanging.done
    parts = [
        f"{len(hanging.contents):,} × {len(hanging.styles):,}",
        f"{hanging.done:,} pictures" if hanging.done != 1 else "1 picture",
        f"{failed:,} failed" if failed else "",
    ]
    return " · ".join(filter(None, parts))


@dataclass(frozen=True)
class Choice:
    """A filter or an order that a visitor may set: its values with their words."""

    name: str
    title: str
    chosen: object
    values: tuple[tuple[object, str], ...]


def _choices(site: Site, wish: Wish) -> list[Choice]:
    """Only what tells results of this library apart."""
    state = site.model.now()
    recipe = {result.record.recipe for result in state.results.values()}
    size = {result.record.size for result in state.results.values()}
    contents = {result.content_id for result in state.results.values()}
    styles = {result.style_id for result in state.results.values()}
    profile = {image.profile for number in contents if (image := state.images.get(number)) and image.profile}
    style = sorted((label(image), number) for number in styles if (image := state.images.get(number)))
    found = [
        Choice("recipe", "Recipe", wish.recipe, tuple((name, plain(name)) for name in sorted(recipe))),
        Choice("size", "Size", wish.size, tuple((pixels, f"{pixels} px") for pixels in sorted(size))),
        Choice("profile", "Profile", wish.profile, tuple((name, f"@{plain(name)}") for name in sorted(profile))),
        Choice("style", "Style", wish.style, tuple((number, words) for words, number in style)),
    ]
    return [choice for choice in found if len(choice.values) > 1 or choice.chosen is not None]


def _orders(wish: Wish) -> list[Choice]:
    words = tuple((name, words) for name, words in ORDER_WORDS.items() if name != ORDERS[0])
    return [Choice("rows", "Rows", wish.rows, words), Choice("columns", "Columns", wish.columns, words)]


def _export(hanging: Hanging) -> str | None:
    """Where exactly the pictures that hang here are exported; None where naming them is too long for an address."""
    words = in_ranges(result.id for result in hanging.chosen.values() if has_picture(result))
    return ExportWish(subject="pairs", pick=Pick(q=words)).address() if 0 < len(words) <= MOST_WORDS else None


def _sides(hanging: Hanging, wish: Wish, across: int, whole: bool) -> list[tuple[str, str]]:
    """Ways to the styles that stand to the left and right of those that are shown."""
    sides = []
    if across:
        sides.append(("Styles before these", wish.address(across=max(0, across - MOST_ACROSS) or None)))
    if not whole and across + MOST_ACROSS < len(hanging.styles):
        sides.append(("More styles", wish.address(across=across + MOST_ACROSS)))
    return sides


routes = [Route("/", wall), Route("/wall/rows", rows), Route("/wall/cells", cells)]
