"""Which result takes which cell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus, Role
from gallery.errors import NothingToShow
from gallery.matrix import Pick, Selection, arrange

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def image(number: int) -> Image:
    return Image(number, f"{number:064}", Path(f"{number}.png"), Role.BOTH, 10, 10)


def result(number: int, content: int, style: int, *, minutes: int = 0, done: bool = True, **record: object) -> Result:
    made = ResultRecord(
        ResultKey(f"{content:064}", f"{style:064}", "abcdef"),
        recipe="gatys",
        size=512,
        steps=300,
        seed=0,
        status=ResultStatus.DONE if done else ResultStatus.FAILED,
    )
    path = Path(f"r{number}.png") if done else None
    return Result(number, content, style, path, NOON + timedelta(minutes=minutes), replace(made, **record))


def test_rows_and_columns_go_by_image_id_whatever_the_order_of_the_results() -> None:
    results = [result(1, 9, 4), result(2, 2, 8), result(3, 2, 4)]
    for seed in range(5):
        Random(seed).shuffle(results)
        matrix = arrange([image(number) for number in (9, 8, 4, 2)], results)
        assert [content.id for content in matrix.contents] == [2, 9]
        assert [style.id for style in matrix.styles] == [4, 8]
        assert [[cell and cell.id for cell in row] for row in matrix.cells] == [[3, 2], [1, None]]


def test_images_without_any_result_are_left_out() -> None:
    matrix = arrange([image(number) for number in range(1, 9)], [result(1, 3, 5)])
    assert (len(matrix.contents), len(matrix.styles)) == (1, 1)


def test_the_newest_picture_is_shown_and_no_later_failure_hides_it() -> None:
    results = [
        result(1, 1, 2, minutes=5),
        result(2, 1, 2, minutes=9),
        result(3, 1, 2, minutes=1),
        result(4, 1, 2, minutes=60, done=False),
    ]
    assert [shown.id for shown in arrange([image(1), image(2)], results).results()] == [2]


def test_the_starred_one_is_shown_else_the_finest_at_the_largest_size_else_the_newest() -> None:
    quick = result(1, 1, 2, minutes=9, size=256, steps=900)
    large = result(2, 1, 2, minutes=5, steps=100)
    fine = result(3, 1, 2, minutes=1)
    newer, failed = result(4, 1, 2, minutes=2), result(5, 1, 2, minutes=60, done=False, size=1024)

    def shown(*results: Result, pick: Pick = Pick.BEST) -> int:
        (number,) = {
            one.id for order in permutations(results)
            for one in arrange([image(1), image(2)], order, Selection(pick=pick)).results()}
        return number

    assert shown(quick, large) == 2
    assert shown(quick, large, fine) == 3
    assert shown(large, fine, newer, failed) == 4
    assert shown(large, fine, newer, replace(quick, is_starred=True)) == 1
    assert shown(replace(failed, is_starred=True), quick) == 1
    assert shown(quick, large, fine, newer, pick=Pick.NEWEST) == 1
    assert shown(large, replace(quick, width=900, height=600), replace(fine, width=512, height=512)) == 1


def test_of_failures_alone_the_newest_is_shown() -> None:
    results = [result(1, 1, 2, minutes=3, done=False), result(2, 1, 2, minutes=1, done=False)]
    assert [shown.id for shown in arrange([image(1), image(2)], results).results()] == [1]


@pytest.mark.parametrize(
    "selection",
    [Selection(recipe="tutorial"), Selection(size=256), Selection(recipe_hash="0123"), Selection("tutorial", 256)],
)
def test_a_selection_chooses_among_the_results_of_a_pair(selection: Selection) -> None:
    other = result(1, 1, 2, recipe="tutorial", size=256, key=ResultKey("1", "2", "012345"))
    newer = result(2, 1, 2, minutes=9)
    assert list(arrange([image(1), image(2)], [other, newer], selection).results()) == [other]


def test_nothing_to_show_says_what_to_do() -> None:
    with pytest.raises(NothingToShow, match="run `stylize`") as caught:
        arrange([image(1)], [])
    assert caught.value.exit_code == 2
    with pytest.raises(NothingToShow, match="with recipe tutorial and size 64;"):
        arrange([image(1), image(2)], [result(1, 1, 2)], Selection("tutorial", 64))


def test_a_result_of_an_image_that_the_catalog_no_longer_lists_has_no_row() -> None:
    matrix = arrange([image(1), image(2)], [result(1, 1, 2), result(2, 7, 2)])
    assert [content.id for content in matrix.contents] == [1]
