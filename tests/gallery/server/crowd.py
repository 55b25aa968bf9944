"""A library with as many images as are wished, in a moment: rows without files behind them."""

import hashlib
import sqlite3
from collections.abc import Sequence

from db.library import CATALOG, Library

NOW = "2026-11-26 10:00:00.000000"
SIZES = ((1080, 1350), (1080, 1080), (1440, 1080))


def crowd(library: Library, count: int) -> None:
    """Images 1 to `count`, as if they were added from disk; every third is square, every tenth a style."""
    numbers = range(1, count + 1)
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in numbers]
    sizes = [SIZES[number % 3 - 2] for number in numbers]
    with sqlite3.connect(library.root / CATALOG) as catalog:
        _insert(catalog, "files", "id, sha256, path, size_bytes, media_type, width, height, added_at", [
            (number, name, f"files/{name[:2]}/{name}.jpg", 1000, "image/jpeg", *size, NOW)
            for number, name, size in zip(numbers, names, sizes, strict=True)])
        _insert(catalog, "images", "id, file_id", [(number, number) for number in numbers])
        _insert(catalog, "additions", "file_id, origin, role, added_at, caption", [
            (number, f"/pictures/{number}.jpg", "content" if number % 10 else "style", NOW, f"a sea, {number}")
            for number in numbers])
    catalog.close()


def _insert(catalog: sqlite3.Connection, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    places = ", ".join("?" * len(rows[0]))
    catalog.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
