"""The index of captions and alternative texts says what the catalog says, whoever wrote it, and forgets with it."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from db.forgotten import Kind
from db.library import CATALOG
from db.records import PostRecord, Role, SlideRecord

TEXTS = "SELECT id, caption, alt_text FROM texts_of_images WHERE coalesce(caption, alt_text) IS NOT NULL"


@pytest.fixture
def save(library, profile, make_image):
    """A saved post of one slide."""

    def save_post(pk: str, colour: str, caption: str | None, alt_text: str | None = None) -> PostRecord:
        post = PostRecord(pk, f"C{pk}", "1", "image", (SlideRecord(0, f"{pk}-0", alt_text=alt_text),), None, caption)
        library.posts.save(post, profile.pk)
        library.posts.slide_saved(pk, 0, library.store.put_bytes(make_image(colour)), "https://x/1", True)
        return post

    return save_post


def found(library, words: str) -> list[int]:
    """The images of which these words are told; what is indexed is what the catalog says, no more and no less."""
    with closing(sqlite3.connect(library.root / CATALOG)) as connection:
        indexed = connection.execute("SELECT rowid, caption, alt_text FROM image_texts ORDER BY rowid").fetchall()
        assert indexed == connection.execute(f"{TEXTS} ORDER BY id").fetchall()
        query = "SELECT rowid FROM image_texts WHERE image_texts MATCH ? ORDER BY rowid"
        return [number for (number,) in connection.execute(query, (words,))]


def test_words_are_found_in_captions_and_alternative_texts_without_their_accents(library, save):
    save("10", "red", "Café au lait", "A cup")
    save("11", "blue", None, "A CAFE by night")
    save("12", "lime", None)
    assert (found(library, "cafe"), found(library, "cup"), found(library, "alt_text:cafe")) == ([1, 2], [1], [2])


def test_a_caption_that_changes_is_found_by_its_new_words_alone(library, profile, save):
    post = save("10", "red", "morning")
    library.posts.save(replace(post, caption="evening", slides=(SlideRecord(0, "10-0", alt_text="a hill"),)), "1")
    assert [found(library, words) for words in ("morning", "evening", "hill")] == [[], [1], [1]]


def test_a_larger_file_takes_the_words_over(library, save, make_image):
    save("10", "red", "morning")
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image("blue")), "https://x/1", True)
    assert found(library, "morning") == [2]


def test_captions_of_added_files_are_found_and_those_of_every_post_of_an_image(library, save, make_image):
    save("10", "red", "morning")
    save("11", "red", "evening")
    stored = library.store.put_bytes(make_image("red"))
    library.images.add(stored, "/red.png", Role.STYLE, caption="noon")
    assert [found(library, words) for words in ("morning", "evening", "noon")] == [[1]] * 3


def test_what_is_forgotten_is_found_no_more(library, save):
    save("10", "red", "morning")
    save("11", "blue", "morning")
    library.forgotten.forget(Kind.POST, "10", "C10")
    assert found(library, "morning") == [2]
    library.forgotten.forget(Kind.PROFILE, "1", "ana")
    assert found(library, "morning") == []
    with closing(sqlite3.connect(library.root / CATALOG)) as connection:
        assert connection.execute("SELECT count(*) FROM image_texts_content").fetchone() == (0,)
