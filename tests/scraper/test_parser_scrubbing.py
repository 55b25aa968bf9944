"""What is kept of a page is enough to read its posts by, and nobody's business is not in it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.parser.documents import media_addresses
from scraper.parser.post_page import read_post_page
from scraper.parser.scrubbing import scrubbed
from scraper.parser.timelines import read_profile, read_timeline
from scraper.posts import Profile

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
PRIVATE = {
    "viewer": {"id": "99", "username": "the.visitor"},
    "xdt_viewer": {"user": {"username": "the.visitor"}},
    "csrf_token": "tok1",
    "LSD": {"token": "tok2"},
    "DTSGInitialData": {"token": "tok3"},
    "sessionid": "tok4",
    "device_id": "tok5",
    "cookies": ["tok6"],
    "unheard_of": "AQHk3jf93kfjw9fj3kfjw9f3jkfjw9f3kfj",
    "edge_media_to_parent_comment": {"edges": [{"node": {"text": "nice!", "owner": {"username": "a.commenter"}}}]},
    "preview_comments": [{"text": "lovely", "user": {"username": "a.commenter"}}],
    "edge_liked_by": {"count": 3, "edges": [{"node": {"username": "a.liker"}}]},
    "like_count": 321_321,
    "usertags": {"in": [{"user": {"username": "tagged.one"}}]},
    "edge_media_to_tagged_user": {"edges": [{"node": {"user": {"username": "tagged.one"}}}]},
    "facepile_top_likers": [{"username": "a.liker"}],
    "biography": "I live at 12 Harbour Street",
    "remark": "a text of nobody knows whom",
    "external": "https://l.instagram.com/?u=x&e=tok7",
    "profile_pic_url": "https://scontent.cdninstagram.com/v/t51.2885-19/1_n.jpg?oh=tok8",
}


def without_signatures(post):
    """The post as far as a sample tells: its addresses open nothing any more."""
    slides = [
        replace(
            slide,
            image=slide.image and replace(slide.image, url=""),
            lesser=tuple(replace(form, url="") for form in slide.lesser),
        )
        for slide in post.slides
    ]
    return replace(post, slides=tuple(slides))


@pytest.mark.parametrize("name", ["xig_grid", "xig_next_page", "xdt_timeline", "legacy_timeline"])
def test_the_posts_of_a_timeline_are_read_from_its_scrubbed_document_as_from_itself(name, document, instagram):
    owner = Profile("5550001234", "harbour.light")
    original = document(name)
    before = read_timeline([original], owner, instagram)
    after = read_timeline([scrubbed(original)], owner, instagram)
    assert before.posts
    assert after.has_next == before.has_next
    assert [*map(without_signatures, after.posts)] == [*map(without_signatures, before.posts)]
    assert media_addresses([scrubbed(original)]) == media_addresses([original])


@pytest.mark.parametrize(("name", "code"), [("xig_post_image", "DcvZZqTktaH"), ("xig_carousel", "DcN0M1TgABv")])
def test_a_post_is_read_from_its_scrubbed_page_as_from_itself(name, code, document, instagram):
    original = document(name)
    before = read_post_page([original], code, instagram)
    after = read_post_page([scrubbed(original)], code, instagram)
    assert without_signatures(after) == without_signatures(before)
    assert after.taken_at is not None


def test_the_profile_is_read_from_its_scrubbed_page_as_from_itself(document):
    original = document("xig_profile")
    assert read_profile([scrubbed(original)], "harbour.light") == read_profile([original], "harbour.light")


def test_nothing_of_the_visitor_or_of_other_people_and_no_signature_stays(document):
    grid = document("xig_grid") | PRIVATE
    kept = json.dumps(scrubbed({"data": [grid, {"deeper": PRIVATE}], "caption": {"text": "Fog", **PRIVATE}}))
    for word in ("the.visitor", "a.commenter", "a.liker", "tagged.one", "321321", "nice!", "lovely", "Street"):
        assert word not in kept
    assert not [number for number in range(1, 9) if f"tok{number}" in kept]
    assert "oh=" not in kept
    assert "oe=" not in kept
    assert "nobody knows" not in kept
    assert "AQHk3jf93" not in kept


def test_a_document_of_any_depth_and_size_is_scrubbed_in_bounded_time():
    deep: list = []
    for _ in range(900):
        deep = [deep]
    assert len(json.dumps(scrubbed(deep))) < 1000
    assert len(scrubbed([0] * 10**6)) == 10**6


@given(JSON)
def test_scrubbing_twice_changes_nothing(document):
    assert scrubbed(scrubbed(document)) == scrubbed(document)
