"""See to it that there is a browser: `python -m scraper.provision`, called by `make setup`.

Uses what is there before it fetches anything; ends 0 with a browser in place, or 78 with one line saying what to do.
"""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import stylegram_start  # noqa: F401 - as in cli.py: a command is begun here, too

# isort: split
from scraper.browser import REMEDY, find_browser, on_path, set_by_user
from scraper.errors import BrowserMissing, BrowserUnusable

_INSTALL_TIMEOUT_S = 1_200
_APT = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"])


def provide() -> str:
    """Where the browser is, after fetching one if there was none. Raises BrowserMissing."""
    found = set_by_user() or on_path()
    if found is not None:
        return str(found[0])
    for fetch in (None, _install_with_playwright, _install_with_apt):
        if fetch is not None:
            fetch()
        # A browser that lacks the system's libraries is found but does not run.
        with suppress(BrowserMissing, BrowserUnusable):
            return str(find_browser().path)
    raise BrowserMissing(REMEDY)


def main() -> int:
    """Run `provide` for the command line; returns the exit code."""
    try:
        path = provide()
    except BrowserMissing as error:
        print(f"stylegram: {error}", file=sys.stderr)  # noqa: T201 - this module is a command of its own
        return error.exit_code
    print(f"browser: {path}")  # noqa: T201 - this module is a command of its own
    return 0


def _install_with_playwright() -> None:
    _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _install_with_apt() -> None:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and Path("/etc/debian_version").exists() and shutil.which("apt-get"):
        for command in _APT:
            _run(command)


def _run(command: list[str]) -> None:
    # Its failure shows in the search that follows; its own words go to stderr for the person who waits.
    try:
        subprocess.run(command, stdout=sys.stderr, timeout=_INSTALL_TIMEOUT_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"stylegram: {command[0]}: {error}", file=sys.stderr)  # noqa: T201 - as above


if __name__ == "__main__":
    sys.exit(main())
