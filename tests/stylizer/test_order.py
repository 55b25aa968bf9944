"""Which pictures there are when a run is cut off after so many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Image, Role
from stylizer.order import Order, State, in_order
from stylizer.pairs import batches

ROWS, COLUMNS = 12, 5
CONTENTS = [Image(number, f"c{number}", Path("c"), Role.CONTENT, 8, 8) for number in range(1, ROWS + 1)]
STYLES = [Image(number, f"s{number}", Path("s"), Role.STYLE, 8, 8) for number in range(101, 101 + COLUMNS)]
ALIKE = [0] * ROWS


def wall(state: int = State.MISSING) -> bytearray:
    return bytearray([state]) * (ROWS * COLUMNS)


def first(
    count: int, order: Order, states: bytearray | None = None, shapes: Sequence[int] = ALIKE,
    contents: Sequence[Image] = CONTENTS, styles: Sequence[Image] = STYLES, starred: Sequence[int] = (),
) -> list[tuple[int, int]]:
    """Row and column of the first pictures that are made."""
    places = in_order(order, contents, styles, wall() if states is None else states, shapes, starred)
    return [divmod(place, len(styles)) for place in places[:count]]


@given(st.sampled_from(Order), st.lists(st.sampled_from(range(4)), min_size=ROWS * COLUMNS, max_size=ROWS * COLUMNS),
       st.lists(st.sampled_from(range(3)), min_size=ROWS, max_size=ROWS))
def test_every_order_has_what_is_wanted_once_and_what_failed_before_last(
    order: Order, states: list[int], shapes: list[int]
) -> None:
    places = in_order(order, CONTENTS, STYLES, bytes(states), shapes)
    wanted = [place for place, state in enumerate(states) if state in (State.MISSING, State.TRIED)]
    assert sorted(places) == wanted
    tried = [states[place] == State.TRIED for place in places]
    assert tried == sorted(tried)


@pytest.mark.parametrize("count", [5, 12, 24, 30, 59])
def test_a_spread_run_that_is_cut_off_has_left_no_row_and_no_column_behind(count: int) -> None:
    made = first(count, Order.SPREAD)
    for rows_or_columns, many in ((Counter(row for row, _ in made), ROWS), (Counter(col for _, col in made), COLUMNS)):
        each = [rows_or_columns[number] for number in range(many)]
        # Within a round by style, so that batches share one: a column may be a round ahead.
        assert max(each) - min(each) <= 1 + (many == COLUMNS) * -(-ROWS // COLUMNS)


def test_a_spread_of_few_rows_takes_columns_from_all_over() -> None:
    made = first(3, Order.SPREAD, bytearray(30), [0] * 3, CONTENTS[:3],
                 [replace(STYLES[0], id=200 + n, sha256=f"{n}") for n in range(10)])
    assert {column for _, column in made} == {0, 3, 6}


def test_a_spread_run_goes_on_where_it_was() -> None:
    whole = first(60, Order.SPREAD)
    states = wall()
    for row, column in whole[:31]:
        states[row * COLUMNS + column] = State.DONE
    assert first(60, Order.SPREAD, states) == whole[31:]


def test_a_row_that_is_behind_catches_up_before_the_others_go_on() -> None:
    states = wall()
    for row in range(1, ROWS):
        for column in range(2):
            states[row * COLUMNS + column] = State.DONE
    assert [row for row, _ in first(3, Order.SPREAD, states)][:2] == [0, 0]


def test_batches_of_a_spread_run_are_full_whatever_the_shapes() -> None:
    shapes = [row % 3 for row in range(ROWS)]
    made = first(60, Order.SPREAD, shapes=shapes)
    cut = list(batches(made, lambda pair: shapes[pair[0]], 4))
    assert [len(batch) for batch in cut] == [4] * 15
    assert len({row for batch in cut[:3] for row, _ in batch}) == ROWS


def test_a_rare_shape_fills_its_batch_with_later_rounds() -> None:
    shapes = [1] + [0] * (ROWS - 1)
    cut = list(batches(first(60, Order.SPREAD, shapes=shapes), lambda pair: shapes[pair[0]], 5))
    assert [len(batch) for batch in cut if batch[0][0] == 0] == [5]


def test_rows_are_made_one_after_the_other_shape_by_shape() -> None:
    made = first(60, Order.ROWS, shapes=[0, 1] * (ROWS // 2))
    assert [row for row, _ in made] == [row for row in (*range(0, ROWS, 2), *range(1, ROWS, 2)) for _ in STYLES]


def test_what_was_added_last_is_made_first() -> None:
    styles = [*STYLES[:-1], replace(STYLES[-1], id=9)]      # content 12 is newer than this style, 8 is not
    made = first(60, Order.NEW, contents=CONTENTS[:8], styles=styles, states=bytearray(40), shapes=[0] * 8)
    assert made[:2] == [(7, 3), (6, 3)]
    assert made[-1] == (0, 4)
    assert made[32:] == [(row, 4) for row in range(7, -1, -1)]


def test_favourites_come_first_pairs_before_images_and_what_has_both_before_what_has_one() -> None:
    contents = [replace(image, is_starred=image.id == 3) for image in CONTENTS]
    styles = [replace(image, is_starred=image.id == 104) for image in STYLES]
    made = first(60, Order.FAVOURITES, contents=contents, styles=styles, starred=[51])
    assert made[:2] == [(10, 1), (2, 3)]
    assert all(row == 2 or column == 3 for row, column in made[2:17])
    assert not any(row == 2 or column == 3 for row, column in made[17:])
