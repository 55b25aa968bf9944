"""What runs asked of a site, and when it is left alone, is kept by site and forgotten in time."""

from datetime import UTC, datetime, timedelta

from db.politeness import Answer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_page_loads_are_kept_by_site_for_a_day(library):
    politeness = library.politeness
    politeness.page_loaded("a", NOON)
    politeness.page_loaded("b", NOON + HOUR)
    assert politeness.pages_since("a", NOON - HOUR) == [NOON]
    assert politeness.pages_since("a", NOON) == []
    politeness.page_loaded("b", NOON + 25 * HOUR)
    assert politeness.pages_since("a", NOON - HOUR) == []


def test_a_cool_down_ends_by_itself_and_says_why_it_began(library):
    answer = Answer(200, "https://www.instagram.com/accounts/login/", "PolarisCAAIGLoginHomepageRoute")
    begun = library.politeness.refused("a", "login page", NOON, answer)
    assert library.politeness.cool_down("a", NOON + HOUR - timedelta(seconds=1)) == begun
    assert (begun.evidence, begun.answer) == ("login page", answer)
    assert library.politeness.cool_down("a", NOON + HOUR) is None
    assert library.politeness.cool_down("b", NOON) is None


def test_what_lies_in_the_future_counts_from_now(library):
    library.politeness.page_loaded("a", NOON + 99 * HOUR)
    library.politeness.refused("a", "login page", NOON + 99 * HOUR)
    library.politeness.clamp_to_now("a", NOON)
    assert library.politeness.pages_since("a", NOON - HOUR) == [NOON]
    assert library.politeness.cool_down("a", NOON).until == NOON + HOUR
