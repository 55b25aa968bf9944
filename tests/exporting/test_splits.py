"""Splits: no copy in two of them, and nobody moves."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from db.duplicates import NEAR
from db.records import Image, Looks, Role
from exporting import splits as module
from exporting.splits import Splits, drawn

SHARES = (50.0, 25.0, 25.0)


def split_images(images: list[Image], shares: tuple[float, ...]) -> Splits:
    return module.split_images(images, {each.id: each.looks.hash for each in images if each.looks}, shares)


def image(number: int, hash_: int | None, post: str | None) -> Image:
    looks = None if hash_ is None else Looks(hash_, 1.0, 0.5, False)
    return Image(number, f"{number:064x}", Path(f"{number}.jpg"), Role.CONTENT, 1, 1, post_code=post, looks=looks)


# Few bits and few posts: many are linked, and groups meet.
images = st.lists(
    st.tuples(
        st.none() | st.integers(0, 2**10 - 1).map(lambda bits: sum(15 << 6 * n for n in range(10) if bits >> n & 1)),
        st.none() | st.integers(0, 9).map(str)),
    max_size=40,
).map(lambda drawn_ones: [image(number, *told) for number, told in enumerate(drawn_ones, 1)])


def linked(one: Image, other: Image) -> bool:
    if one.post_code is not None and one.post_code == other.post_code:
        return True
    return bool(one.looks and other.looks and (one.looks.hash ^ other.looks.hash).bit_count() <= NEAR)


@given(images)
def test_no_two_linked_images_are_in_different_splits(found: list[Image]) -> None:
    splits = split_images(found, SHARES)
    assert splits.of.keys() | splits.between.keys() == {each.id for each in found}
    for one in found:
        for other in found:
            if linked(one, other) and one.id in splits.of and other.id in splits.of:
                assert splits.of[one.id] == splits.of[other.id]


@given(images, st.integers(0, 40))
def test_what_comes_in_later_never_moves_what_was_there(found: list[Image], count: int) -> None:
    earlier, later = split_images(found[:count], SHARES), split_images(found, SHARES)
    assert {key: later.of.get(key) for key in earlier.of} == earlier.of
    assert {key: later.between.get(key) for key in earlier.between} == earlier.between


@given(images)
def test_one_is_left_out_only_where_it_would_join_two_splits(found: list[Image]) -> None:
    splits = split_images(found, SHARES)
    for number, joined in splits.between.items():
        (one,) = (each for each in found if each.id == number)
        assert len(joined) > 1
        assert {splits.of[other.id] for other in found if other.id < number and other.id in splits.of
                and linked(one, other)} == set(joined)


def test_shares_are_kept_among_groups() -> None:
    counts = [0, 0, 0]
    for number in range(4000):
        counts[drawn(str(number), (90.0, 5.0, 5.0))] += 1
    assert 3500 < counts[0] < 3700
    assert min(counts[1:]) > 150


def test_a_split_without_a_share_gets_nobody() -> None:
    assert {drawn(str(number), (0.0, 100.0, 0.0)) for number in range(200)} == {1}
