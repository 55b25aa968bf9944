"""Pictures by id: small ones, whole ones as every browser can show them, and the bytes of a result as they are.

Invariant: no part of a request is ever part of a path. What is sent is a picture that we wrote, or a result's own
file, which is ours, too; nothing in it runs.
"""

from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.errors import PictureRefused
from db.frames import Frame
from gallery.server.query import ID
from gallery.server.site import site_of
from gallery.server.thumbnails import SIZES

FOREVER = "private, max-age=31536000, immutable"
KINDS = ("image", "result")
SHOWN_BY_BROWSERS = frozenset({".png", ".jpg", ".webp"})
_AT_ONCE = 4        # decoding takes turns anyway, and pages are not to wait for it
_MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
                ".tif": "image/tiff"}


def address(kind: str, thing_id: int, path: Path, long_side_px: int) -> str:
    """Where a small picture is. With the beginning of the file's hash, for ids are given again."""
    return f"/thumbnail/{kind}/{thing_id}/{long_side_px}?v={path.stem[:12]}"


def original_address(result_id: int, path: Path) -> str:
    """Where a result is as a browser shows it best: its own file, or a picture of it where none can show that."""
    if path.suffix not in SHOWN_BY_BROWSERS:
        return address("result", result_id, path, SIZES[-1])
    return f"/file/result/{result_id}?v={path.stem[:12]}"


def frame_address(result_id: int, frame: Frame) -> str:
    """Where a picture on the way to a result is."""
    return f"/file/frame/{result_id}/{frame.evaluation}"


async def frame(request: Request) -> Response:
    """A picture on the way to a result."""
    return await to_thread.run_sync(_frame, request, limiter=_limiter(request))


def _frame(request: Request) -> Response:
    site = site_of(request)
    result = site.model.now().results.get(request.path_params["id"])
    found = [] if result is None else site.library.frames.find(result.record.key)
    for each in found:
        if each.evaluation == request.path_params["evaluation"]:
            return Response(each.path.read_bytes(), media_type="image/png", headers={"Cache-Control": "no-cache"})
    raise HTTPException(404, "There is no such picture.")


async def thumbnail(request: Request) -> Response:
    """A WebP of at most that many pixels a side."""
    site, size = site_of(request), request.path_params["size"]
    if size not in SIZES:
        raise HTTPException(404, "There are no pictures of that size.")
    path = await to_thread.run_sync(_path, request)
    data = site.thumbnails.kept(path, size)
    if data is None:
        limiter = _limiter(request)
        try:
            data = await to_thread.run_sync(site.thumbnails.get, path, size, limiter=limiter)
        except PictureRefused as error:
            raise HTTPException(404, f"It cannot be shown: {error}") from error
    return Response(data, media_type="image/webp", headers=_caching(request, path))


async def original(request: Request) -> Response:
    """The file of a result, byte for byte: it carries how it was made."""
    path = await to_thread.run_sync(_path, request)
    try:
        data = await to_thread.run_sync(path.read_bytes, limiter=_limiter(request))
    except OSError as error:
        raise HTTPException(404, "Its file is not there.") from error
    name = f"result-{request.path_params['id']}{path.suffix}"
    return Response(data, media_type=_MEDIA_TYPES.get(path.suffix, "application/octet-stream"), headers={
        **_caching(request, path), "Content-Disposition": f'inline; filename="{name}"'})


def _path(request: Request) -> Path:
    kind, thing_id = request.path_params.get("kind", "result"), request.path_params["id"]
    state = site_of(request).model.now()
    found = state.images.get(thing_id) if kind == "image" else state.results.get(thing_id)
    if kind not in KINDS or found is None or found.path is None:
        raise HTTPException(404, "There is no such picture.")
    return found.path


def _caching(request: Request, path: Path) -> dict[str, str]:
    version = request.query_params.get("v")
    return {"Cache-Control": FOREVER if version and path.stem.startswith(version) else "no-cache"}


def _limiter(request: Request) -> CapacityLimiter:
    """One for each server, made in its own loop."""
    state = request.app.state
    if not hasattr(state, "decoding"):
        state.decoding = CapacityLimiter(_AT_ONCE)
    limiter = state.decoding
    assert isinstance(limiter, CapacityLimiter)
    return limiter


routes = [
    Route(f"/thumbnail/{{kind}}/{ID}/{{size:number}}", thumbnail),
    Route(f"/file/result/{ID}", original),
    Route(f"/file/frame/{ID}/{{evaluation:number}}", frame),
]
