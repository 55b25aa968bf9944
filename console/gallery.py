"""The command `gallery`: a page on the library, served on this machine until Ctrl-C."""

import signal
import webbrowser
from pathlib import Path

from console.terminal import Terminal
from db.library import read_library
from gallery.errors import ServerMissing


def run_gallery(
    terminal: Terminal, root: Path, *, host: str, port: int | None, read_only: bool, opens: bool
) -> int:
    """Serve until interrupted."""
    try:
        from gallery.server.serve import is_loopback, running
    except ModuleNotFoundError as error:
        raise ServerMissing(
            f"the gallery needs the package {error.name}: pip install 'stylegram[gallery]'") from error

    with read_library(root) as library, running(library, host=host, port=port, read_only=read_only) as where:
        if not is_loopback(host):
            terminal.warn(
                f"whoever reaches {host}:{where.port} and has the address below sees this library"
                + ("" if read_only else " and can change it") + "; nothing between is encrypted")
        terminal.record("gallery", address=where.first_address, port=where.port, read_only=read_only)
        terminal.answer(where.first_address)
        terminal.say("the gallery is open; Ctrl-C closes it, and what it started goes on")
        if opens:
            webbrowser.open(where.first_address)
        while True:
            signal.pause()
