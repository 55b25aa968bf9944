"""What other tools' JSON says, as pure values: the real shapes, and any other value without an exception."""

import json
import lzma
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.importing import archive, gallery_dl, instaloader
from db.importing.sidecars import decode

SLIDE = {
    "category": "instagram", "subcategory": "posts", "post_id": "3967056427071045743", "post_shortcode": "DcN0M1TgABv",
    "owner_id": "5550001234", "username": "Harbour.Light", "fullname": "Harbour Light", "count": 3, "num": 2,
    "media_id": "3967056426640965730", "post_date": "2026-08-20 09:00:00", "date": "2026-08-20 08:59:59",
    "description": "Nets", "tagged_users": [{"id": "1", "username": "somebody"}], "video_url": None,
    "width": 1080, "height": 1350,
}
NODE: dict[str, Any] = {
    "node": {
        "id": "3967056427071045743", "shortcode": "DcN0M1TgABv", "taken_at_timestamp": 1787216400,
        "owner": {"id": "5550001234", "username": "harbour.light"},
        "edge_media_to_caption": {"edges": [{"node": {"text": "Nets"}}]},
        "edge_sidecar_to_children": {"edges": [
            {"node": {"id": "31", "is_video": False, "accessibility_caption": "A net"}},
            {"node": {"id": "32", "is_video": True}},
        ]},
    },
    "instaloader": {"version": "4.14", "node_type": "Post"},
}
LATER_NODE: dict[str, Any] = {
    "node": {
        "id": 3967056427071045743, "shortcode": "DcN0M1TgABv", "date": 1787216400, "caption": "Nets", "is_video": False,
        "iphone_struct": {
            "user": {"pk": 5550001234, "username": "harbour.light"},
            "carousel_media": [{"pk": 31, "media_type": 1}, {"pk": "32", "media_type": 2}],
        },
    },
    "instaloader": {"version": "4.15", "node_type": "Post"},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def with_any_value_anywhere(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The real thing with some of its values replaced by whatever, at its first level and inside its node."""
    changes = st.dictionaries(st.sampled_from(sorted({*whole, *whole.get("node", {})})), json_values)

    def changed(change: dict[str, Any]) -> dict[str, Any]:
        outer = whole | {key: value for key, value in change.items() if key in whole}
        if isinstance(outer.get("node"), dict):
            outer["node"] = outer["node"] | {key: value for key, value in change.items() if key not in whole}
        return outer

    return changes.map(changed)


def test_a_sidecar_of_gallery_dl_is_one_slide_among_others() -> None:
    found = gallery_dl.read(SLIDE)
    assert found is not None
    post = found.post
    assert (post.pk, post.code, post.owner_pk, found.owner_name) == (
        "3967056427071045743", "DcN0M1TgABv", "5550001234", "harbour.light",
    )
    assert (found.index, found.slide.pk, len(post.slides), post.kind) == (1, "3967056426640965730", 3, "carousel")
    assert (post.taken_at, post.caption) == (datetime(2026, 8, 20, 9, tzinfo=UTC), "Nets")


def test_ids_may_be_numbers_and_a_single_picture_may_have_no_number() -> None:
    alone = {key: value for key, value in SLIDE.items() if key != "num"}
    found = gallery_dl.read(alone | {"post_id": 3967056427071045743, "owner_id": 5550001234, "count": 1})
    assert found is not None
    assert (found.post.pk, found.index, found.post.kind) == ("3967056427071045743", 0, "image")
    assert gallery_dl.read(alone) is None     # one of three, and nobody says which


@pytest.mark.parametrize(
    "change",
    [
        {"category": "twitter"}, {"subcategory": "stories"}, {"subcategory": "avatar"}, {"post_id": "../../etc"},
        {"post_shortcode": None}, {"owner_id": -5}, {"username": "a/b"}, {"num": 0}, {"num": 10**30}, {"num": True},
        {"post_url": "https://www.instagram.com/stories/harbour.light/"},
    ],
)
def test_what_is_not_surely_a_slide_of_a_post_is_none(change: dict[str, Any]) -> None:
    assert gallery_dl.read(SLIDE | change) is None


@pytest.mark.parametrize("data", [NODE, LATER_NODE], ids=["graphql", "app"])
def test_a_file_of_instaloader_lists_every_slide(data: dict[str, Any]) -> None:
    found = instaloader.read(data, 1)
    assert found is not None
    assert [(slide.pk, slide.is_video) for slide in found.post.slides] == [("31", False), ("32", True)]
    assert (found.post.owner_pk, found.owner_name) == ("5550001234", "harbour.light")
    assert (found.post.taken_at, found.post.caption) == (datetime(2026, 8, 20, 9, tzinfo=UTC), "Nets")
    assert instaloader.read(data, 3) is None
    assert instaloader.read(data | {"instaloader": {"node_type": "StoryItem"}}, 1) is None


@given(json_values)
def test_no_json_value_is_too_odd_to_be_read(data: Any) -> None:
    for found in (gallery_dl.read(data), instaloader.read(data, None)):
        assert found is None or found.post.pk.isdecimal()
    assert all(isinstance(entry.uri, str) for entry in archive.read(data))


@given(with_any_value_anywhere(SLIDE))
def test_gallery_dl_with_wrong_types_is_a_sound_record_or_nothing(data: dict[str, Any]) -> None:
    found = gallery_dl.read(data)
    assert found is None or (found.post.pk.isdecimal() and found.slide.index == found.index)


@given(with_any_value_anywhere(NODE) | with_any_value_anywhere(LATER_NODE), st.none() | st.integers(1, 99))
def test_instaloader_with_wrong_types_is_a_sound_record_or_nothing(data: dict[str, Any], number: int | None) -> None:
    found = instaloader.read(data, number)
    assert found is None or (found.post.pk.isdecimal() and found.slide.index == found.index)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_are_too_broken(data: bytes, compressed: bool) -> None:
    found = decode(data, compressed=compressed)
    assert found is None or json.loads(json.dumps(found)) == found or found != found


def test_a_file_that_is_too_long_too_deep_or_unpacks_to_too_much_is_nothing() -> None:
    assert decode(b"[" * 100_000) is None
    assert decode(json.dumps(["x" * 100]).encode(), 50) is None
    assert decode(lzma.compress(b" " * 1_000_000 + b"1"), 10_000, compressed=True) is None
    assert decode(lzma.compress(b'{"a": 1}'), compressed=True) == {"a": 1}


@given(st.text())
def test_a_text_that_went_through_the_archive_is_as_it_was_typed(typed: str) -> None:
    if not any(0xD800 <= ord(letter) < 0xE000 for letter in typed):
        assert archive.repaired(typed.encode().decode("latin-1")) == typed


def test_a_text_that_was_not_damaged_stays() -> None:
    assert archive.repaired("Café") == "Café"
    assert archive.repaired("שלום") == "שלום"


def test_the_pictures_of_an_archive_have_the_caption_and_date_of_their_post() -> None:
    posts = [
        {"media": [{"uri": "media/a.jpg", "creation_timestamp": 1787216400, "title": "Caf\u00c3\u00a9"}]},
        {"title": "Two", "creation_timestamp": 1787216401, "media": [{"uri": "media/b.webp"}, {"uri": "media/c.mp4"}]},
        {"media": None}, "noise",
    ]
    assert [(entry.uri, entry.caption, entry.taken_at) for entry in archive.read(posts)] == [
        ("media/a.jpg", "Café", datetime(2026, 8, 20, 9, tzinfo=UTC)),
        ("media/b.webp", "Two", datetime(2026, 8, 20, 9, 0, 1, tzinfo=UTC)),
    ]
