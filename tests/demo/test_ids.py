"""Media ids, codes and upload moments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import ids


@pytest.mark.parametrize(
    ("pk", "code"),
    [
        (3999310043081137024, "DeAZ0uAgNuA"),
        (1922949326347663701, "BqvsDleB3lV"),
        (482584233761418119, "aye83DjauH"),
        (3976508710566680199, "DcvZZqTktaH"),
        (3967056427071045743, "DcN0M1TgABv"),
    ],
)
def test_known_pairs_of_id_and_code_agree_both_ways(pk: int, code: str) -> None:
    assert ids.code_of(pk) == code
    assert ids.pk_of(code) == pk


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_a_code_stands_for_exactly_one_id(pk: int) -> None:
    assert ids.pk_of(ids.code_of(pk)) == pk


@given(st.integers(min_value=1_320_000_000, max_value=2_000_000_000), st.integers(0, 2**23 - 1))
def test_an_id_carries_its_upload_moment_whatever_its_low_bits(unix_s: int, low: int) -> None:
    assert ids.uploaded_at(ids.pk_at(unix_s, low)) == unix_s


def test_zero_has_no_code() -> None:
    with pytest.raises(ValueError, match="positive"):
        ids.code_of(0)
