"""The freedoms that the command line gives by rewriting its arguments."""

from hypothesis import given
from hypothesis import strategies as st

from console.arguments import rewrite


def test_global_options_may_stand_anywhere() -> None:
    assert rewrite(["images", "--json", "--library", "x"]) == ["--library", "x", "images", "--json"]
    assert rewrite(["images", "--library=x", "-q"]) == ["--library=x", "-q", "images"]


def test_an_option_that_takes_ids_takes_several() -> None:
    assert rewrite(["stylize", "--content", "1", "2", "--style", "3", "--json"]) == [
        "stylize", "--content", "1", "--content", "2", "--style", "3", "--json",
    ]


def test_what_is_left_out_of_a_selection_is_no_option() -> None:
    assert rewrite(["images", "-3", "@natgeo", "-1-5", "-@ben", "--json", "-r3"]) == [
        "images", ",-3", "@natgeo", ",-1-5", ",-@ben", "--json", ",-r3",
    ]
    assert rewrite(["stylize", "--style", "7", "-#sea", "x.jpg", "-o", "y"]) == [
        "stylize", "--style", "7", "--style", ",-#sea", "--style", "x.jpg", "-o", "y",
    ]
    assert rewrite(["images", "--limit", "-3"]) == ["images", "--limit", "-3"]
    assert rewrite(["scrape", "ana", "-3"]) == ["scrape", "ana", "-3"]


def test_what_follows_two_dashes_is_left_alone() -> None:
    assert rewrite(["add", "--", "--library", "-q"]) == ["add", "--", "--library", "-q"]


@given(st.lists(st.sampled_from(["a", "1", "--content", "--library", "--", "-q", "--json", "--library=z"])))
def test_no_word_is_lost_and_ids_only_repeat_their_option(words: list[str]) -> None:
    rewritten = rewrite(words)
    for word in set(words):
        assert rewritten.count(word) >= words.count(word)
