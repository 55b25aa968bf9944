"""Make: which contents meet which styles, how, and how long that will take.

Invariant: what is chosen stands in the form, and in the address that leads here; a page shows a bounded number of
images, and those that are chosen are always among them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from db.errors import BadSelection
from db.records import Image, Result, ResultStatus, Role
from db.selection.filters import Filters
from db.selection.terms import split
from gallery.labels import alternative, label
from gallery.server import query
from gallery.server.estimate import NEWEST, estimate
from gallery.server.files import address
from gallery.server.make_wish import MakeWish
from gallery.server.pages import page
from gallery.server.site import Site, site_of

MOST_SHOWN = 120


@dataclass(frozen=True)
class Candidate:
    """An image that can be chosen."""

    id: int
    name: str
    alt: str
    small: str
    link: str
    is_chosen: bool
    is_starred: bool


@dataclass(frozen=True)
class Side:
    """The contents or the styles: those that are shown, how many there are, and the words that narrow them."""

    role: str
    title: str
    q: str
    shown: tuple[Candidate, ...]
    count: int
    complaint: str


def make(request: Request) -> Response:
    """The page, with what its address chooses and says."""
    if site_of(request).read_only:
        raise HTTPException(403, "This gallery only shows.")
    return _form(request, request.query_params.multi_items())


def again(request: Request, said: Sequence[tuple[str, str]], problem: HTTPException) -> Response:
    """The same for a form that makes no sense, with all that was filled in and what is wrong with it."""
    return _form(request, said, problem.detail, problem.status_code)


def _form(request: Request, said: Sequence[tuple[str, str]], complaint: str = "", status: int = 200) -> Response:
    site = site_of(request)
    wish, words = MakeWish.of(said, site.menu), dict(said)
    sides = [
        _side(site, role, _ids(value for name, value in said if name == role), query.word(words, f"q-{role}") or "")
        for role in (Role.CONTENT, Role.STYLE)]
    size = query.whole({"size": wish.size}, "size", most=100_000) or site.menu.size
    return page(
        request, "make.html", place="Make", status=status, complaint=complaint, sides=sides, menu=site.menu, wish=wish,
        size=size, sizes=sorted({*site.menu.sizes, size}), is_sweep=bool(wish.vary))


def told(request: Request) -> Response:
    """How many pictures a choice makes, and an estimate of their time."""
    site, said = site_of(request), request.query_params
    contents, styles = set(_ids(said.getlist("content"))), set(_ids(said.getlist("style")))
    count = len(contents) * len(styles) - len(contents & styles)
    settings = query.whole(said, "settings", most=1000) or 1
    recipe, quality = query.word(said, "recipe") or site.menu.recipe, query.word(said, "quality") or site.menu.quality
    size = query.word(said, "size") or str(site.menu.size)
    try:
        work = site.menu.work(recipe, size, quality)
    except Exception as error:
        if not hasattr(error, "exit_code"):     # ours say what is wrong with what was asked
            raise
        return JSONResponse({"count": count * settings, "words": "", "problem": str(error)})
    found = estimate(_newest(site), recipe, work, count * settings) if count else None
    words = found.in_words() if found else ("no picture made here before says how long" if count else "")
    return JSONResponse({"count": count * settings, "words": words, "problem": ""})


def _side(site: Site, role: Role, chosen: list[int], words: str) -> Side:
    complaint, ids = "", []
    try:
        ids = site.library.selections.image_ids(split(words), Filters(role=role), with_excluded=False)
    except BadSelection as error:
        complaint = str(error)
    images = site.model.now().images
    # The newest first; what is chosen stands before all.
    shown = [number for number in dict.fromkeys([*chosen, *(ids if words else reversed(ids))]) if number in images]
    return Side(
        role.value, f"{role.value.capitalize()}s", words,
        tuple(_candidates((images[number] for number in shown[: max(MOST_SHOWN, len(chosen))]), set(chosen))),
        len(ids), complaint)


def _candidates(images: Iterable[Image], chosen: set[int]) -> Iterable[Candidate]:
    for image in images:
        yield Candidate(
            image.id, label(image), alternative(image), address("image", image.id, image.path, 320),
            f"/image/{image.id}", image.id in chosen, image.is_starred)


def _ids(said: Iterable[str]) -> list[int]:
    numbers = (query.whole({"id": part}, "id") for text in said for part in text.split(","))
    return [number for number in numbers if number is not None]


def _newest(site: Site) -> list[Result]:
    done = [result.id for result in site.model.now().results.values() if result.record.status is ResultStatus.DONE]
    return site.library.results.with_ids(done[: -NEWEST - 1 : -1])


routes = [Route("/make", make), Route("/make/told", told)]
