"""The process that decodes, seen from its starter: untrusted bytes meet a decoder there and nowhere else.

Invariant: an answer comes within the limits, or the process is ended and the image refused. There is one process for
each that asks, started with the first image (50 ms) and ended with its starter; a fork gets one of its own. It hears no
Ctrl-C, which a terminal sends to all, and is ended where its starter is interrupted in the middle of an image.
"""

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from PIL import Image

from db.errors import DecoderFailed, PictureChanged, PictureRefused
from db.imaging import wire
from db.imaging.limits import Limits
from db.imaging.refusals import one_line
from db.records import Looks
from db.signals import interrupts_kept_from_children

START_S = 60            # far more than it takes, on a machine that is busy
_DYING_S, _LEAVING_S = 5.0, 0.2     # how long a process that is about to end is waited for; then it is killed
_MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_ROOT = Path(__file__).parents[2]
# Our own modules before all others, whatever folder the program was started in.
_PROGRAM = "import sys; sys.path[:] = {path!r}; from db.imaging.child import serve; serve(0)"
# Threads that a picture does not need have room of their own that counts as memory.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class Answer:
    """What was found in a file: its format, stored size and orientation; its picture where that was asked for, else
    what it looks like.
    """

    format: str
    width: int
    height: int
    orientation: int
    picture: Image.Image | None
    looks: Looks | None = None


class Decoder:
    """One decoding process, started when it is needed; threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def ask(self, path: Path, limits: Limits, *, pixels: bool, sha256: str | None = None) -> Answer:
        """Have a file decoded, if its bytes are those of the hash where one is given.

        Raises PictureRefused, PictureChanged, or DecoderFailed where no process can be had.
        """
        whole = os.path.abspath(path)       # noqa: PTH100
        request = {"path": whole, "pixels": pixels, "limits": limits.to_json(), "sha256": sha256}
        with self._lock:
            connection = self._ready()
            deadline = monotonic() + limits.wall_s
            try:
                wire.send(connection, request)
                return _received(connection, limits, deadline)
            except PictureRefused:
                raise
            except wire.TooLate as error:
                self._end(0)
                raise PictureRefused(f"decoding it takes more than {limits.wall_s:g} s") from error
            except (wire.Gone, OSError) as error:
                raise PictureRefused(_how_it_ended(self._end(_DYING_S), limits)) from error
            except BaseException:       # an interrupt: what is still to come would be taken for the next answer
                self._end()
                raise

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def abandon(self) -> None:
        """Leave the process to the one who started it: what is ours after a fork is a copy."""
        if self._connection is not None:
            self._connection.close()

    def _ready(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._connection is None:
            self._start()
        assert self._connection is not None
        return self._connection

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        program = _PROGRAM.format(path=[str(_ROOT), *sys.path])
        try:
            with interrupts_kept_from_children():
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", program], stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, env={**os.environ, **_ENVIRONMENT},
                )
                self._connection = ours
        except OSError as error:
            ours.close()
            raise DecoderFailed(f"no process to decode images in: {error.strerror}") from error
        finally:
            theirs.close()
        try:
            wire.receive(ours, monotonic() + START_S)
        except (wire.Gone, wire.TooLate) as error:
            self._end()
            raise DecoderFailed("the process to decode images in does not start") from error
        except BaseException:
            self._end()
            raise

    def _end(self, patience_s: float = _LEAVING_S) -> int | None:
        """Ends the process; how it ended, if it did so by itself."""
        process, connection, self._process, self._connection = self._process, self._connection, None, None
        if connection is not None:
            connection.close()
        if process is None:
            return None
        try:
            return process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None


def _received(connection: socket.socket, limits: Limits, deadline: float) -> Answer:
    message = wire.receive(connection, deadline)
    if "refused" in message:
        raise (PictureChanged if message.get("changed") else PictureRefused)(one_line(message["refused"]))
    try:
        format_, turn = str(message["format"]), int(message["orientation"])
        width, height, mode = int(message["width"]), int(message["height"]), message.get("mode")
        looks = _looks(message.get("looks"))
    except (KeyError, TypeError, ValueError) as error:
        raise wire.Gone from error
    limits.check_size(width, height)
    if mode is None:
        return Answer(format_, width, height, turn, None, looks)
    if mode not in _MODES:
        raise wire.Gone
    picture = None
    for top, rows in wire.bands(width * _MODES[mode], height):
        data = wire.receive_bytes(connection, width * rows * _MODES[mode], deadline)
        band = Image.frombuffer(mode, (width, rows), data, "raw", mode, 0, 1)
        if rows == height:
            picture = band
        else:
            picture = picture or Image.new(mode, (width, height))
            picture.paste(band, (0, top))
    return Answer(format_, width, height, turn, picture)


def _looks(told: Any) -> Looks | None:
    """Raises TypeError or ValueError for what is none."""
    if told is None:
        return None
    value, sharpness, brightness, is_grey = told
    return Looks(int(value) & ((1 << 64) - 1), float(sharpness), float(brightness), bool(is_grey))


def _how_it_ended(code: int | None, limits: Limits) -> str:
    if code == -signal.SIGXCPU:
        return f"decoding it takes more than {limits.cpu_s} s of processor time"
    if code == -signal.SIGKILL:
        return "its decoder was killed (out of memory?)"
    name = signal.Signals(-code).name if code is not None and -code in set(signal.Signals) else "itself"
    return f"its decoder was ended by {name}"


decoder = Decoder()


def _after_fork() -> None:
    global decoder
    decoder.abandon()
    _left_to_others.append(decoder)     # not collected: it would complain that its process still runs
    decoder = Decoder()


_left_to_others: list[Decoder] = []
os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: decoder.close())


def ask(path: Path, limits: Limits, *, pixels: bool, sha256: str | None = None) -> Answer:
    """Have a file decoded by this process's own decoder, as it is told there."""
    return decoder.ask(path, limits, pixels=pixels, sha256=sha256)
