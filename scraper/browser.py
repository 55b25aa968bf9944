"""Chromium through Playwright: found, opened and closed. Knows no site.

Whatever ends a run - success, an exception, Ctrl-C, SIGTERM turned into an exception, even kill -9 - leaves no
Chromium behind: it is a child of Playwright's driver, which ends it when our end of its pipe closes.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from db.signals import interrupts_held
from scraper.errors import BrowserFailed, BrowserMissing, BrowserUnusable
from scraper.time_limit import time_limit

SETTING = "STYLEGRAM_BROWSER"
REMEDY = (
    "no Chromium found: run `playwright install chromium`, or install your system's chromium package, "
    f"or set {SETTING} to the path of a Chromium or Chrome"
)

Result = TypeVar("Result")

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PROXY_ALL = "<-loopback>"      # for a proxy, too, which Chromium otherwise passes by for this machine's own addresses
_ARGUMENTS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing is reached but through the proxy of a context, by no way and under no name. Of a browser's own requests,
    # and those of a context without one, the proxy is a name that nobody has; literal addresses are names to this rule.
    "--proxy-server=socks5://nowhere.invalid:1080",
    f"--proxy-bypass-list={_PROXY_ALL}",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # UDP has no proxy. The first is a full Chromium's, the second the headless shell's.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)
# Of two such lists Chromium takes the last, so ours has what Playwright's own has (a test compares them). What we add
# to it are two pages that a full Chromium keeps ready behind the address bar of each window, though nobody sees one:
# half of the processor time of a visit.
_FEATURES_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # Playwright's
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
)
_LAUNCH_TIMEOUT_MS = 60_000
_VERSION_TIMEOUT_S = 15
_CONTEXT_TIMEOUT_S = 30
_CLOSE_TIMEOUT_S = 10


@dataclass(frozen=True)
class BrowserFound:
    """A browser on this machine: where, who said so, and the version it answers with."""

    path: Path
    source: str
    version: str


class Chromium:
    """A running Chromium."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @contextmanager
    def context(self, proxy: str | None = None) -> Iterator[BrowserContext]:
        """A fresh visitor: no cookies, no storage, nothing kept afterwards. Raises BrowserFailed.

        It reaches what the proxy at this address lets it reach, and without one nothing at all.
        """
        try:
            with time_limit(_CONTEXT_TIMEOUT_S):
                context = self._browser.new_context(
                    locale="en-US",
                    timezone_id="UTC",
                    service_workers="block",
                    accept_downloads=False,
                    proxy=None if proxy is None else {"server": proxy, "bypass": _PROXY_ALL},
                )
        except PlaywrightError as error:
            raise BrowserFailed(f"Chromium went away: {error.message.splitlines()[0]}") from error
        try:
            yield context
        finally:
            quietly_close(context)


@contextmanager
def open_chromium() -> Iterator[Chromium]:
    """A headless Chromium for the time of the block. Raises BrowserMissing, BrowserUnusable or BrowserFailed."""
    with _playwright() as playwright:
        browser, _ = _first_that_works(_candidates(playwright), lambda path: _launch(playwright, path))
        try:
            yield Chromium(browser)
        finally:
            quietly_close(browser)


def find_browser() -> BrowserFound:
    """The browser that a run would use, as it names itself. Raises BrowserMissing or BrowserUnusable."""
    with _playwright() as playwright:
        version, (path, source) = _first_that_works(_candidates(playwright), _version)
    return BrowserFound(path, source, version)


def try_browser() -> BrowserFound:
    """The same, after it was started and has shown an empty page. Raises what `open_chromium` does."""
    with _playwright() as playwright:
        browser, (path, source) = _first_that_works(_candidates(playwright), lambda path: _launch(playwright, path))
        try:
            with Chromium(browser).context() as context:
                context.new_page()
        except PlaywrightError as error:
            raise BrowserUnusable(f"{path} shows no page: {_first_line(error)}") from error
        finally:
            quietly_close(browser)
        return BrowserFound(path, source, f"{browser.browser_type.name} {browser.version}")


def set_by_user() -> tuple[Path, str] | None:
    """The browser that the environment names. Raises BrowserMissing when it is not there."""
    setting = os.environ.get(SETTING)
    if not setting:
        return None
    path = Path(setting).expanduser()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise BrowserMissing(f"{SETTING} is set to {setting!r}, which is not a program")
    return path, SETTING


def on_path() -> tuple[Path, str] | None:
    """The system's own Chromium or Chrome."""
    for name in _NAMES:
        path = shutil.which(name)
        if path is not None:
            return Path(path), "PATH"
    return None


@contextmanager
def _playwright() -> Iterator[Playwright]:
    """Playwright's driver for the time of the block.

    An interrupt waits until it has started: in the middle of that, pipes are left behind that complain of themselves.
    """
    with ExitStack() as running:
        with interrupts_held():
            playwright = running.enter_context(sync_playwright())
        yield playwright


def _candidates(playwright: Playwright) -> list[tuple[Path, str]]:
    """The browsers to try, in order: the user's alone, or Playwright's own and the system's."""
    chosen = set_by_user()
    if chosen is not None:
        return [chosen]
    own = Path(playwright.chromium.executable_path)
    system = on_path()
    return ([(own, "playwright")] if own.is_file() else []) + ([system] if system is not None else [])


def _first_that_works(
    candidates: list[tuple[Path, str]], attempt: Callable[[Path], Result]
) -> tuple[Result, tuple[Path, str]]:
    """Playwright's own may be there and lack the system's libraries: then the next one is tried."""
    failure: BrowserUnusable | None = None
    for candidate in candidates:
        try:
            return attempt(candidate[0]), candidate
        except BrowserUnusable as error:
            failure = failure or error
    raise failure or BrowserMissing(REMEDY)


def _launch(playwright: Playwright, path: Path) -> Browser:
    sandbox = ("--no-sandbox",) if _is_root() else ()
    try:
        return playwright.chromium.launch(
            executable_path=path,
            args=[*_ARGUMENTS, f"--disable-features={','.join(_FEATURES_OFF)}", *sandbox],
            timeout=_LAUNCH_TIMEOUT_MS,
            # Signals are ours to handle: the driver would close the browser under a page being read.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
    except PlaywrightTimeout as error:
        raise BrowserFailed(f"{path} did not start within {_LAUNCH_TIMEOUT_MS // 1000} s") from error
    except PlaywrightError as error:
        raise BrowserUnusable(f"{path} does not start: {_first_line(error)}") from error


def _version(path: Path) -> str:
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BrowserUnusable(f"{path} does not run") from error
    return " ".join(answer.stdout.split())[:100]


def _first_line(error: PlaywrightError) -> str:
    """What the driver says, without the name of its own function before it."""
    return error.message.splitlines()[0].removeprefix("BrowserType.launch: ")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def quietly_close(closable: Browser | BrowserContext | Page) -> None:
    """Close it, unless that fails or takes too long."""
    # A browser that has died cannot be closed, and that must not hide why it died. One that is stuck ends with the
    # driver.
    try:
        with time_limit(_CLOSE_TIMEOUT_S):
            closable.close()
    except PlaywrightError:
        return
