"""The catalog as a database: its pages, its tables against those of the migrations, references, the search index."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from typing import NamedTuple

from db.checking.finding import Finding, Kind
from db.errors import LibraryTooNew
from db.migrate import VERSIONS, empty_catalog, is_revision, revisions

WORDS, TEXTS = "image_texts", "texts_of_images"     # the index of words, and the view of what is in it
_MOST_PROBLEMS = 100
# Of SQLite's own, and of a module's: what is behind a virtual table comes and goes with it.
_INNER = re.compile(r"sqlite_|.+_(data|idx|content|docsize|config)$")


class Part(NamedTuple):
    """A part of a schema that can be compared: a table, a column, an index, a trigger."""

    kind: str
    name: str


def integrity(catalog: sqlite3.Connection) -> Iterator[Finding]:
    """What SQLite itself finds wrong with the file."""
    for (problem,) in catalog.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})"):
        if problem != "ok":
            yield Finding(Kind.INTEGRITY, "catalog.sqlite", problem.replace("\n", " "))


def revision(catalog: sqlite3.Connection) -> tuple[str, Iterator[Finding]]:
    """The schema's version, or the newest where the catalog does not say it. Raises LibraryTooNew."""
    known = revisions()
    try:
        (said,) = catalog.execute(f"SELECT max(version_num) FROM {VERSIONS}").fetchone()
    except sqlite3.DatabaseError as error:
        return known[0], iter([Finding(Kind.SCHEMA, f"table {VERSIONS}", f"it cannot be read: {error}")])
    if said in known:
        return str(said), iter(())
    if is_revision(said) and said > known[0]:
        raise LibraryTooNew(f"the catalog is of a newer stylegram (schema {said}); upgrade stylegram to use it")
    what = "it is empty" if said is None else f"it says {said!r}, which no version is called"
    return known[0], iter([Finding(Kind.SCHEMA, f"table {VERSIONS}", what)])


def differences(catalog: sqlite3.Connection, version: str) -> Iterator[Finding]:
    """What is missing or another one than the migrations make; more than they make is nobody's harm."""
    expected, found = _made_by_migrations(version), parts(catalog)
    gone = {part.name for part in expected if part.kind == "table" and part not in found}
    for part, form in expected.items():
        if part in found and found[part] != form:
            yield Finding(Kind.SCHEMA, f"{part.kind} {part.name}", f"it is {found[part]} and should be {form}")
        elif part not in found and (part.kind == "table" or part.name.partition(".")[0] not in gone):
            yield Finding(Kind.SCHEMA, f"{part.kind} {part.name}", "it is missing")


@cache
def _made_by_migrations(version: str) -> dict[Part, str]:
    with closing(empty_catalog(version)) as model:
        return parts(model)


def parts(catalog: sqlite3.Connection) -> dict[Part, str]:
    """Everything in a schema, each with its form in words; indexes and columns are named with their table."""
    found: dict[Part, str] = {}
    rows = catalog.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    for kind, name, table, sql in rows:
        if kind == "table" and not _INNER.match(name):
            is_virtual = " ".join(sql.split()).upper().startswith("CREATE VIRTUAL")
            found[Part("table", name)] = _normal(sql) if is_virtual else "a table"
            if not is_virtual:
                found |= _columns(catalog, name) | _indexes(catalog, name) | _references(catalog, name)
        elif kind in ("trigger", "view"):
            found[Part(kind, f"{table}.{name}")] = _normal(sql)
    return found


def _columns(catalog: sqlite3.Connection, table: str) -> dict[Part, str]:
    rows = catalog.execute("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?)", (table,))
    return {
        Part("column", f"{table}.{name}"): " ".join((
            kind, "NOT NULL" if required else "NULL", "" if default is None else f"DEFAULT {default}",
            f"key {key}" if key else "")).strip()
        for name, kind, required, default, key in rows
    }


def _indexes(catalog: sqlite3.Connection, table: str) -> dict[Part, str]:
    found = {}
    for name, unique, origin in catalog.execute("SELECT name, \"unique\", origin FROM pragma_index_list(?)", (table,)):
        columns = ", ".join(
            column or "expression"
            for (column,) in catalog.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (name,)))
        shown = name if origin == "c" else f"({columns})"      # one that SQLite made has no name of its own
        found[Part("index", f"{table}.{shown}")] = f"{'unique' if unique else 'plain'} on {columns}"
    return found


def _references(catalog: sqlite3.Connection, table: str) -> dict[Part, str]:
    rows = catalog.execute(
        "SELECT \"from\", \"table\", coalesce(\"to\", ''), on_delete FROM pragma_foreign_key_list(?)", (table,))
    return {
        Part("reference", f"{table}.{column}->{target}.{key}"): action for column, target, key, action in rows
    }


def dangling(catalog: sqlite3.Connection) -> Iterator[Finding]:
    """Rows that point at rows which are not there."""
    names: dict[tuple[str, int], str] = {}
    for table, row, parent, number in catalog.execute("PRAGMA foreign_key_check"):
        if (table, number) not in names:
            names[table, number] = ", ".join(
                column for (column,) in catalog.execute(
                    "SELECT \"from\" FROM pragma_foreign_key_list(?) WHERE id = ?", (table, number)))
        column = names[table, number]
        yield Finding(
            Kind.DANGLING_ROW, f"row {row} of {table}", f"its {column} leads to no row of {parent}",
            table=table, row=row, column=column)


def search_indexes(catalog: sqlite3.Connection) -> Iterator[Finding]:
    """Full-text indexes that are broken, or that do not hold what they are to be searched for. Writes to this copy."""
    tables = catalog.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'")
    names = [name for name, sql in tables.fetchall() if "fts5" in sql.lower()]
    for name in names:
        try:
            catalog.execute(f'INSERT INTO "{name}" ("{name}", rank) VALUES (\'integrity-check\', 1)')
            wrong = _misread(catalog) if name == WORDS else 0
        except sqlite3.DatabaseError as error:
            yield Finding(Kind.SEARCH_INDEX, f"search index {name}", f"it is broken: {error}", table=name)
            continue
        if wrong:
            what = f"it does not hold what is said of {wrong} of the images, or more than that"
            yield Finding(Kind.SEARCH_INDEX, f"search index {name}", what, table=name)


def _misread(catalog: sqlite3.Connection) -> int:
    """How many images the index has other words of than the catalog."""
    said, indexed = (
        {number: tuple(sorted((text or "").split("\n")) for text in texts)
         for number, *texts in catalog.execute(f"SELECT {number}, caption, alt_text FROM {table}")}
        for table, number in ((f"{TEXTS} WHERE caption IS NOT NULL OR alt_text IS NOT NULL", "id"), (WORDS, "rowid"))
    )
    return sum(said.get(number) != indexed.get(number) for number in said.keys() | indexed.keys())


def _normal(sql: str) -> str:
    return " ".join(sql.split()).replace('"', "")
