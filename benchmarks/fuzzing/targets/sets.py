"""Sets that others wrote, or an export of ours that somebody has touched, as `add` and `export` read them."""

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from benchmarks.fuzzing.room import Room
from benchmarks.fuzzing.targets.pictures import encoded
from benchmarks.fuzzing.targets.target import Shape, Target
from db.errors import OutputRefused
from db.importing.add import add_images
from exporting import manifest

_PICTURE = encoded("PNG")
_SLIDE = {
    "category": "instagram", "subcategory": "posts", "post_id": "3967056427071045743", "post_shortcode": "DcN0M1TgABv",
    "owner_id": "5550001234", "username": "Harbour.Light", "count": 3, "num": 2, "media_id": "3967056426640965730",
    "post_date": "2026-08-20 09:00:00", "description": "Nets", "video_url": None,
}
_NODE = {
    "node": {
        "id": "3967056427071045743", "shortcode": "DcN0M1TgABv", "taken_at_timestamp": 1787216400,
        "owner": {"id": "5550001234", "username": "harbour.light"},
        "edge_media_to_caption": {"edges": [{"node": {"text": "Nets"}}]},
        "edge_sidecar_to_children": {"edges": [
            {"node": {"id": "31", "is_video": False, "accessibility_caption": "A net"}},
            {"node": {"id": "32", "is_video": True}}]},
        "iphone_struct": {"user": {"pk": 5550001234, "username": "harbour.light"},
                          "carousel_media": [{"pk": 31, "media_type": 1}]},
    },
    "instaloader": {"version": "4.14", "node_type": "Post"},
}
_ARCHIVE = [{"title": "Nets", "creation_timestamp": 1787216400, "media": [
    {"uri": "media/posts/a.png", "creation_timestamp": 1787216400, "title": "Nets"}]}]
_ROW = {
    "file_name": "a.png", "sha256": "ab" * 32, "perceptual_hash": "00ff00ff00ff00ff", "post_pk": "3967056427071045743",
    "post_code": "DcN0M1TgABv", "profile_pk": "5550001234", "profile": "harbour.light", "profile_role": "content",
    "slide": 1, "slides": 2, "slide_pk": "31", "taken_at": "2026-08-20T09:00:00+00:00", "caption": "Nets",
    "alt_text": "A net", "role": "both", "tags": "sea night", "is_starred": True, "is_full_size": True,
    "permalink": "https://www.instagram.com/p/DcN0M1TgABv/", "fetched_at": "2026-08-21T09:00:00+00:00",
}
_OTHERS_ROW = {"file_name": "a.png", "text": "a boat", "url": "https://pictures.example/a.png", "key": "0",
               "status": "success"}
_PAIR_ROW = {"file_name": "a.png", "content_file_name": "a.png", "style_file_name": "b.png",
             "content_sha256": "ab" * 32, "recipe_hash": "cd" * 32, "style_caption": "Nets"}


def _add(room: Room, fill: Callable[[Path], None]) -> None:
    folder = room.folder()
    fill(folder)
    for addition in add_images(room.library(), [folder], None):
        assert addition.status in ("added", "known", "forgotten", "failed", "ignored")


def _beside(room: Room, data: bytes) -> None:
    """As the sidecar of each tool, and as the list of an archive."""
    def fill(folder: Path) -> None:
        for name in ("a.png.json", "b.json", "c.mp4.json", "d_2.json"):
            (folder / name).write_bytes(data)
        for name in ("a.png", "b.png", "d_2.png"):
            (folder / name).write_bytes(_PICTURE)

    def fill_archive(folder: Path) -> None:
        (folder / "content").mkdir()
        (folder / "content/posts_1.json").write_bytes(data)
        (folder / "media/posts").mkdir(parents=True)
        (folder / "media/posts/a.png").write_bytes(_PICTURE)

    _add(room, fill)
    _add(room, fill_archive)


def _folder(room: Room, data: bytes) -> None:
    def fill(folder: Path) -> None:
        (folder / "metadata.jsonl").write_bytes(data)
        for name in ("a.png", "b.png"):
            (folder / name).write_bytes(_PICTURE)

    _add(room, fill)


def _tar(room: Room, data: bytes) -> None:
    _add(room, lambda folder: (folder / "set.tar").write_bytes(data) and None)


def _parquet(room: Room, data: bytes) -> None:
    _add(room, lambda folder: (folder / "set.parquet").write_bytes(data) and None)


def _manifest(room: Room, data: bytes) -> None:
    folder = room.folder()
    (folder / manifest.NAME).write_bytes(data)
    with suppress(OutputRefused):
        manifest.check(folder)


def _sidecars() -> Iterable[bytes]:
    return [json.dumps(each).encode() for each in (_SLIDE, _NODE, _ARCHIVE, _OTHERS_ROW)]


def _tables() -> Iterable[bytes]:
    rows = [json.dumps(each).encode() for each in (_ROW, _OTHERS_ROW, _PAIR_ROW)]
    return [*rows, b"\n".join(rows)]


def _tars() -> Iterable[bytes]:
    for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
            for name, data in (("a.png", _PICTURE), ("a.json", json.dumps(_ROW).encode()), ("a.txt", b"Nets"),
                               ("é" * (20 if kind == tarfile.USTAR_FORMAT else 120) + ".content.png", _PICTURE)):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        yield buffer.getvalue()


def _parquets() -> Iterable[bytes]:
    import pyarrow
    from pyarrow import parquet

    for row in ({"image": {"bytes": _PICTURE, "path": "a.png"}, **_ROW}, {"jpg": _PICTURE, "when": 1787216400}):
        buffer = io.BytesIO()
        parquet.write_table(pyarrow.Table.from_pylist([row]), buffer, compression="none")
        yield buffer.getvalue()


def _manifests() -> Iterable[bytes]:
    head = {"generator": manifest.MARK, "form": "imagefolder", "words": []}
    entry = {"path": "train/a.png", "sha256": "ab" * 32, "size_bytes": 100, "key": "cd" * 32}
    return [f"{json.dumps(head)}\n{json.dumps(entry)}\n".encode()]


SIDECARS = Target("sidecars", _beside, _sidecars, Shape.JSON)
FOLDERS = Target("folders", _folder, _tables, Shape.JSON_LINES)
TARS = Target("tars", _tar, _tars, words=(b"ustar\0", b"ustar  ", b"././@LongLink", b"PaxHeader", b"path=", b"size="))
PARQUET = Target("parquet", _parquet, _parquets, words=(b"PAR1",))
MANIFESTS = Target("manifests", _manifest, _manifests, Shape.JSON_LINES)
