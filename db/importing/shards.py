"""Tar files as WebDataset and img2dataset write them: the members that have one name are one picture with its texts.

Invariants: nothing is unpacked to a disk, and no name of a member is ever a path. A member is read only where it is a
file of a size that an image or a text may have; links, devices and sparse files are passed over. What breaks off is
told.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

from db import values
from db.imaging.pictures import EXTENSIONS, MAX_BYTES
from db.importing import set_rows
from db.importing.set_rows import NOTHING, Described
from db.importing.sidecars import decode

SUFFIX = ".tar"
MOST_MEMBERS = 2_000_000
_MOST_TEXT_BYTES = 1 << 20
_MOST_READ_BYTES = MAX_BYTES + (1 << 20)    # at once; a header of a tar file may claim any size


@dataclass(frozen=True)
class Sample:
    """A picture, by the name that it has in its file, or why there is none."""

    name: str
    data: bytes = b""
    described: Described = NOTHING
    reason: str | None = None


class _Bounded:
    """A file of which no more is read at once than a member may hold."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_READ_BYTES:
            raise tarfile.ReadError("a header claims more than a member may hold")
        return self._file.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()


def samples(path: Path) -> Iterator[Sample]:
    """The pictures of a file in its order; what is told of one stands in members of the same name beside it."""
    key, parts = "", dict[str, bytes]()
    try:
        with path.open("rb") as file, tarfile.open(fileobj=cast(IO[bytes], _Bounded(file)), mode="r:") as tar:
            for name, data in _members(tar):
                stem, _, extension = name.partition(".")
                if stem != key:
                    yield from _sample(key, parts)
                    key, parts = stem, {}
                if data is None:
                    yield Sample(name, reason=f"larger than {MAX_BYTES >> 20} MiB")
                else:
                    parts.setdefault(f".{extension.lower()}", data)
        yield from _sample(key, parts)
    except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:     # the last: names of names
        yield from _sample(key, parts)
        yield Sample(path.name, reason=f"damaged, or no tar file: {error}")
    except OSError as error:
        yield Sample(path.name, reason=error.strerror or "cannot be read")


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes | None]]:
    """Names without folders, and bytes, None for what is too large."""
    for _ in range(MOST_MEMBERS):
        member = tar.next()
        if member is None:
            return
        vars(tar)["members"] = []   # it would remember them all
        name = (values.text(member.name) or "").replace("\\", "/").rpartition("/")[2]
        extension = f".{name.partition('.')[2].lower()}"
        is_text = extension in (".json", ".txt")
        if not member.isreg() or member.issparse() or not (is_text or _is_picture(extension)):
            continue
        if member.size > (_MOST_TEXT_BYTES if is_text else MAX_BYTES):
            if not is_text:
                yield name, None
            continue
        file = tar.extractfile(member)
        if file is not None:
            data = file.read()
            if len(data) < member.size:
                raise tarfile.ReadError("it ends in the middle of a member")
            yield name, data
    raise tarfile.ReadError(f"more than {MOST_MEMBERS:,} members")


def _sample(key: str, parts: dict[str, bytes]) -> Iterator[Sample]:
    """The pictures among the members of one name. A sample without any is one that could not be fetched."""
    row = decode(parts.get(".json", b""), _MOST_TEXT_BYTES)
    described = set_rows.read(row)
    if described.caption is None and ".txt" in parts:
        text = values.text(parts[".txt"].decode("utf-8", "replace").strip())
        described = replace(described, caption=text)
    for extension, data in parts.items():
        if not _is_picture(extension):
            continue
        prefix = extension.rpartition(".")[0].removeprefix(".")
        yield Sample(f"{key}{extension}", data, set_rows.of_pair(row, f"{prefix}_") if prefix else described)


def _is_picture(extension: str) -> bool:
    """Such as .jpg, and of a pair .content.jpg."""
    prefix, _, last = extension.rpartition(".")
    return f".{last}" in EXTENSIONS and prefix in ("", ".content", ".style")
