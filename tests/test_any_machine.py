"""The tests themselves: a machine that is busy with something else fails none of them."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

paused: list[int] = []


@settings(max_examples=2, database=None)
@given(st.integers())
def test_a_property_that_the_machine_paused_in_is_no_failure(number: int) -> None:
    if not paused:
        time.sleep(0.25)        # more than Hypothesis allows an example by itself, and only once: "unreliable results"
    paused.append(number)
