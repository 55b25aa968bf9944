import tracemalloc
from array import array
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from db.records import Image, Role
from stylizer.pairs import Pairs, batches, pairs


def test_every_content_meets_every_style_content_by_content() -> None:
    assert list(pairs("ab", "xy")) == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_an_image_never_meets_itself() -> None:
    assert list(pairs("ab", "ba")) == [("a", "b"), ("b", "a")]


def test_images_given_twice_count_once() -> None:
    assert list(pairs("aba", "xx")) == [("a", "x"), ("b", "x")]


def test_nothing_to_pair_is_an_empty_plan() -> None:
    assert list(pairs("", "xy")) == list(pairs("ab", "")) == []


def test_those_of_one_shape_are_cut_into_equally_large_batches() -> None:
    assert cut("aaaaabbc", 4) == ["aaa", "aa", "bb", "c"]
    assert [len(batch) for batch in batches(range(100), lambda item: 0, 16)] == [15] * 6 + [10]
    assert [len(batch) for batch in batches(range(5), lambda item: 0, 2)] == [2, 2, 1]
    assert cut("", 16) == []


def test_a_batch_begins_with_what_is_next_and_is_filled_with_the_next_of_its_shape() -> None:
    assert cut("abcabcaab", 2) == ["aa", "bb", "cc", "aa", "b"]
    together = list(batches(list(enumerate("abcabc")), lambda item: item[1], 2))
    assert together == [((0, "a"), (3, "a")), ((1, "b"), (4, "b")), ((2, "c"), (5, "c"))]


@given(st.text("abc", max_size=40), st.integers(1, 5))
def test_whatever_the_shapes_every_item_is_in_one_batch_and_none_is_of_two_shapes(shapes: str, most: int) -> None:
    found = list(batches(list(enumerate(shapes)), lambda item: item[1], most))
    assert sorted(item for batch in found for item in batch) == list(enumerate(shapes))
    assert all(len({shape for _, shape in batch}) == 1 and len(batch) <= most for batch in found)
    assert [batch[0][0] for batch in found] == sorted(batch[0][0] for batch in found)


def test_a_wall_takes_some_bytes_a_pair_until_one_is_looked_at() -> None:
    images = [Image(number, f"{number:064x}", Path("x"), Role.BOTH, 8, 8) for number in range(200)]
    tracemalloc.start()
    wall: Sequence[tuple[Image, Image]] = Pairs(images, images, array("Q", range(40_000)))
    shapes = {image.sha256: number % 7 for number, image in enumerate(images)}
    for batch in batches(range(len(wall)), lambda number: shapes[wall[number][0].sha256], 16):
        assert len(batch) <= 16
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * len(wall)
    assert wall[201] == (images[1], images[1])
    assert len(wall[:3]) == 3


def cut(shapes: str, most: int) -> list[str]:
    return ["".join(batch) for batch in batches(shapes, lambda item: item, most)]
