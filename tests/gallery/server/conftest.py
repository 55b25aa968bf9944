"""A gallery that is really served, on a port of its own, and visitors: a client over sockets and a real Chromium."""

import http.client
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from db.library import Library, open_library
from gallery.server.collecting import INSTAGRAM, Collecting
from gallery.server.menu import NOTHING, Menu
from gallery.server.serve import Listening, running
from scraper.browser import find_browser
from tests.gallery.conftest import Studio, hang_some

expect.set_options(timeout=20_000)      # a page on a busy machine is slow, and not wrong


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Client:
    """Asks over a socket of its own, with nothing of a browser's manners but what it is told."""

    where: Listening
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.where.port, timeout=20)
        try:
            said = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, said)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def enter(self) -> "Client":
        """A client that was let in by the first address, as a browser is."""
        answer = self.ask(self.where.first_address.removeprefix(self.where.address.rstrip("/")))
        assert answer.status == 303
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return Client(self.where, {"Cookie": cookie})

    def post(self, path: str, values: object = (), **headers: str) -> Answer:
        """An action, as a page of the gallery asks for it."""
        body = urlencode(values, doseq=True).encode()     # type: ignore[arg-type]
        said = {"Origin": self.where.address.rstrip("/"), "Content-Type": "application/x-www-form-urlencoded"}
        return self.ask(path, "POST", body, **(said | headers))


@dataclass(frozen=True)
class Gallery:
    """A served library with one who was let in and one who was not."""

    studio: Studio
    where: Listening
    stranger: Client
    client: Client

    @property
    def library(self) -> Library:
        return self.studio.library


_TEMPLATES = TemporaryDirectory(prefix="stylegram-galleries-")


@cache
def template(fill: Callable[[Studio], object]) -> Path:
    """A library that is filled like this, made once to be copied: migrations and pictures take their time."""
    root = Path(_TEMPLATES.name) / f"{fill.__module__}.{fill.__name__}"
    with open_library(root) as library:
        fill(Studio(library))
    return root


def nothing(studio: Studio) -> None:
    """For a library that is filled by what belongs to one test."""


@contextmanager
def served(
    folder: Path, *, read_only: bool = False, fill: Callable[[Studio], object] = hang_some, menu: Menu = NOTHING,
    collecting: Collecting = INSTAGRAM,
) -> Iterator[Gallery]:
    """A new library, filled and served."""
    is_of_a_module = fill.__qualname__ == fill.__name__ != "<lambda>"
    shutil.copytree(template(fill if is_of_a_module else nothing), folder / "library")
    with open_library(folder / "library") as library:
        studio = Studio(library)
        if not is_of_a_module:
            fill(studio)
        with running(library, port=0, read_only=read_only, menu=menu, collecting=collecting) as where:
            stranger = Client(where)
            yield Gallery(studio, where, stranger, stranger.enter())


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Two contents by two styles: red, lime, blue, and one that failed."""
    with served(tmp_path) as opened:
        yield opened


class SharedBrowser:
    """One Chromium for all tests of this folder that follow each other."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._browser: Browser | None = None

    def get(self) -> Browser:
        if self._browser is None:
            path = find_browser().path
            playwright = self._open.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            self._open.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        self._open.close()
        self._browser = None


SHARED = SharedBrowser()


@pytest.fixture
def browser() -> Browser:
    return SHARED.get()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """No longer than the tests of this folder: while it is open, nobody else can open one in this process."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        SHARED.close()


@dataclass(frozen=True)
class Visit:
    """An open page of a gallery, with what it complained about."""

    gallery: Gallery
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.gallery.where.address.rstrip("/") + path)

    @property
    def path(self) -> str:
        """Where it is now."""
        return "/" + self.page.url.removeprefix(self.gallery.where.address)


Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture
def visiting(browser: Browser) -> Visiting:
    """Opens pages, each in a window of this size; one that complains fails."""

    @contextmanager
    def visit(gallery: Gallery, width: int = 1400, height: int = 800, **options: object) -> Iterator[Visit]:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        try:
            page = context.new_page()
            page.set_default_timeout(30_000)    # as above
            opened = Visit(gallery, page)
            page.on("console", lambda message: opened.complaints.append(message.text))
            page.on("pageerror", lambda error: opened.complaints.append(str(error)))
            page.goto(gallery.where.first_address)
            yield opened
            assert opened.complaints == []
        finally:
            context.close()

    return visit
