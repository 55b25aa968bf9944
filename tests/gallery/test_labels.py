"""Words on the wall: one line, visible, and no link but our own."""

import math
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Image, Result, ResultKey, ResultRecord, ResultStatus, Role
from gallery.labels import image_facts, label, plain, post_link, result_facts


def image(**source: object) -> Image:
    return Image(12, "ab" * 32, Path("a.jpg"), Role.CONTENT, 640, 480, **source)  # type: ignore[arg-type]


def facts(**record: object) -> dict[str, str]:
    values = {"recipe": "gatys", "size": 512, "steps": 1500, "seed": 7, "status": ResultStatus.DONE} | record
    made = ResultRecord(key=ResultKey("c", "s", "0123456789abcdef"), **values)  # type: ignore[arg-type]
    result = Result(1, 1, 2, Path("r.png"), datetime(2026, 3, 4, 5, 6, tzinfo=UTC), made)
    return {fact.name: fact.text for fact in result_facts(result)}


@given(st.text(st.characters()))
def test_a_label_is_one_line_of_visible_text(text: str) -> None:
    line = plain(text)
    assert not {category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"}
    assert line == line.strip()
    line.encode()


def test_a_mark_of_direction_cannot_turn_a_name_around() -> None:
    assert plain("photo\u202egpj.exe\n\x1b[31mred") == "photogpj.exe [31mred"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"profile": "nasa", "post_code": "Cx_1-z", "slide": 0}, "@nasa / Cx_1-z"),
        ({"profile": "nasa", "post_code": "Cx_1-z", "slide": 2}, "@nasa / Cx_1-z · 3"),
        ({"name": "cat.jpg"}, "cat.jpg"),
        ({"name": "\u202e\n"}, "image 12"),
        ({}, "image 12"),
    ],
)
def test_an_image_is_called_by_profile_and_post_or_by_its_file(source: dict[str, object], expected: str) -> None:
    assert label(image(**source)) == expected


@pytest.mark.parametrize("host", ["www.instagram.com", "instagram.com", "scontent.cdninstagram.com", "x.fbcdn.net"])
def test_an_image_from_instagram_links_to_its_post(host: str) -> None:
    post = image(source_url=f"https://{host}/v/t51/1_n.jpg?sig=1", post_code="Cx_1-z")
    assert post_link(post) == "https://www.instagram.com/p/Cx_1-z/"
    assert [fact.link for fact in image_facts(post) if fact.name == "Source"] == ["https://www.instagram.com/p/Cx_1-z/"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://www.instagram.com/a.jpg", "abc"),
        ("javascript:alert(1)//www.instagram.com", "abc"),
        ("https://instagram.com.evil.example/a.jpg", "abc"),
        ("https://evilinstagram.com/a.jpg", "abc"),
        ("https://evil.example/instagram.com", "abc"),
        ("https://www.instagram.com@evil.example/", "abc"),
        ("https://[broken/", "abc"),
        ("https://www.instagram.com/a.jpg", "../../evil"),
        ("https://www.instagram.com/a.jpg", "abc\n"),
        ("https://www.instagram.com/a.jpg", None),
        (None, "abc"),
    ],
)
def test_any_other_address_stays_text(address: str | None, code: str | None) -> None:
    other = image(source_url=address, post_code=code)
    assert all(fact.link is None for fact in image_facts(other))


@pytest.mark.parametrize(("address", "told"), [
    ("http://127.0.0.1:8000/v/1_n.jpg?stp=dst-jpg&oh=00_AQ&oe=6B0D5C93", "http://127.0.0.1:8000/v/1_n.jpg"),
    ("https://example.org/a.jpg", "https://example.org/a.jpg"), ("what?.jpg", "what?.jpg"),
])
def test_an_address_is_told_without_its_signature(address: str, told: str) -> None:
    assert [fact.text for fact in image_facts(image(source_url=address)) if fact.name == "Source"] == [told]


def test_facts_tell_an_image_s_number_and_its_caption_as_text_of_one_line() -> None:
    told = {fact.name: fact.text for fact in image_facts(image(caption="Fog\nover \u202ethe sea " + "x" * 999))}
    assert told["Image"] == "12"
    assert told["Caption"].startswith("Fog over the sea xxx")
    assert (len(told["Caption"]), told["Caption"][-1]) == (300, "…")
    assert "Caption" not in {fact.name for fact in image_facts(image())}


def test_facts_tell_how_a_result_was_made() -> None:
    losses = {"content_loss": 1234567.8, "style_loss": 0.00012345, "total_loss": 3.0}
    told = facts(**losses, seconds=83.4, details={"start_loss": 1200.0})
    assert told == {
        "Result": "r1",
        "Recipe": "gatys",
        "Size": "512 px",
        "Steps": "1,500",
        "Seed": "7",
        "Content loss": "1,234,568",
        "Style loss": "0.0001234",
        "Total loss": "3 · 0.25% of the start",
        "Time": "1 min 23 s",
        "Made": "2026-03-04 05:06 UTC",
        "Recipe hash": "0123456789ab",
    }


@pytest.mark.parametrize("start", [None, 0, -1.0, math.nan, math.inf, "1200", [], 10**400, 5e-324])
def test_a_start_that_makes_no_sense_gives_no_share(start: object) -> None:
    assert "of the start" not in facts(total_loss=3.0, details={"start_loss": start}).get("Total loss", "")


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_not_known_is_not_told(value: float | None) -> None:
    told = facts(content_loss=value, style_loss=value, total_loss=value, seconds=value, details={"start_loss": 1.0})
    assert not told.keys() & {"Content loss", "Style loss", "Total loss", "Time"}


def test_a_result_of_several_styles_names_them_all() -> None:
    assert facts(details={"mix": "4 67 % + 7 33 %"})["Styles"] == "4 67 % + 7 33 %"
    assert "Styles" not in facts()
