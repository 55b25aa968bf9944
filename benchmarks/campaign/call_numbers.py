"""The calls that read and change files: their numbers, and which arguments say of which file (asm/unistd.h)."""

from dataclasses import dataclass

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}       # linux/audit.h
SECCOMP = {"x86_64": 317, "aarch64": 277}
GETTING_A_HANDLE = 438      # pidfd_getfd, the same everywhere


@dataclass(frozen=True)
class Argument:
    """Where a call has its file: a handle, a path, or a path seen from a handle; and where its flags, if any."""

    handle: int | None = 0
    path: int | None = None
    flags: int | None = None


_HANDLE = Argument()
# By name: the numbers on x86_64 and aarch64 (None: it has none), and the arguments. Of two paths the new one counts.
_CALLS: dict[str, tuple[int | None, int | None, Argument]] = {
    "read": (0, 63, _HANDLE),
    "pread64": (17, 67, _HANDLE),
    "readv": (19, 65, _HANDLE),
    "preadv": (295, 69, _HANDLE),
    "preadv2": (327, 286, _HANDLE),
    "write": (1, 64, _HANDLE),
    "pwrite64": (18, 68, _HANDLE),
    "writev": (20, 66, _HANDLE),
    "pwritev": (296, 70, _HANDLE),
    "sendfile": (40, 71, _HANDLE),
    "copy_file_range": (326, 285, Argument(handle=2)),
    "truncate": (76, 45, Argument(None, 0)),
    "ftruncate": (77, 46, _HANDLE),
    "fallocate": (285, 47, _HANDLE),
    "fsync": (74, 82, _HANDLE),
    "fdatasync": (75, 83, _HANDLE),
    "rename": (82, None, Argument(None, 1)),
    "renameat": (264, 38, Argument(2, 3)),
    "renameat2": (316, 276, Argument(2, 3)),
    "link": (86, None, Argument(None, 1)),
    "linkat": (265, 37, Argument(2, 3)),
    "symlink": (88, None, Argument(None, 1)),
    "symlinkat": (266, 36, Argument(1, 2)),
    "unlink": (87, None, Argument(None, 0)),
    "unlinkat": (263, 35, Argument(0, 1)),
    "rmdir": (84, None, Argument(None, 0)),
    "mkdir": (83, None, Argument(None, 0)),
    "mkdirat": (258, 34, Argument(0, 1)),
    "open": (2, None, Argument(None, 0, flags=1)),
    "openat": (257, 56, Argument(0, 1, flags=2)),
}


def numbers_of(architecture: str) -> dict[str, int]:
    """The number of each call that this architecture has; KeyError for one that is not known here."""
    column = list(ARCHITECTURES).index(architecture) if architecture in ARCHITECTURES else None
    if column is None:
        raise KeyError(f"the numbers of calls on {architecture} are not known here")
    return {name: number for name, calls in _CALLS.items() if (number := calls[column]) is not None}    # type: ignore[misc]


def arguments_of(name: str) -> Argument:
    """Where a call has its file."""
    return _CALLS[name][2]
