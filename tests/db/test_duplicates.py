"""Images are alike by the bits of their hashes; groups hang together, and slides of one post stand apart."""

from hypothesis import given
from hypothesis import strategies as st

from db.duplicates import Group, Pair, groups, near_pairs, nearest

ALL = (1 << 64) - 1


def test_two_are_near_by_the_bits_in_which_they_differ():
    hashes = {7: 0, 3: 0b1111, 5: ALL, 9: ALL - 0b1, 4: 0xFF00}
    assert near_pairs(hashes, 4) == [Pair(3, 7, 4), Pair(5, 9, 1)]
    assert near_pairs(hashes, 0) == near_pairs({}, 8) == near_pairs({1: 5}, 8) == []
    assert near_pairs({1: 5, 2: 5}, 0) == [Pair(1, 2, 0)]


def test_the_nearest_come_first_and_never_itself():
    hashes = {1: 0, 2: 0b111, 3: 0b1, 4: 0, 5: ALL}
    assert nearest(hashes, 1, 3) == [Pair(1, 4, 0), Pair(1, 3, 1), Pair(1, 2, 3)]
    assert nearest({1: 0}, 1, 8) == []


def test_groups_hang_together_and_say_how_far_their_members_are_apart():
    pairs = [Pair(1, 2, 3), Pair(2, 9, 5), Pair(1, 9, 8), Pair(4, 6, 0)]
    assert groups(pairs, {}) == [Group((1, 2, 9), 5), Group((4, 6), 0)]
    assert groups([], {}) == []


def test_slides_of_one_post_stand_apart_unless_another_image_is_near_to_both():
    posts = {1: "A", 2: "A", 3: "B"}
    assert groups([Pair(1, 2, 4)], posts) == [Group((1, 2), 4, "A")]
    assert groups([Pair(1, 2, 4), Pair(1, 3, 2), Pair(2, 3, 6)], posts) == [Group((1, 2, 3), 6), Group((1, 2), 4, "A")]


def test_hundreds_of_one_hash_are_one_group():
    hashes = dict.fromkeys(range(1, 700), 42) | {1000: 43}
    assert [len(group.images) for group in groups(near_pairs(hashes, 2), {})] == [700]


@given(st.dictionaries(st.integers(1, 99), st.integers(0, ALL), max_size=12), st.integers(0, 40))
def test_pairs_are_those_of_the_definition(hashes, most):
    expected = {
        (first, second, (hashes[first] ^ hashes[second]).bit_count())
        for first in hashes for second in hashes if first < second}
    assert {(pair.first, pair.second, pair.distance) for pair in near_pairs(hashes, most)} == {
        each for each in expected if each[2] <= most}
