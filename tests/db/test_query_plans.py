"""What one visit asks of the catalog is found by keys: its cost does not grow with what other visits have brought."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from db.library import CATALOG
from db.records import Role

GROWING = ("posts", "slides", "profile_posts", "foreign_posts", "former_files", "files", "profiles", "forgotten")
NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def asked(library):
    """Every statement that the library sends, as it is sent."""
    statements = []

    def note(connection, cursor, statement, parameters, context, many) -> None:
        statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def test_no_question_of_a_visit_reads_a_whole_table(library, profile, make_post, make_image, asked):
    library.posts.save(make_post(), profile.pk)
    stored = library.store.put_bytes(make_image())
    asked.clear()
    posts = library.posts
    posts.profile(profile.pk)
    posts.profile_named(profile.username)
    posts.save_profile(profile)
    posts.states(["10", "11"])
    posts.save(make_post(), profile.pk)
    posts.unfinished(profile.pk)
    posts.absent(profile.pk, ["10"], NOW)
    posts.seen_again(["10"])
    posts.missing(["10"])
    posts.foreign_on(profile.pk)
    posts.foreign(profile.pk, "12", "C12", "belongs to another profile")
    posts.open_slides("10")
    posts.saved_slides("10")
    posts.slide_saved("10", 0, stored, "https://example/1", True)
    posts.slide_failed("10", 1, "missing")
    library.forgotten.posts({"10": "1"})
    library.images.get(1)
    scans = []
    with closing(sqlite3.connect(library.root / CATALOG)) as connection:
        for statement, parameters in asked:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps = [detail for *_, detail in plan]
                scans += [(statement, step) for step in steps if step.startswith("SCAN") and step.split()[1] in GROWING]
    assert len(asked) > 20
    assert scans == []


def test_counting_follows_the_rule_of_the_list(library, profile, make_post, make_image):
    red, blue = (library.store.put_bytes(make_image(colour)) for colour in ("red", "blue"))
    library.posts.save(make_post(), profile.pk)
    library.posts.slide_saved("10", 0, red, "https://example/1", True)
    library.images.add(red, "/red.png", Role.STYLE)
    library.images.add(blue, "/blue.png", Role.STYLE)
    library.images.add(blue, "/again.png", Role.STYLE)
    listed = [image.role for image in library.images.find()]
    assert library.images.counts() == {role: listed.count(role) for role in Role} == {
        Role.CONTENT: 0, Role.STYLE: 1, Role.BOTH: 1,
    }
