"""Removing images: first a page that shows what would go, then the removing, both by the functions of `remove`.

Invariant: nothing goes that was not shown, and results go with their images only where that was said. No small picture
of what is gone stays in the cache.
"""

from contextlib import ExitStack

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gallery.server.actions.asked import Asked, action, came_from, read
from gallery.server.pages import page
from gallery.server.site import Site, site_of
from gallery.server.views.images import tile

MOST_SHOWN = 60
_PAGES = ("/images", "/duplicates")     # that images are removed from
_RESULTS = {"remove": True, "keep": False}


async def preview(request: Request) -> Response:
    """What would go, with the two ways on."""
    asked = await read(request)
    return await to_thread.run_sync(_preview, request, asked)


def _preview(request: Request, asked: Asked) -> Response:
    site = site_of(request)
    images = site.library.images.with_ids(_ids(asked))
    if not images:
        raise HTTPException(400, "Choose which images are meant.")
    ids = [image.id for image in images]
    alone, with_results = (
        site.library.removals.preview(ids, (), with_results=with_results) for with_results in (False, True))
    return page(
        request, "remove.html", place="Images", ids=",".join(map(str, ids)), count=len(ids),
        tiles=[tile(image) for image in images[:MOST_SHOWN]], alone=alone, with_results=with_results,
        starred=sum(image.is_starred for image in images), back=_page(came_from(request)))


def remove(site: Site, asked: Asked) -> str:
    """Removes images, and what was made of them or not, as was said."""
    ids, library, said = _ids(asked), site.library, asked.word("results")
    with ExitStack() as locks:
        # A visit or a transfer at work would write again what is being removed.
        for activity in ("scrape", "stylize"):
            locks.enter_context(library.lock(activity))
        results = [result for result in site.model.now().results.values()
                   if {result.content_id, result.style_id} & {*ids}]
        if said not in _RESULTS and library.removals.preview(ids, (), with_results=False).kept_results:
            raise HTTPException(400, "Say what is to become of the pictures made of them.")
        paths = [image.path for image in library.images.with_ids(ids)]
        paths += [result.path for result in results if result.path is not None]
        library.removals.remove(ids, (), with_results=_RESULTS.get(said or "", False))
    for path in paths:
        if not path.exists():
            site.thumbnails.forget(path)
    return _page(asked.word("back") or "")


def _page(address: str) -> str:
    """Where one came from, if it is a page that images are removed from."""
    return address if address.partition("?")[0] in _PAGES else _PAGES[0]


def _ids(asked: Asked) -> list[int]:
    return list(dict.fromkeys(asked.ids("image")))


routes = [
    Route("/removals/preview", preview, methods=["POST"]),
    Route("/removals/remove", action(remove), methods=["POST"]),
]
