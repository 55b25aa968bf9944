"""Files of an export while they are written: hashed on the way, and sent to the disk as they come.

What has arrived on the disk leaves the memory. So an export that is larger than the memory does not push out of it all
that others have in it, and one file is written where the one before was: on a machine that gets its memory from another
one, where what was never used has to be fetched first, ten thousand files took half as long.
"""

import hashlib
import io
import os
from collections import deque
from contextlib import ExitStack, suppress
from functools import cached_property
from typing import Any

from db.disk import begin_writing, write_all
from db.hashing import PIECE_BYTES

_SENT_BYTES = 8 << 20
_READ_BYTES = 1 << 20       # by a quarter of it hashing what another wrote takes a twentieth longer
_ON_THE_WAY = 64    # files of which the disk may be asked to have no more than begun


class Hashed(io.RawIOBase):
    """A new file that is written from its beginning to its end, with the hash of its bytes, unless that is known.

    What comes goes to the system as it comes: whoever writes many small pieces puts a buffer before it, which may close
    it. `handle` stays open all the same, for `OnTheWay` to close. Raises OSError.
    """

    def __init__(self, path: str, sha256: str | None = None) -> None:
        self.path = path
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        self._hash = hashlib.sha256() if sha256 is None else None
        self._known = sha256
        self._size = self._sent = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Takes all of it."""
        view = memoryview(data)
        for start in range(0, len(view), PIECE_BYTES):
            piece = view[start : start + PIECE_BYTES]
            if self._hash is not None:
                self._hash.update(piece)
            write_all(self.handle, piece)
        self._grow(len(view))
        return len(view)

    def take_up(self) -> None:
        """Take for written what another has put behind it at `path`, and hash it."""
        with open(self.path, "rb", buffering=0) as file:    # noqa: PTH123 - a text
            while size := os.preadv(file.fileno(), [self._room], self._size):
                if self._hash is not None:
                    self._hash.update(self._room[:size])
                self._grow(size)

    def send(self) -> None:
        """To the disk, which has most of an export by the time that it has to have all of it."""
        begin_writing(self.handle)
        self._sent = self._size

    @cached_property
    def _room(self) -> memoryview:
        return memoryview(bytearray(_READ_BYTES))

    def _grow(self, size_bytes: int) -> None:
        self._size += size_bytes
        if self._size - self._sent >= _SENT_BYTES:
            self.send()

    def tell(self) -> int:
        return self._size

    def sha256(self) -> str:
        """Of what was written."""
        return self._known if self._hash is None else self._hash.hexdigest()    # type: ignore[return-value]


class OnTheWay:
    """Open files that were sent to the disk, until they are there; for several threads."""

    def __init__(self, most: int = _ON_THE_WAY) -> None:
        self._most = most
        self._handles: deque[int] = deque()

    def add(self, handle: int) -> None:
        """A file all of which was sent, to be closed here; those of long ago leave the memory."""
        self._handles.append(handle)
        self._let_go(self._most)

    def close(self) -> None:
        """No more come. Where a disk fails at one of them, the others are closed all the same."""
        handles = list(self._handles)
        self._handles.clear()
        with ExitStack() as closing:
            for handle in handles:
                closing.callback(os.close, handle)
            for handle in handles:
                begin_writing(handle)

    def _let_go(self, most: int) -> None:
        with suppress(IndexError):      # another thread was faster
            while len(self._handles) > most:
                handle = self._handles.popleft()
                try:
                    begin_writing(handle)
                finally:
                    os.close(handle)
