"""What a page asks for, read from what it sent, and how it is answered.

Invariant: an action runs in a thread of its own, after all of it was read; what makes no sense in it changes nothing
and is said in words. A script gets JSON, a form is led back to the page that it stands on.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from db.errors import DbError
from db.exit_codes import ExitCode
from gallery.server import pages, query
from gallery.server.site import Site, site_of

MOST_FIELDS = 50_000
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Asked:
    """The fields of a form; each may be there several times."""

    fields: Fields

    def words(self, name: str) -> list[str]:
        """All that is said under this name."""
        return [value.strip() for field, value in self.fields if field == name and value.strip()]

    def word(self, name: str) -> str | None:
        """The last that is said under this name."""
        return self.words(name)[-1] if self.words(name) else None

    def ids(self, name: str) -> list[int]:
        """Numbers, separate or with commas between them. Raises HTTPException where one is none."""
        said = [part for value in self.words(name) for part in value.replace(",", " ").split()]
        numbers = [query.whole({"number": part}, "number") for part in said]
        if None in numbers:
            raise HTTPException(400, f"{name}: {said[numbers.index(None)][:40]!r} is no number of one.")
        return [number for number in numbers if number is not None]

    def flag(self, name: str, *, default: bool = True) -> bool:
        """Whether something is to be so."""
        word = self.word(name)
        return default if word is None else word not in ("0", "off", "false", "no")


Do = Callable[[Site, Asked], Mapping[str, Any] | str]
Refused = Callable[[Request, Fields, HTTPException], Response]


async def read(request: Request) -> Asked:
    """All that was sent. Raises HTTPException for what is no form, or too many fields."""
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "That cannot be read.") from error
    return Asked(tuple(pairs))


def action(do: Do, refused: Refused | None = None) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for what `do` does; a word that it returns is the path to go on to.

    `refused` is the page that a form is answered with which makes no sense, so that what was filled in is not lost.
    """

    async def endpoint(request: Request) -> Response:
        site = site_of(request)
        fields: Fields = ()
        as_json = "application/json" in request.headers.get("accept", "")
        try:
            asked = await read(request)
            fields = asked.fields
            done = await to_thread.run_sync(do, site, asked)
        except (ValueError, HTTPException, DbError) as error:
            problem = _in_words(error)
            if as_json:
                return PlainTextResponse(problem.detail, problem.status_code)
            if refused is None:
                return pages.problem(request, problem)
            return await to_thread.run_sync(refused, request, fields, problem)
        if as_json:
            return JSONResponse({"go": done} if isinstance(done, str) else dict(done))
        return RedirectResponse(done if isinstance(done, str) else came_from(request), 303)

    return endpoint


def _in_words(error: Exception) -> HTTPException:
    if isinstance(error, HTTPException):
        return error
    if isinstance(error, DbError):
        return HTTPException(400 if error.exit_code == ExitCode.USAGE else 503, str(error))
    return HTTPException(400, "That cannot be read.")


def came_from(request: Request) -> str:
    """The page of ours that the form stands on."""
    referrer = urlsplit(request.headers.get("referer", ""))
    if referrer.netloc != request.headers.get("host") or not referrer.path.startswith("/"):
        return "/"
    path = "/" + referrer.path.lstrip("/\\")
    return f"{path}?{referrer.query}" if referrer.query else path
