"""What tells settings apart: the fields in which they differ, and no two of them have the same words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.settings import Setting, fields_of, told_apart

RECIPE = {"name": "gatys", "size": 256, "steps": 168, "style_weight": 1.0, "content_layers": [["relu4_2", 1.0]],
          "scales": [0.25, 0.5, 1.0], "bounded": True}
DEFAULTS = {"tolerance": 0.0, "format": "png"}


def words_of(*changes: dict[str, Any], title: str = "gatys, 256 px, 168 steps") -> list[str]:
    """The words of settings that differ so from one another."""
    settings = []
    for number, change in enumerate(changes):
        fields = {name: value for name, value in change.items() if name in ("seed", "mix", "weights", "besides")}
        recipe = RECIPE | {name: value for name, value in change.items() if name not in fields}
        details = {"recipe": recipe, "seed": 0} | fields
        settings.append(Setting(title, f"{number}{'0' * 63}", fields_of(details, DEFAULTS)))
    return [str(words) for words in told_apart(settings)]


def test_one_setting_needs_no_more_than_its_title() -> None:
    assert words_of({}) == ["gatys, 256 px, 168 steps"]


@pytest.mark.parametrize(("first", "second", "expected"), [
    ({"style_weight": 100.0}, {"style_weight": 1e5}, ["style weight 100", "style weight 100000"]),
    ({"style_weight": 1.0}, {"style_weight": 1.0000001}, ["style weight 1", "style weight 1.0000001"]),
    ({}, {"tolerance": 0.05}, ["tolerance 0", "tolerance 0.05"]),
    ({}, {"format": "webp"}, ["format png", "format webp"]),
    ({}, {"bounded": False}, ["bounded on", "bounded off"]),
    ({}, {"scales": [1.0]}, ["scales 1/4+1/2+1", "scales 1"]),
    ({}, {"content_layers": [["relu3_1", 0.5], ["relu4_2", 1.0]]},
     ["content layers relu4_2", "content layers relu3_1=0.5+relu4_2"]),
    ({}, {"seed": 7}, ["seed 0", "seed 7"]),
    ({}, {"mix": "4 67 % + 7 33 %"}, ["mix none", "mix 4 67 % + 7 33 %"]),
    ({"weights": {"sha256": "ab" * 32}}, {"weights": {"sha256": "cd" * 32}},
     ["weights " + "ab" * 6, "weights " + "cd" * 6]),
    ({}, {"besides": {"start": "ef" * 32}}, ["start none", "start " + "ef" * 6]),
], ids=str)
def test_settings_of_one_title_say_in_what_they_differ(
    first: dict[str, Any], second: dict[str, Any], expected: list[str]
) -> None:
    assert words_of(first, second) == [f"gatys, 256 px, 168 steps: {words}" for words in expected]


def test_what_two_fields_share_out_is_all_said() -> None:
    grid = ({"style_weight": weight, "pooling": pooling} for weight in (1.0, 2.0) for pooling in ("max", "avg"))
    found = words_of(*grid)
    assert found[1].endswith(": style weight 1, pooling avg")
    assert len(set(found)) == 4


def test_titles_that_differ_say_enough() -> None:
    settings = [Setting(title, title, {"style_weight": float(len(title))}) for title in ("gatys", "tutorial")]
    assert [str(words) for words in told_apart(settings)] == ["gatys", "tutorial"]


VALUES = st.sampled_from([
    None, True, 0, 1, 0.5, 1e300, float("inf"), "", "a\nb", "\u202e", "ab" * 32, [], [0.5, 1.0], [float("inf")], ["a"],
    [["relu", 1.0]], [["relu", None]], [["relu"]], {"a": 1},
])


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), min_size=1, max_size=5))
def test_whatever_the_fields_no_two_settings_have_the_same_words(fields: list[dict[str, Any]]) -> None:
    settings = [Setting("title", f"{number}{'0' * 63}", each) for number, each in enumerate(fields)]
    words = [str(each) for each in told_apart(settings)]
    assert len(set(words)) == len(words)
    assert all(each.isprintable() for each in words)
