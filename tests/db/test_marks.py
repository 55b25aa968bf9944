"""What people said of an image or a result holds until they say otherwise."""

import sqlite3
from contextlib import closing

import pytest

from db.errors import BadQuery
from db.library import CATALOG
from db.marks import TagCount
from db.records import Looks, ResultKey, ResultRecord, ResultStatus, Role
from db.tags import parse_tag

LOOKS = Looks(hash=0xF000_0000_0000_0001, sharpness=12.5, brightness=0.25, is_grey=True)


@pytest.fixture
def two(library, make_image) -> list[int]:
    """Two images from disk, and a result of theirs, which has the number 1."""
    stored = [library.store.put_bytes(make_image(colour)) for colour in ("red", "blue")]
    ids = [library.images.add(each, f"/{number}.png", Role.CONTENT)[0] for number, each in enumerate(stored)]
    picture = library.store.put_bytes(make_image("pink"))
    key = ResultKey(stored[0].sha256, stored[1].sha256, "r")
    assert library.results.save(ResultRecord(key, "gatys", 64, 5, 0, ResultStatus.DONE), picture) == 1
    return ids


def test_a_star_is_given_once_and_taken_once(library, two):
    assert library.marks.star_images([two[0], 99]) == 1
    assert library.marks.star_images(two) == 1
    assert [image.is_starred for image in library.images.find()] == [True, True]
    assert library.marks.star_images(two, starred=False) == 2
    assert [image.is_starred for image in library.images.find()] == [False, False]
    assert library.marks.star_results([1]) == 1
    assert library.results.get(1).is_starred


def test_an_excluded_image_is_kept_and_says_so(library, two):
    assert library.marks.exclude([two[1]]) == 1
    assert [image.is_excluded for image in library.images.find()] == [False, True]
    assert library.marks.exclude(two, excluded=False) == 1


def test_tags_are_of_one_form_and_counted_where_they_are(library, two):
    assert library.marks.tag_images(two, ["#Sea", "sea", "été_2"]) == 2
    assert library.marks.tag_images([two[0]], ["sea"]) == 0
    assert library.marks.tag_results([1, 7], ["sea"]) == 1
    assert library.images.get(two[0]).tags == ("sea", "été_2")
    assert library.results.get(1).tags == ("sea",)
    assert library.marks.tags() == [TagCount("sea", 2, 1), TagCount("été_2", 2, 0)]
    assert library.marks.untag_images(two, ["sea", "unknown"]) == 2
    assert library.marks.untag_results([1], ["#SEA"]) == 1
    assert library.marks.tags() == [TagCount("été_2", 2, 0)]


@pytest.mark.parametrize("text", ["", "#", "two words", "a,b", "-a", "a" * 61, "#a#b", "*"])
def test_what_is_no_tag_is_refused(text):
    with pytest.raises(BadQuery, match="is no tag"):
        parse_tag(text)


def test_a_role_of_its_own_goes_before_those_of_an_image_s_sources(library, two):
    assert library.marks.set_role([two[0]], Role.STYLE) == 1
    assert [image.role for image in library.images.find()] == [Role.STYLE, Role.CONTENT]
    assert [image.id for image in library.images.find(Role.STYLE)] == [two[0]]
    assert library.images.counts() == {Role.CONTENT: 1, Role.STYLE: 1, Role.BOTH: 0}
    stored = library.store.put_copy(library.images.get(two[0]).path)
    library.images.add(stored, "/elsewhere.png", None)
    assert library.images.get(two[0]).role is Role.STYLE
    library.images.add(stored, "/elsewhere.png", Role.BOTH)     # said later
    assert library.images.get(two[0]).role is Role.BOTH
    assert library.marks.set_role(two, None) == 0


def test_a_larger_file_has_the_marks_of_the_one_whose_place_it_takes(library, profile, make_post, make_image):
    library.posts.save(make_post(slides=1), profile.pk)
    for colour in ("red", "blue"):
        library.posts.slide_saved("10", 0, library.store.put_bytes(make_image(colour)), "https://x/1", None)
        (image,) = library.images.find()
        if colour == "red":
            library.marks.star_images([image.id])
            library.marks.tag_images([image.id], ["sea"])
            library.marks.exclude([image.id])
            library.marks.set_role([image.id], Role.STYLE)
    assert (image.id, image.is_starred, image.tags, image.is_excluded, image.role) == (
        2, True, ("sea",), True, Role.STYLE)
    assert [(count.tag, count.images) for count in library.marks.tags()] == [("sea", 1)]


def test_looks_are_kept_with_all_their_bits(library, two):
    with closing(sqlite3.connect(library.root / CATALOG)) as catalog, catalog:      # as of a time before there were any
        catalog.execute("DELETE FROM looks")
    assert library.looks.missing() == two
    library.looks.save({two[0]: LOOKS})
    assert library.images.get(two[0]).looks == LOOKS
    assert library.looks.hashes() == {two[0]: LOOKS.hash}
    assert library.looks.missing() == [two[1]]
    library.looks.save({two[0]: Looks(1, 0.0, 1.0, False), two[1]: LOOKS})
    assert library.looks.hashes() == {two[0]: 1, two[1]: LOOKS.hash}
    library.looks.save({})
