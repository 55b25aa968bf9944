"""Rows of the catalog made right again, each as it was written down before.

Invariant: all of it is one transaction; what is taken out, or gets another value, stands in a note of the quarantine
before that transaction ends.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer

from db.checking.finding import Finding, Kind
from db.checking.relations import is_canonical
from db.columns import JsonObject, UtcDateTime, Word
from db.records import Forgettable, ResultStatus, Role, SlideStatus
from db.repairing.proofs import Proofs
from db.repairing.quarantine import Quarantine
from db.schema import Base
from db.values import finite

LOST = "its file was lost"
AGAIN = "its picture was lost; the next `stylize` of this recipe makes it again"
_MOST_ROUNDS = 20
_EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/avif": ".avif",
               "image/heic": ".heic", "image/gif": ".gif", "image/tiff": ".tif", "image/bmp": ".bmp"}


class Rows:
    """Mends rows; `changed` counts them. To be used within `mending`."""

    def __init__(self, root: Path, catalog: sqlite3.Connection, proofs: Proofs) -> None:
        self._root = root
        self._catalog = catalog
        self._proofs = proofs
        self.before: list[dict[str, Any]] = []

    # What a check found

    def mend(self, finding: Finding) -> str | None:
        """Makes right what was found in a row; what was done, in words, None where it is right by now."""
        table, row, column = finding.table, finding.row, finding.column
        if table is None or row is None or column is None or self._row(table, row) is None:
            return None
        match finding.kind:
            case Kind.UNKNOWN_WORD:
                return self._mend_word(table, row, column)
            case Kind.BROKEN_JSON:
                return self._mend_json(table, row, column)
            case Kind.BAD_VALUE:
                return self._mend_value(table, row, column)
            case Kind.BAD_ROW:
                return self._mend_row(table, row, column)
        return None

    def mend_references(self) -> list[str]:
        """Every row that points at one which is not there; taking one out may leave others behind."""
        done: list[str] = []
        for _ in range(_MOST_ROUNDS):
            dangling = self._catalog.execute("PRAGMA foreign_key_check").fetchall()
            if not dangling:
                break
            for table, row, parent, number in dangling:
                columns = [name for (name,) in self._catalog.execute(
                    "SELECT \"from\" FROM pragma_foreign_key_list(?) WHERE id = ?", (table, number))]
                held = self._row(table, row)
                if held is not None and self._is_dangling(table, row):
                    done.append(f"row {row} of {table}: {self._mend_reference(table, row, parent, columns, held)}")
        return done

    # Files

    def lose(self, file_id: int) -> list[str]:
        """The file of this row is lost: whatever had it is to be fetched or made again. What was done, in words."""
        done = []
        for row, code, index in self._catalog.execute(
            "SELECT slides.rowid, code, \"index\" FROM slides LEFT JOIN posts ON posts.pk = post_pk WHERE file_id = ?",
            (file_id,),
        ).fetchall():
            self._fetch_again(row)
            done.append(f"slide {index + 1} of {code} is fetched again by the next visit")
        for (row,) in self._catalog.execute("SELECT id FROM results WHERE file_id = ?", (file_id,)).fetchall():
            self._make_again(row)
            done.append(f"result {row} is made again by the next `stylize` of its recipe")
        for (row,) in self._catalog.execute("SELECT rowid FROM additions WHERE file_id = ?", (file_id,)).fetchall():
            origin = (self._row("additions", row) or {}).get("origin")
            self._take_out("additions", row)
            done.append(f"`stylegram add` brings it back from wherever it is; it came from {origin}")
        for (row,) in self._catalog.execute(
            "SELECT id FROM results WHERE (content_id = ? OR style_id = ?) AND status = ?",
            (file_id, file_id, ResultStatus.FAILED),
        ).fetchall():
            self._set("results", row, attempts=0)       # what it failed of is over when the file is back
        self._catalog.execute(
            "INSERT OR REPLACE INTO lost_files (file_id, lost_at) VALUES (?, ?)", (file_id, _now()))
        return done

    def describe(self, file_id: int, **values: object) -> None:
        """Writes down what a file says of itself."""
        self._set("files", file_id, **values)

    def adopt(self, sha256: str, path: str, size_bytes: int, media_type: str, width: int, height: int,
              file_id: int | None = None) -> int:
        """The row of a whole file, new or as it was; its number."""
        held = self._catalog.execute("SELECT id FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        if held is not None:
            self._set("files", held[0], path=path, size_bytes=size_bytes, media_type=media_type, width=width,
                      height=height)
            self._catalog.execute("DELETE FROM lost_files WHERE file_id = ?", held)
            return int(held[0])
        cursor = self._catalog.execute(
            "INSERT INTO files (id, sha256, path, size_bytes, media_type, width, height, added_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (file_id, sha256, path, size_bytes, media_type, width, height, _now()))
        return int(cursor.lastrowid or 0)

    def attach(self, details: dict[str, Any], file_id: int) -> int | None:
        """Makes a file the picture of the result that its details tell of; its number, None where there is no need.

        Both images that it was made from have to be known.
        """
        made_from = [
            self._catalog.execute("SELECT id FROM files WHERE sha256 = ?", (details[f"{of}_sha256"],)).fetchone()
            for of in ("content", "style")]
        if None in made_from:
            return None
        key = (*(number for (number,) in made_from), details["recipe_hash"])
        held = self._catalog.execute(
            "SELECT id, status = ? AND file_id NOT IN (SELECT file_id FROM lost_files) FROM results "
            "WHERE content_id = ? AND style_id = ? AND recipe_hash = ?", (ResultStatus.DONE, *key)).fetchone()
        if held is not None and held[1]:
            return None
        self._catalog.executemany("INSERT OR IGNORE INTO images (file_id) VALUES (?)", made_from)
        values = _values_of_result(details) | {"file_id": file_id, "status": ResultStatus.DONE, "reason": None}
        if held is not None:
            self._set("results", held[0], **values)
            return int(held[0])
        values |= dict(zip(("content_id", "style_id", "recipe_hash"), key, strict=True))
        values |= {"attempts": 1, "created_at": _now()}
        names, holes = ", ".join(values), ", ".join("?" for _ in values)
        given = tuple(map(_plain, values.values()))
        cursor = self._catalog.execute(f"INSERT INTO results ({names}) VALUES ({holes})", given)
        return int(cursor.lastrowid or 0)

    # One row

    def _mend_reference(
        self, table: str, row: int, parent: str, columns: list[str], held: dict[str, Any]
    ) -> str:
        if parent == "files" and len(columns) == 1:
            file_id = held[columns[0]]
            proven = self._proofs.file_of(self._catalog, file_id)
            if proven is not None:
                self.adopt(**proven.values(), file_id=file_id)
                return f"{proven.path} is proven to be its file"
            if (table, columns[0]) == ("slides", "file_id"):
                self._fetch_again(row)
                return "it is fetched again by the next visit"
            if (table, columns[0]) == ("results", "file_id"):
                self._make_again(row)
                return "it is made again by the next `stylize` of its recipe"
        nullable = [name for name in columns if not self._is_required(table, name)]
        if nullable and len(nullable) == len(columns):
            self._set(table, row, **dict.fromkeys(columns))
            return "it points nowhere now"
        self._take_out(table, row)
        return "it was set aside"

    def _mend_word(self, table: str, row: int, column: str) -> str:
        held = self._row(table, row) or {}
        word: str | None
        match table, column:
            case "slides", _:
                word = SlideStatus.PENDING if held.get("file_id") is None else SlideStatus.SAVED
            case "results", _:
                word = ResultStatus.FAILED if held.get("file_id") is None else ResultStatus.DONE
            case "forgotten", _:    # of whichever kind it was: it stays forgotten
                values = (Forgettable.POST, held["pk"], held["name"], held["forgotten_at"])
                self._catalog.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?, ?)", values)
                word = Forgettable.PROFILE
            case _:
                word = Role.CONTENT if self._is_required(table, column) else None
        if not self._set(table, row, **{column: word}):
            self._take_out(table, row)
            return "there is a right one already; it was set aside"
        return f"its {column} is {word} now"

    def _mend_json(self, table: str, row: int, column: str) -> str:
        held = self._row(table, row) or {}
        proven = self._proofs.details_of(self._catalog, held.get("file_id")) if table == "results" else None
        self._set(table, row, **{column: proven or "{}"})
        if table == "runs" and held.get("ended_at") is None:
            self._set(table, row, ended_at=_now(), outcome="cut short")
        return "its picture says it" if proven else f"its {column} is empty now"

    def _mend_value(self, table: str, row: int, column: str) -> str:
        described = Base.metadata.tables[table].columns[column]
        held = (self._row(table, row) or {}).get(column)
        value = _as(described, held)
        if value is None and described.nullable:
            self._set(table, row, **{column: None})
            return f"its {column} is unknown now"
        if value is None and not (described.primary_key or described.unique or described.foreign_keys):
            value = _default(described)
        if value is None or not self._set(table, row, **{column: value}):
            self._take_out(table, row)
            return "it was set aside"
        return f"its {column} is {str(value)[:40]!r} now"

    def _mend_row(self, table: str, row: int, column: str) -> str:
        held = self._row(table, row) or {}
        match table, column:
            case "slides", "file_id" if held["file_id"] is None:
                self._fetch_again(row)
                return "it is fetched again by the next visit"
            case "results", "file_id":
                self._make_again(row)
                return "it is made again by the next `stylize` of its recipe"
            case "posts", _:
                self._catalog.execute(
                    "INSERT OR IGNORE INTO profile_posts VALUES (?, ?)", (held["owner_pk"], held["pk"]))
                return "it is on its owner's profile again"
            case "files", _:
                return self._mend_path(row, held)
        self._catalog.execute("INSERT OR IGNORE INTO images (file_id) VALUES (?)", (held[column],))
        return "its file has a number again"

    def _mend_path(self, row: int, held: dict[str, Any]) -> str:
        sha256 = held["sha256"]
        right = f"files/{str(sha256)[:2]}/{sha256}{_EXTENSIONS.get(held['media_type'], '.img')}"
        if not is_canonical(sha256, right):
            self._take_out("files", row)
            return "it was set aside"
        there = [path.relative_to(self._root).as_posix()
                 for path in (self._root / "files" / sha256[:2]).glob(f"{sha256}.*")]
        if not self._set("files", row, path=there[0] if there else right):
            self._take_out("files", row)
            return "it was set aside"
        return "its path is that of its hash again"

    def _fetch_again(self, row: int) -> None:
        held = self._row("slides", row) or {}
        status = SlideStatus.VIDEO if held.get("is_video") else SlideStatus.PENDING
        self._set("slides", row, file_id=None, status=status, attempts=0, reason=LOST, is_full_size=None, is_preview=0)

    def _make_again(self, row: int) -> None:
        self._set("results", row, file_id=None, status=ResultStatus.FAILED, attempts=0, reason=AGAIN)

    # Underneath

    def _is_dangling(self, table: str, row: int) -> bool:
        return any(found == row for _, found, _, _ in self._catalog.execute(f'PRAGMA foreign_key_check("{table}")'))

    def _is_required(self, table: str, column: str) -> bool:
        query = "SELECT \"notnull\" OR pk FROM pragma_table_info(?) WHERE name = ?"
        found = self._catalog.execute(query, (table, column)).fetchone()
        return bool(found and found[0])

    def _row(self, table: str, row: int) -> dict[str, Any] | None:
        cursor = self._catalog.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (row,))
        values = cursor.fetchone()
        return None if values is None else dict(zip((name for name, *_ in cursor.description), values, strict=True))

    def _remember(self, table: str, row: int, what: str) -> None:
        self.before.append({"table": table, "rowid": row, "before": self._row(table, row), "now": what})

    def _set(self, table: str, row: int, **values: object) -> bool:
        """Whether it could be: there may be another row of the same key."""
        given = ", ".join(f'"{name}" = ?' for name in values)
        self._remember(table, row, ", ".join(f"{name} = {value!r}" for name, value in values.items()))
        try:
            self._catalog.execute(f'UPDATE "{table}" SET {given} WHERE rowid = ?', (*map(_plain, values.values()), row))
        except sqlite3.IntegrityError:
            self.before.pop()
            return False
        return True

    def _take_out(self, table: str, row: int) -> None:
        self._remember(table, row, "taken out")
        self._catalog.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))


@contextmanager
def mending(
    root: Path, catalog: sqlite3.Connection, proofs: Proofs, quarantine: Quarantine, why: str
) -> Iterator[Rows]:
    """One transaction, with a note of every row that it changes."""
    rows = Rows(root, catalog, proofs)
    catalog.execute("PRAGMA foreign_keys=OFF")      # what is wrong could not be touched otherwise
    catalog.execute("BEGIN IMMEDIATE")
    try:
        yield rows
        if rows.before:
            quarantine.note_rows(why, rows.before)
        catalog.execute("COMMIT")
    except BaseException:
        catalog.rollback()      # where SQLite has not done so itself, as it does on a full disk
        raise


def _as(column: Column[Any], value: object) -> object:
    """The value in the type of its column, where it can be understood so."""
    convert: Callable[[Any], object]
    match column.type:
        case Boolean():
            convert = lambda given: int(bool(int(given)))      # noqa: E731
        case Integer():
            convert = lambda given: int(str(given))            # noqa: E731
        case Float():
            convert = lambda given: finite(float(given))       # noqa: E731
        case UtcDateTime() | Word() | JsonObject():
            return None
        case _:
            convert = lambda given: given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)  # noqa: E731
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _values_of_result(details: dict[str, Any]) -> dict[str, Any]:
    recipe = details["recipe"]
    whole = {name: value if type(value) is int else 0 for name, value in (
        ("size", recipe.get("size")), ("steps", recipe.get("steps")), ("seed", details.get("seed")))}
    losses = {name: finite(details.get(name)) for name in ("content_loss", "style_loss", "total_loss")}
    return {**whole, **losses, "recipe": str(recipe.get("name", ""))[:200], "details": json.dumps(details)}


def _default(column: Column[Any]) -> object:
    match column.type:
        case UtcDateTime():
            return _now()
        case Boolean() | Integer():
            return 0
        case Float():
            return 0.0
        case _:
            return ""


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
