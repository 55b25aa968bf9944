"""When to stop reading, and which posts are meant, by date, without opening more pages than needed."""

from datetime import UTC, datetime, timedelta

import pytest

from demo.ids import code_of, pk_at
from scraper.dates import parse_since, parse_until
from scraper.errors import BadSetting
from scraper.posts import Post
from scraper.selection import Selection
from scraper.stopping import ClassifiedPosts, newest, reason_to_stop

DAY = timedelta(days=1)
NEWEST = datetime(2026, 9, 1, 12, tzinfo=UTC)


def posts(*age_days: float) -> list[Post]:
    pks = [pk_at(int((NEWEST - age * DAY).timestamp())) for age in age_days]
    return [Post(str(pk), code_of(pk), "image", ()) for pk in pks]


def pks(found) -> frozenset[str]:
    return frozenset(post.pk for post in found)


def test_known_posts_in_a_row_end_the_reading_but_pinned_ones_do_not():
    pinned, rest = posts(100, 101, 102), posts(*range(9))
    known = ClassifiedPosts(known=pks(pinned))
    assert reason_to_stop(pinned + rest[:4], True, known, limit=None, known_in_a_row=3) is None
    known = ClassifiedPosts(known=pks(rest[3:6]))
    assert reason_to_stop(rest, True, known, limit=None, known_in_a_row=3) == "caught_up"
    assert reason_to_stop(rest, True, known, limit=None, known_in_a_row=4) is None


def test_older_posts_in_a_row_end_the_reading_but_three_pinned_ones_may_be_old():
    old, rest = posts(100, 101, 102), posts(*range(9))
    assert reason_to_stop(old + rest[:3], True, ClassifiedPosts(older=pks(old)), limit=None) is None
    assert reason_to_stop(rest, True, ClassifiedPosts(older=pks(rest[4:8])), limit=None) == "date"


def test_posts_that_are_too_new_do_not_count_towards_a_limit():
    found = posts(*range(6))
    newer = ClassifiedPosts(newer=pks(found[:4]))
    assert reason_to_stop(found, True, newer, limit=3) is None
    assert reason_to_stop(found, True, newer, limit=2) == "limit"
    assert newest(found, newer, 1) == (found[4],)


def test_without_a_date_the_id_leaves_out_what_is_surely_outside():
    within, before, long_before, after = posts(5, 30, 200, 1)
    selection = Selection(since=NEWEST - 10 * DAY, until=NEWEST - 2 * DAY)
    assert selection.may_include(within.pk, None)
    assert selection.may_include(before.pk, None)       # it may have been published long after it was uploaded
    assert selection.is_older(before.pk, None)
    assert not selection.may_include(before.pk, NEWEST - 30 * DAY)
    assert not selection.may_include(long_before.pk, None)
    assert not selection.may_include(after.pk, None)
    assert selection.is_newer(after.pk, None)


def test_both_ends_are_inclusive():
    selection = Selection(since=NEWEST, until=NEWEST)
    assert selection.includes(NEWEST)
    assert not selection.includes(NEWEST - timedelta(seconds=1))
    assert not selection.includes(NEWEST + timedelta(seconds=1))


def test_days_and_times_are_in_utc_unless_they_say_otherwise():
    assert parse_since("2026-09-01") == datetime(2026, 9, 1, tzinfo=UTC)
    assert parse_until("2026-09-01") == datetime(2026, 9, 2, tzinfo=UTC) - timedelta(microseconds=1)
    assert parse_since("2026-09-01T18:30") == datetime(2026, 9, 1, 18, 30, tzinfo=UTC)
    assert parse_until("2026-09-01T18:30+02:00") == datetime(2026, 9, 1, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "", "1788256812", "0001-01-01T00:00+01:00"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(BadSetting, match="not a date"):
        parse_since(text)
