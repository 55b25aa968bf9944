"""A value is read the same whichever way it came in, and nothing that is none becomes one.

Above all the date of a post, in whichever way a page writes it.
"""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import values
from db.values import moment

SECONDS = 1_788_256_812
WRITTEN = datetime(2026, 9, 1, 10, 0, 12, tzinfo=UTC)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_seconds_and_finer_units_are_one_date_as_numbers_and_as_text(unit):
    whole = SECONDS * unit
    for number in (whole, float(whole)):
        assert moment(number) == moment(str(number)) == moment(f" {number} ") == WRITTEN
    assert moment(f"{whole}.0") == moment(f"{whole}.000") == WRITTEN
    assert moment(f"1.788256812e{8 + len(str(unit))}") == moment(f"1.788256812E+{8 + len(str(unit))}") == WRITTEN


def test_what_is_finer_than_a_second_is_cut_whatever_the_unit():
    for value in (SECONDS + 0.75, SECONDS * 1000 + 750, f"{SECONDS}.75", "2026-09-01T10:00:12.750Z"):
        assert moment(value) == WRITTEN


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-01T10:00:12.000Z",
        "2026-09-01T10:00:12Z",
        "2026-09-01T10:00:12+00:00",
        "2026-09-01T12:00:12+02:00",
        "2026-09-01T05:00:12-0500",
        "2026-09-01 10:00:12",
        "20260901T100012Z",
    ],
)
def test_iso_text_is_a_date_with_its_offset_or_in_utc(text):
    assert moment(text) == WRITTEN
    assert moment(text).tzinfo is UTC


def test_only_what_lies_between_2010_and_tomorrow_is_a_date():
    first = datetime(2010, 1, 1, tzinfo=UTC)
    soon, later = (int(time.time()) + hours * 3600 for hours in (23, 25))
    for value in (first.timestamp(), first.isoformat(), int(first.timestamp() * 1000), soon, soon * 1000):
        assert moment(value) is not None
    for value in (first.timestamp() - 1, "2009-12-31T23:59:59Z", later, str(later * 1000), "2999-01-01", "20260901"):
        assert moment(value) is None


def test_a_clock_that_is_behind_loses_no_date(monkeypatch):
    monkeypatch.setattr("db.values.time.time", lambda: 0.0)
    assert moment(SECONDS) == WRITTEN


@pytest.mark.parametrize(
    "value",
    [None, True, "", "soon", "-5", -SECONDS, 0, float("nan"), float("inf"), -float("inf"), 10**40, "9" * 41, "1e99",
     "inf", "nan", "0x6A95", [SECONDS], {"date": SECONDS}, "٣" * 10, "0001-01-01T00:00:00+14:00", "\0", f"{SECONDS}-1"],
    ids=repr,
)
def test_what_is_no_date_is_none(value):
    assert moment(value) is None


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers()))
def test_anything_is_read_without_an_error(value):
    found = moment(value)
    assert found is None or datetime(2010, 1, 1, tzinfo=UTC) <= found <= datetime.now(UTC) + timedelta(days=2)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6,
))
def test_no_value_is_too_odd_for_any_reader(value):
    assert (values.identity(value) or "1").isdecimal()
    assert 1 <= (values.side_px(value) or 1) <= 100_000
    assert values.whole(value, 99) in (None, *range(1, 100))
    for found in (values.text(value), values.code(value), values.username(value)):
        assert found is None or (len(found.encode()) > 0 and "\0" not in found)
    assert values.child(value, "a", 0) is None or isinstance(value, dict)


@pytest.mark.parametrize("value", [None, "", "\0", 5, ["text"], {"text": "text"}], ids=repr)
def test_an_empty_text_is_none_and_so_is_what_is_no_text(value):
    assert values.text(value) is None
