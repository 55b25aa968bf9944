"""What a word names is told by its form alone, and a form that means nothing is refused in one line."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import BadQuery, BadSelection
from db.links import PostLink, ProfileLink, permalink, read_link
from db.selection.filters import Aspect, parse_aspect
from db.selection.terms import Kind, parse_term, split


@pytest.mark.parametrize(("word", "kind", "first", "last"), [
    ("3", Kind.IMAGES, 3, 3), ("1-5", Kind.IMAGES, 1, 5), ("5-5", Kind.IMAGES, 5, 5), ("007", Kind.IMAGES, 7, 7),
    ("r3", Kind.RESULTS, 3, 3), ("r1-5", Kind.RESULTS, 1, 5), ("R1-r5", Kind.RESULTS, 1, 5),
])
def test_numbers_are_of_images_and_with_an_r_of_results(word, kind, first, last):
    term = parse_term(word)
    assert (term.kind, term.first, term.last, term.is_left_out) == (kind, first, last, False)


@pytest.mark.parametrize(("word", "kind", "name", "slide"), [
    ("@NatGeo", Kind.PROFILE, "natgeo", None),
    ("https://www.instagram.com/natgeo/", Kind.PROFILE, "natgeo", None),
    ("#Sea", Kind.TAG, "sea", None),
    ("*", Kind.STARRED, "", None),
    ("DcvZXOD0JLA", Kind.NAME, "DcvZXOD0JLA", None),
    ("DcvZXOD0JLA/2", Kind.NAME, "DcvZXOD0JLA", 1),
    ("p/DcvZXOD0JLA", Kind.POST, "DcvZXOD0JLA", None),
    ("https://www.instagram.com/p/DcvZXOD0JLA/?img_index=3", Kind.POST, "DcvZXOD0JLA", 2),
    ("https://instagram.com/natgeo/reel/DcvZXOD0JLA/", Kind.POST, "DcvZXOD0JLA", None),
    ("www.instagram.com/p/DcvZXOD0JLA", Kind.POST, "DcvZXOD0JLA", None),
    ("a b.jpg", Kind.NAME, "a b.jpg", None),
    ("p/a.jpg", Kind.NAME, "p/a.jpg", None),
    ("1-5.jpg", Kind.NAME, "1-5.jpg", None),
])
def test_names_are_told_by_their_signs(word, kind, name, slide):
    term = parse_term(word)
    assert (term.kind, term.name, term.slide) == (kind, name, slide)


def test_a_minus_leaves_out_whatever_stands_behind_it():
    assert [parse_term(word).is_left_out for word in ("-3", "-1-5", "-@natgeo", "-#sea", "-*", "-a.jpg")] == [True] * 6
    assert parse_term("-1-5").last == 5


@pytest.mark.parametrize(("word", "why"), [
    ("5-1", "runs backwards; 1-5 is"), ("r5-1", "r1-5 is"), ("0", "from 1 to"), ("9" * 40, "from 1 to"),
    ("-", "names nothing"), ("--5", "names nothing"), ("@", "no profile's name"), ("@a b", "no profile's name"),
    ("#", "is no tag"), ("https://example.com/p/DcvZXOD0JLA", "is no link"), ("http://[", "is no link"),
    ("https://www.instagram.com/natgeo/tagged/", "is no link"),
])
def test_a_form_that_means_nothing_is_refused(word, why):
    with pytest.raises(BadQuery, match=why):
        parse_term(word)


def test_commas_and_spaces_part_words():
    assert split(" 1-5, @natgeo,,-#sea\t* ") == ["1-5", "@natgeo", "-#sea", "*"]


@given(st.text())
def test_any_text_is_a_term_or_refused(text):
    for word in split(text):
        with suppress(BadQuery):
            parse_term(word)


def test_a_permalink_leads_back_to_its_post():
    assert read_link(permalink("DcvZXOD0JLA")) == PostLink("DcvZXOD0JLA")
    assert read_link("https://www.instagram.com/natgeo") == ProfileLink("natgeo")
    assert read_link("https://scontent.cdninstagram.com/p/DcvZXOD0JLA.jpg") is None


def test_an_aspect_is_a_word_or_a_shape():
    assert parse_aspect("Square") == Aspect(0.98, 1.02)
    assert parse_aspect("16:9").least < 16 / 9 < parse_aspect("16:9").most
    for text in ("wide", "0:1", "1:0", "4x5", ""):
        with pytest.raises(BadSelection, match="no aspect"):
            parse_aspect(text)
