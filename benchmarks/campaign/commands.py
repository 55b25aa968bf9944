"""A command line of the program in a process of its own, begun in no time: a fork of this one, which has it all loaded.

`is_forked=False` begins one as a user does. Either is the leader of its own group, and can be watched (system_calls).
"""

import atexit
import gc
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages

import typer.main

from db.migrate import empty_catalog

PROGRAM = Path(__file__).parents[2] / "cli.py"
_POLL_S = 0.005
QUICK, ALL = ("console", "db", "exporting"), ("console", "db", "exporting", "gallery", "scraper", "stylizer")
# What needs what is not installed everywhere, and what becomes Alembic's own when it is loaded.
_NOT_LOADED = ("db.migrations", "stylizer.engines.ray", "exporting.parquet", "gallery.server")


@dataclass(frozen=True)
class Ended:
    """How a command ended (the number of a signal below 0), and what it said."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"`{' '.join(self.arguments)}` ended with {self.code}: {self.err.strip()[-1500:]}"


@cache
def load(packages: tuple[str, ...]) -> None:
    """Load all that commands of these packages would load, once; nothing of it starts a thread or a process."""
    for package in packages:
        for module in walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.startswith(_NOT_LOADED) and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    typer.main.get_command = cache(typer.main.get_command)      # half of the time that a small command takes
    with redirect_stdout(StringIO()):
        _main_of("recipes")
    empty_catalog().close()     # and what reads migrations
    gc.collect()
    gc.freeze()     # or each child would look through all of it for garbage, and so copy it: a second


class Command:
    """A command that runs in `folder`, with the library at `folder`/library; what it says goes to files beside it."""

    def __init__(
        self, folder: Path, arguments: tuple[str, ...], *, is_forked: bool = True,
        first: Callable[[], None] | None = None, environment: Mapping[str, str] | None = None,
    ) -> None:
        self.arguments = arguments
        self._said = Path(f"{folder}.said-{time.monotonic_ns()}")
        self._ended: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                self._become(folder, is_forked, first, environment or {})
            except SystemExit as ending:
                code = ending.code if isinstance(ending.code, int) else 1
            finally:
                os._exit(code)

    def _become(
        self, folder: Path, is_forked: bool, first: Callable[[], None] | None, environment: Mapping[str, str]
    ) -> None:
        atexit._clear()     # what is registered is of the process that was forked
        os.setsid()
        os.chdir(folder)
        os.environ.update(environment)
        for handle, end in ((1, "out"), (2, "err")):
            file = os.open(f"{self._said}.{end}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
            os.dup2(file, handle)
            os.close(file)
        if first is not None:
            first()
        if not is_forked:
            os.execv(sys.executable, [sys.executable, str(PROGRAM), *self.arguments])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        sys.argv = [str(PROGRAM), *self.arguments]
        try:
            import cli

            cli.main()
        finally:    # the end of an interpreter, but for its own taking down
            threading._shutdown()   # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()

    def poll(self) -> int | None:
        """How it ended, if it has."""
        if self._ended is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._ended = os.waitstatus_to_exitcode(status)
        return self._ended

    def signal(self, number: int, *, group: bool) -> None:
        """Send a signal to it alone, or to all that it started in its group; nothing, where it has ended."""
        if self.poll() is not None:
            return
        try:
            (os.killpg if group else os.kill)(self.pid, number)
        except ProcessLookupError:      # it is so young that it leads no group yet
            os.kill(self.pid, number)

    def wait(self, limit_s: float = 900) -> Ended:
        """Wait for its end; after so many seconds it is killed, which counts as its end."""
        deadline = time.monotonic() + limit_s
        while self.poll() is None:
            if time.monotonic() > deadline:
                self.signal(signal.SIGKILL, group=True)
                deadline = float("inf")
            time.sleep(_POLL_S)
        return self.ended()

    def ended(self) -> Ended:
        """How it ended and what it said; the files of that go."""
        assert self._ended is not None
        said = []
        for end in ("out", "err"):
            path = Path(f"{self._said}.{end}")
            said.append(path.read_text(errors="replace") if path.exists() else "")
            path.unlink(missing_ok=True)
        return Ended(self.arguments, self._ended, *said)


def _main_of(*arguments: str) -> int:
    import cli

    return cli.run([*arguments])


def run(folder: Path, *arguments: str) -> Ended:
    """Run a command to its end."""
    return Command(folder, arguments).wait()
