from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.shortcodes import code_of, pk_of, real_code, uploaded_at

NOW = datetime(2026, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pk", "code"),
    [
        (3999310043081137024, "DeAZ0uAgNuA"),
        (1922949326347663701, "BqvsDleB3lV"),
        (482584233761418119, "aye83DjauH"),
    ],
)
def test_pairs_seen_on_the_site_agree(pk, code):
    assert (pk_of(code), code_of(pk)) == (pk, code)


@given(st.integers(min_value=0, max_value=2**70))
def test_ids_survive_the_way_to_a_code_and_back(pk):
    assert pk_of(code_of(pk)) == pk


@pytest.mark.parametrize("text", ["DcvZZqTkt/H", "DcvZZqTktäH", " DcvZZqTktaH"])
def test_a_letter_outside_the_alphabet_is_an_error_and_never_a_wrong_number(text):
    assert real_code(text) is None
    with pytest.raises(ValueError, match="not a shortcode"):
        pk_of(text)


def test_a_key_for_followers_behind_a_code_is_cut_off():
    assert real_code("DcvZZqTktaH" + "k" * 28) == "DcvZZqTktaH"
    assert real_code("abc" + "k" * 28) is None


def test_an_id_tells_when_the_post_was_uploaded():
    taken_at = datetime.fromtimestamp(1788256812, UTC)
    uploaded = uploaded_at(3976508710566680199, NOW)
    assert 0 <= (taken_at - uploaded).total_seconds() < 448


@pytest.mark.parametrize("pk", [pk_of("z" * 12), 2**70])
def test_an_id_with_an_impossible_time_tells_nothing(pk):
    assert uploaded_at(pk, NOW) is None
