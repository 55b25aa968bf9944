"""A picture: large, beside what it was made from, with all of how it was made.

Invariant: its address is enough to find it again, and the way back to the wall keeps what was wished there.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import BadSelection, UnknownImage, UnknownResult
from db.records import Image, Result
from gallery.labels import alternative, image_facts, label, plain, result_facts
from gallery.matrix import has_picture
from gallery.matrix_page import Copy, shape
from gallery.server import loss_curve
from gallery.server.files import address, frame_address, original_address
from gallery.server.hanging import Wish
from gallery.server.pages import page
from gallery.server.query import ID
from gallery.server.site import Site, hung, site_of

WAYS = {"left": "Previous style", "right": "Next style", "up": "Previous content", "down": "Next content"}


@dataclass(frozen=True)
class Other:
    """Another result of the same pair."""

    id: int
    words: str
    small: str
    full: str
    link: str
    is_this: bool


def picture(request: Request) -> Response:
    """The page of a result."""
    site, wish = site_of(request), Wish.of(request.query_params)
    result = _result(site, request.path_params["id"])
    state = site.model.now()
    try:
        content, style = state.images[result.content_id], state.images[result.style_id]
    except KeyError as error:
        raise HTTPException(404, "The images that it was made from are gone.") from error
    frames = site.library.frames.find(result.record.key)
    try:
        beside = hung(site, wish).beside(result)
    except BadSelection:
        beside = {}
    return page(
        request, "picture.html", place="Wall", result=result, title=f"{label(content)} in the style of {label(style)}",
        content=_original(content), style=_original(style), picture=_copy(result, content),
        shape=shape(result.width or content.width, result.height or content.height),
        reason=None if has_picture(result) else plain(result.record.reason or "no reason recorded"),
        facts=result_facts(result), everything=list(_flat(result.record.details)),
        lines=_lines(result), curve=loss_curve,
        others=[_other(other, wish, result.id) for other in _of_the_pair(site, result)],
        command=_command(site, result), frames=[frame_address(result.id, frame) for frame in frames],
        ways=[(way, words, wish.address(f"/picture/{beside[way].id}") if way in beside else None)
              for way, words in WAYS.items()],
        back=wish.address("/"), permalink=f"/picture/{result.id}")


def image(request: Request) -> Response:
    """The page of an original."""
    site = site_of(request)
    try:
        found = site.library.images.get(request.path_params["id"])
    except UnknownImage as error:
        raise HTTPException(404, "There is no such image.") from error
    results = [result for result in site.model.now().results.values()
               if found.id in (result.content_id, result.style_id) and has_picture(result)]
    return page(
        request, "image.html", place="Images", image=found, title=label(found), original=_original(found),
        shape=shape(found.width, found.height),
        caption=plain(found.caption or ""), count=len(results),
        results=[_other(result, Wish(), 0) for result in results[-60:]])


def _result(site: Site, result_id: int) -> Result:
    try:
        return site.library.results.get(result_id)
    except UnknownResult as error:
        raise HTTPException(404, "There is no such picture.") from error


def _original(image: Image) -> dict[str, object]:
    return {
        "link": f"/image/{image.id}", "name": label(image), "alt": alternative(image), "facts": image_facts(image),
        "small": address("image", image.id, image.path, 320), "full": address("image", image.id, image.path, 2560),
        "width": image.width, "height": image.height,
    }


def _copy(result: Result, content: Image) -> Copy | None:
    if not has_picture(result) or result.path is None:
        return None
    return Copy(original_address(result.id, result.path), address("result", result.id, result.path, 640),
                result.width or content.width, result.height or content.height)


def _lines(result: Result) -> loss_curve.Lines | None:
    details = result.record.details
    return loss_curve.lines_of(tuple(details.get("trace") or ()), tuple(details.get("evaluations_by_scale") or ()))


def _of_the_pair(site: Site, result: Result) -> list[Result]:
    pair = result.content_id, result.style_id
    return [other for other in site.model.now().results.values()
            if (other.content_id, other.style_id) == pair and has_picture(other)]


def _other(result: Result, wish: Wish, shown: int) -> Other:
    assert result.path is not None
    record = result.record
    return Other(
        result.id, f"{plain(record.recipe)}, {record.size} px, {record.steps} steps",
        address("result", result.id, result.path, 320), original_address(result.id, result.path),
        wish.address(f"/picture/{result.id}"), result.id == shown)


def _command(site: Site, result: Result) -> str | None:
    """What makes it again, for a shell."""
    if result.path is None:
        return None
    return shlex.join(["stylegram", "--library", str(site.library.root), "stylize", "--like", str(result.path)])


def _flat(details: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a result's details by the way to it, but the losses of each evaluation."""
    for name, value in details.items():
        where = f"{above} {name}".strip().replace("_", " ")
        if name == "trace":
            continue
        if isinstance(value, dict):
            yield from _flat(value, where)
        else:
            yield plain(where), plain(value if isinstance(value, str) else json.dumps(value))


routes = [Route(f"/picture/{ID}", picture), Route(f"/image/{ID}", image)]
