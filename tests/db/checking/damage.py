"""Every kind of damage that a library can take, done to one, with the kinds of findings that it is to be told as."""

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from db.checking.finding import Kind
from db.library import CATALOG
from db.migrate import VERSIONS
from tests.db.checking.conftest import LONG_AGO_S, execute


def files(root: Path) -> list[Path]:
    return sorted(path for path in (root / "files").glob("??/*") if path.is_file())


def old(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - LONG_AGO_S,) * 2)


def flip(path: Path, place: int = -3) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def hollow(root: Path, data: bytes = b"\xff\xd8\xff no image \xff") -> None:
    """The picture of a result, of which the hash is right and that never was an image."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"files/{sha256[:2]}/{sha256}.jpg"
    old(root / path, data)
    with closing(sqlite3.connect(root / CATALOG)) as connection:
        file_id, former = connection.execute(
            "SELECT files.id, path FROM results JOIN files ON files.id = file_id LIMIT 1").fetchone()
    (root / former).unlink()
    execute(root, f"UPDATE files SET sha256 = '{sha256}', path = '{path}', size_bytes = {len(data)}, "
                  f"media_type = 'image/jpeg' WHERE id = {file_id}")


def hollow_of_another_size(root: Path) -> None:
    """The same with the ends of an image, so that the size is what shows."""
    hollow(root, b"\xff\xd8\xff no image \xff\xd9")
    execute(root, "UPDATE files SET size_bytes = 3 WHERE media_type = 'image/jpeg' AND size_bytes = 15")


def grow(root: Path) -> None:
    files(root)[0].write_bytes(files(root)[0].read_bytes() + b"x")


def behead(root: Path) -> None:
    (root / CATALOG).write_bytes(bytes(100) + (root / CATALOG).read_bytes()[100:])


def not_a_file(root: Path) -> None:
    path = files(root)[0]
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, tuple[Callable[[Path], object], set[Kind]]] = {
    "a file is gone": (lambda root: files(root)[0].unlink(), {Kind.MISSING_FILE}),
    "a folder of files is gone": (lambda root: shutil.rmtree(root / "files"), {Kind.MISSING_FILE}),
    "a folder is in a file's place": (not_a_file, {Kind.MISSING_FILE}),
    "a bit has flipped": (lambda root: flip(files(root)[0]), {Kind.CHANGED_BYTES}),
    "a file is short": (lambda root: os.truncate(files(root)[0], 100), {Kind.WRONG_SIZE}),
    "a file is empty": (lambda root: os.truncate(files(root)[0], 0), {Kind.WRONG_SIZE}),
    "a file has grown": (grow, {Kind.WRONG_SIZE}),
    "a file never was an image": (hollow, {Kind.UNDECODABLE}),
    "a file never was an image and has another size": (hollow_of_another_size, {Kind.WRONG_DETAILS}),
    "a file without a row": (lambda root: old(root / "files/ab/x.jpg", b"x"), {Kind.ORPHAN_FILE}),
    "a file in the wrong folder": (lambda root: old(root / "files/x.jpg", b"x"), {Kind.ORPHAN_FILE}),
    "frames cut short": (
        lambda root: os.truncate(next((root / "frames").glob("*/*.png")), 20), {Kind.BAD_FRAMES}),
    "a kept page cut short": (lambda root: os.truncate(next((root / "samples").glob("*")), 20), {Kind.BAD_SAMPLE}),
    "a note that is no JSON": (lambda root: old(root / "last-success.json", b"{"), {Kind.BROKEN_JSON}),
    "the catalog is gone": (lambda root: (root / CATALOG).unlink(), {Kind.CATALOG}),
    "the catalog is empty": (lambda root: os.truncate(root / CATALOG, 0), {Kind.CATALOG}),
    "the catalog is another file": (lambda root: (root / CATALOG).write_bytes(b"x" * 9000), {Kind.CATALOG}),
    "the catalog's beginning is overwritten": (behead, {Kind.CATALOG}),
    "the catalog lost a table": (lambda root: execute(root, "DROP TABLE follows"), {Kind.SCHEMA}),
    "the catalog lost the table of its files": (
        lambda root: execute(root, "DROP TABLE looks", "DROP TABLE files"), {Kind.SCHEMA, Kind.DANGLING_ROW}),
    "an index is gone": (lambda root: execute(root, "DROP INDEX ix_posts_code"), {Kind.SCHEMA}),
    "a trigger is gone": (lambda root: execute(root, "DROP TRIGGER texts_slides_update"), {Kind.SCHEMA}),
    "a column is gone": (lambda root: execute(root, "ALTER TABLE cool_downs DROP COLUMN route"), {Kind.SCHEMA}),
    "the version is gone": (lambda root: execute(root, f"DELETE FROM {VERSIONS}"), {Kind.SCHEMA}),
    "the table of the version is gone": (lambda root: execute(root, f"DROP TABLE {VERSIONS}"), {Kind.SCHEMA}),
    "the version is nonsense": (lambda root: execute(root, f"UPDATE {VERSIONS} SET version_num = '?'"), {Kind.SCHEMA}),
    "an unknown role": (lambda root: execute(root, "UPDATE profiles SET role = 'hero'"), {Kind.UNKNOWN_WORD}),
    "an unknown status": (lambda root: execute(root, "UPDATE slides SET status = ''"), {Kind.UNKNOWN_WORD}),
    "an unknown end": (lambda root: execute(root, "UPDATE results SET status = 'DONE'"), {Kind.UNKNOWN_WORD}),
    "JSON cut short": (lambda root: execute(root, "UPDATE results SET details = '{\"a\": '"), {Kind.BROKEN_JSON}),
    "JSON of another kind": (lambda root: execute(root, "UPDATE runs SET counts = '[]'"), {Kind.BROKEN_JSON}),
    "a date that is none": (lambda root: execute(root, "UPDATE posts SET first_seen_at = 'soon'"), {Kind.BAD_VALUE}),
    "a number that is none": (lambda root: execute(root, "UPDATE slides SET attempts = 'many'"), {Kind.BAD_VALUE}),
    "bytes for a text": (lambda root: execute(root, "UPDATE posts SET code = x'00ff'"), {Kind.BAD_VALUE}),
    "a text that is no UTF-8": (
        lambda root: execute(root, "UPDATE posts SET caption = CAST(x'ff41' AS TEXT)"), {Kind.BAD_VALUE}),
    "a date that is no UTF-8": (
        lambda root: execute(root, "UPDATE posts SET first_seen_at = CAST(x'ff41' AS TEXT)"), {Kind.BAD_VALUE}),
    "a profile's row is gone": (lambda root: execute(root, "DELETE FROM profiles"), {Kind.DANGLING_ROW}),
    "a file's row is gone": (
        lambda root: execute(root, "DELETE FROM files WHERE id = 1"), {Kind.DANGLING_ROW, Kind.ORPHAN_FILE}),
    "a saved slide without a file": (
        lambda root: execute(root, 'UPDATE slides SET file_id = NULL WHERE "index" = 0'),
        {Kind.BAD_ROW}),
    "a done result without a picture": (
        lambda root: execute(root, "UPDATE results SET file_id = NULL WHERE id = 1"), {Kind.BAD_ROW}),
    "a content that is no image": (
        lambda root: execute(root, "DELETE FROM images WHERE id = 1"), {Kind.BAD_ROW, Kind.DANGLING_ROW}),
    "a post that is on no profile": (lambda root: execute(root, "DELETE FROM profile_posts"), {Kind.BAD_ROW}),
    "a path that leads out": (
        lambda root: execute(root, "UPDATE files SET path = '../../x.jpg' WHERE id = 1"),
        {Kind.BAD_ROW, Kind.ORPHAN_FILE}),
    "a size of another file": (
        lambda root: execute(root, "UPDATE files SET size_bytes = 3 WHERE id = 1"), {Kind.WRONG_DETAILS}),
    "a type of another file": (
        lambda root: execute(root, "UPDATE files SET media_type = 'image/gif' WHERE id = 1"), {Kind.WRONG_DETAILS}),
    "words that are not searched for": (lambda root: execute(root, "DELETE FROM image_texts"), {Kind.SEARCH_INDEX}),
    "words of another image": (
        lambda root: execute(root, "UPDATE image_texts SET caption = 'green'"), {Kind.SEARCH_INDEX}),
    "an index of words cut open": (
        lambda root: execute(root, "DELETE FROM image_texts_data WHERE id > 10"), {Kind.SEARCH_INDEX}),
    "a file that was being taken in": (lambda root: old(root / "files/staging/0a", b"x"), {Kind.LEFTOVER}),
    "a download of nothing": (lambda root: old(root / "files/staging/77_0", b"x"), {Kind.LEFTOVER}),
    "a note that was being written": (lambda root: old(root / "last-success.json.partial", b""), {Kind.LEFTOVER}),
    "frames of no result": (lambda root: old(root / "frames/ab-cd-ef/1.txt", b""), {Kind.LEFTOVER}),
}
