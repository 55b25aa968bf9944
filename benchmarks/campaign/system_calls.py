"""Every call by which a command touches a folder, seen before the system does it, and answered as a broken disk would.

Linux asks this process about each call of the command and of all that it starts (seccomp_unotify(2), from 5.19 on):
Python's calls as well as SQLite's and Chromium's, with nothing to compile and nothing preloaded.
Invariant: a call that is not about the folder is let through as it is.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from benchmarks.campaign.call_numbers import (
    ARCHITECTURES,
    GETTING_A_HANDLE,
    SECCOMP,
    arguments_of,
    numbers_of,
)
from benchmarks.campaign.commands import Command, Ended

READS = frozenset({"read", "pread64", "readv", "preadv", "preadv2"})
SYNCS = frozenset({"fsync", "fdatasync"})
WRITES = frozenset({"write", "pwrite64"})       # what can be done in part
# What needs room on the disk: a full one still syncs, renames and unlinks.
GROWING = WRITES | {
    "writev", "pwritev", "sendfile", "copy_file_range", "ftruncate", "fallocate", "link", "linkat", "symlink",
    "symlinkat", "mkdir", "mkdirat", "open", "openat"}
IN_PART = -1            # the answer to a write of which half is done
Answer = int | None     # an errno, IN_PART, or None: let it through

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVILEGES, _SET_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 38, 1, 1 << 3, 1 << 5
_RECEIVE, _SEND = 0xC0502100, 0xC0182101        # ioctls of linux/seccomp.h
_ASKED, _ANSWERED = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
_CONTINUE = 1
_LOAD, _EQUAL, _HAS_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06       # of classic BPF
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000
_LAST_S = 10            # how long what a command started may live on after it


@dataclass(frozen=True)
class Call:
    """A call about something in the folder; `path` is below it."""

    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.name} {self.path}"


def watched(
    begin: Callable[[Callable[[], None]], Command], folder: Path, answer: Callable[[Command, Call], Answer],
    *, reads: bool = False,
) -> Ended:
    """Run a command to its end, and answer its calls about the folder; `begin` starts it with what it does first."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = begin(lambda: _ask_before(theirs, reads=reads))
        _, (listener, *_), _, _ = socket.recv_fds(ours, 1, 1)
    try:
        _serve(listener, command, folder, answer)
    finally:
        os.close(listener)
    return command.wait()


def _serve(listener: int, command: Command, folder: Path, answer: Callable[[Command, Call], Answer]) -> None:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    deadline = float("inf")
    while monotonic() < deadline:
        events = poll.poll(100)
        if events and not events[0][1] & select.POLLIN:
            return      # nobody is left
        if events:
            _serve_one(listener, command, folder, answer)
        if deadline == float("inf") and command.poll() is not None:
            deadline = monotonic() + _LAST_S


def _serve_one(listener: int, command: Command, folder: Path, answer: Callable[[Command, Call], Answer]) -> None:
    buffer = bytearray(_ASKED.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):     # it was killed before it was asked about
            return
        raise
    number, pid, _, call_number, _, _, *arguments = _ASKED.unpack(buffer)
    value, failure, flags = 0, 0, _CONTINUE
    try:
        call = _call(pid, _NAMES[call_number], arguments, folder)
        said = None if call is None else answer(command, call)
        if said == IN_PART:
            value, flags = _write_half(pid, call_number, arguments), 0
        elif said is not None:
            failure, flags = -said, 0
    except (FileNotFoundError, ProcessLookupError):     # it is gone
        pass
    try:
        fcntl.ioctl(listener, _SEND, bytearray(_ANSWERED.pack(number, value, failure, flags)))
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise


def _call(pid: int, name: str, arguments: list[int], folder: Path) -> Call | None:
    """The call, if it is about the folder."""
    argument = arguments_of(name)
    if argument.path is None:
        path = os.readlink(f"/proc/{pid}/fd/{_signed(arguments[argument.handle or 0])}")  # noqa: PTH115 - "socket:[7]"
    else:
        base = f"/proc/{pid}/cwd"
        if argument.handle is not None and (handle := _signed(arguments[argument.handle])) >= 0:
            base = f"/proc/{pid}/fd/{handle}"
        path = os.path.normpath(os.path.join(os.readlink(base), _text(pid, arguments[argument.path])))  # noqa: PTH115, PTH118
    below = path.removesuffix(" (deleted)").removeprefix(f"{folder}/")
    return Call(name, below) if below != path.removesuffix(" (deleted)") else None


def _signed(value: int) -> int:
    return ctypes.c_int32(value & 0xFFFFFFFF).value


def _text(pid: int, address: int) -> str:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        memory.seek(address)
        return os.fsdecode(memory.read(4096).partition(b"\0")[0])


def _write_half(pid: int, call_number: int, arguments: list[int]) -> int:
    """Does half of a write in the command's stead; the number of bytes."""
    half = max(1, arguments[2] // 2)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        memory.seek(arguments[1])
        data = memory.read(half)
    status = Path(f"/proc/{pid}/status").read_text()
    leader = int(next(line for line in status.splitlines() if line.startswith("Tgid")).split()[1])
    process = os.pidfd_open(leader)
    handle = _LIBC.syscall(GETTING_A_HANDLE, process, _signed(arguments[0]), 0)
    os.close(process)
    if handle < 0:
        raise OSError(ctypes.get_errno(), "the command's file cannot be had")
    try:
        if _NAMES[call_number] == "write":
            return os.write(handle, data)
        return os.pwrite(handle, data, arguments[3])
    finally:
        os.close(handle)


_ARCHITECTURE = platform.machine()
_NUMBERS = numbers_of(_ARCHITECTURE)
_NAMES = {number: name for name, number in _NUMBERS.items()}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _ask_before(to: socket.socket, *, reads: bool) -> None:
    """In the command's own process: from here on each call is asked about, and whoever listens at `to` answers."""
    instructions = b"".join(_filter(reads=reads))
    program = _Program(len(instructions) // 8, instructions)
    if _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no filter of calls can be had")
    flags = _NEW_LISTENER | _WAIT_KILLABLE      # a signal is no reason to make a call anew, which would count twice
    listener = _LIBC.syscall(SECCOMP[_ARCHITECTURE], _SET_FILTER, flags, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "no filter of calls can be had; it takes Linux 5.19")
    socket.send_fds(to, [b"!"], [listener])
    os.close(listener)


def _filter(*, reads: bool) -> Iterator[bytes]:
    def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    yield instruction(_LOAD, 4)
    yield instruction(_EQUAL, ARCHITECTURES[_ARCHITECTURE], 1, 0)
    yield instruction(_RETURN, _ALLOW)
    yield instruction(_LOAD, 0)
    for name, number in _NUMBERS.items():
        if name in READS and not reads:
            continue
        flags = arguments_of(name).flags
        if flags is None:
            yield instruction(_EQUAL, number, 0, 1)
            yield instruction(_RETURN, _ASK)
        else:       # opening what is there changes nothing
            yield instruction(_EQUAL, number, 0, 4)
            yield instruction(_LOAD, 16 + 8 * flags)
            yield instruction(_HAS_BIT, os.O_CREAT, 0, 1)
            yield instruction(_RETURN, _ASK)
            yield instruction(_RETURN, _ALLOW)
    yield instruction(_RETURN, _ALLOW)
