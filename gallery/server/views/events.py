"""The address that pages listen to."""

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gallery.server.site import site_of

MOST_LISTENERS = 200        # a browser has one for all its pages


async def events(request: Request) -> Response:
    """Everything since the event that the listener heard last, and all that follows."""
    site, state = site_of(request), request.app.state
    listeners = getattr(state, "listeners", 0)
    if listeners >= MOST_LISTENERS:
        raise HTTPException(503, "Too many listen already.")
    after = request.headers.get("last-event-id") or request.query_params.get("after", "")

    async def told() -> AsyncIterator[bytes]:
        state.listeners = getattr(state, "listeners", 0) + 1
        try:
            async for part in site.bulletin.stream(after):
                yield part
        finally:
            state.listeners -= 1

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


routes = [Route("/events", events)]
