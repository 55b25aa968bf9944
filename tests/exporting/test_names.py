"""Names of files: readable, unique, and safe wherever they land."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Image, Role
from exporting.names import MOST_BYTES, Names, safe, stem_of, without_dots


def image(**fields: object) -> Image:
    return Image(**{"id": 7, "sha256": "ab" * 32, "path": Path("x.jpg"), "role": Role.CONTENT, "width": 1, "height": 1,
                    **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "stem"),
    [
        ({"profile": "natgeo", "post_code": "DcvZXOD0JLA", "slide": 0}, "natgeo_DcvZXOD0JLA_1"),
        ({"profile": "harbour.light", "post_code": "-a_B-", "slide": 9}, "harbour.light_-a_B-_10"),
        ({"profile": "__ana__", "post_code": "Caaaaaaaaaa", "slide": 0}, "_ana__Caaaaaaaaaa_1"),
        ({"name": "night sky.jpeg"}, "night_sky"),
        ({"name": "a/../b.png"}, "a_.._b"),
        ({"name": "CON.png"}, "_CON"),
        ({"name": "nul.tar.gz"}, "_nul.tar"),
        ({"name": ".hidden.png"}, "hidden"),
        ({"name": "-rf.png"}, "rf"),
        ({"name": "кошка.png"}, "кошка"),
        ({"name": "a\x00\x1b[31m\u202egpj.png"}, "a__31m_gpj"),
        ({"name": "...png"}, "image"),
        ({}, "image_7"),
    ],
)
def test_an_image_is_named_by_what_people_know_it_by(fields: dict[str, object], stem: str) -> None:
    assert stem_of(image(**fields)) == stem


@given(st.text())
def test_any_name_is_one_visible_component_that_every_system_takes(text: str) -> None:
    name = safe(text)
    assert name
    assert len(name.encode()) <= MOST_BYTES + 1
    assert not set(name) & set('<>:"/\\|?*\0')
    assert not name.startswith((".", "-", "__"))
    assert not name.endswith((".", " "))
    assert name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert all(unicodedata.category(letter)[0] in "LN" or letter in "-_." for letter in name)
    assert "." not in without_dots(name)


def test_names_that_differ_in_capitals_alone_are_told_apart_and_the_earlier_keeps_its_own() -> None:
    names = Names()
    assert names.give("Sea", "aa" * 32) == "Sea"
    assert names.give("sea", "bb" * 32) == "sea_bbbbbbbb"
    assert names.give("SEA", "bb" * 31 + "cc") == "SEA_" + "bb" * 31 + "cc"
