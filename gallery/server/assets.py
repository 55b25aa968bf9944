"""The styles and scripts of the pages, read once.

Invariant: a file's address has its hash, so what a browser keeps is never an older one than the page is meant for.
"""

import hashlib
from functools import cache
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gallery.server.files import FOREVER
from gallery.templating import asset, render

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def contents() -> dict[str, tuple[bytes, str]]:
    """Each file by its name: its bytes and its media type."""
    found = {
        entry.name: entry.read_bytes()
        for entry in files("gallery.server").joinpath("assets").iterdir() if "." in entry.name
    }
    found["gallery.css"] = (asset("gallery.css") + render("shapes.css")).encode()
    kinds = {name: MEDIA_TYPES.get(f".{name.rpartition('.')[2]}") for name in found}
    return {name: (data, kind) for name, data in found.items() if (kind := kinds[name])}


@cache
def version() -> str:
    """Of all of them: scripts name each other."""
    digest = hashlib.sha256()
    for name, (data, _) in sorted(contents().items()):
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """Where a file is."""
    if name not in contents():
        raise KeyError(name)
    return f"/assets/{version()}/{name}"


def serve(request: Request) -> Response:
    """One of them, of this version."""
    found = contents().get(request.path_params["name"])
    if found is None or request.path_params["version"] != version():
        raise HTTPException(404, "There is no such file.")
    data, kind = found
    return Response(data, media_type=kind, headers={"Cache-Control": FOREVER})


routes = [Route("/assets/{version}/{name}", serve)]
