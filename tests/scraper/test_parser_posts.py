import copy
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.importing import archive, gallery_dl, instaloader
from db.values import LONGEST_TEXT
from scraper.parser.media import read_post
from scraper.parser.post_page import read_post_page
from scraper.parser.timelines import read_profile, read_timeline
from scraper.posts import Fit, Post, Profile, Timeline, Unavailable
from scraper.site import site_at

HARBOUR = Profile("5550001234", "harbour.light", "Harbour Light")


def test_a_profile_is_read_from_its_own_object(document):
    assert read_profile([document("xig_grid"), document("xig_profile")], "harbour.light") == HARBOUR


def test_another_users_object_is_not_the_profile(document):
    assert read_profile([document("xig_profile")], "gull.watch") is None
    assert read_profile([{"data": {"xig_user_by_username": None}}], "harbour.light") is None


def test_a_private_profile_says_so(document):
    private = document("xig_profile")
    private["data"]["xig_user_by_username"] |= {"is_private": True, "latest_reel_media": None}
    assert read_profile([private], "harbour.light").is_private


def test_a_grid_of_the_newest_generation(document, instagram):
    timeline = read_timeline([document("xig_profile"), document("xig_grid")], HARBOUR, instagram)
    assert timeline.has_next is True
    assert [post.code for post in timeline.posts] == ["C4DSKkTgNkD", "DcvZZqTktaH", "DcQY_tT9Mux", "DcN0M1TgABv"]
    assert [post.kind for post in timeline.posts] == ["image", "image", "video", "carousel"]
    pinned, newest, of_another, carousel = timeline.posts
    assert newest.caption == "First fog of autumn #fog @ferry.co"
    assert (newest.pk, newest.owner_pk, newest.taken_at) == ("3976508710566680199", "5550001234", None)
    assert of_another.owner_pk == "9990009999"
    assert (carousel.slides, carousel.slides_expected) == ((), 3)
    assert not any(post.is_whole for post in timeline.posts)
    assert pinned.slides[0].image.fit is Fit.PREVIEW


def test_the_next_page_ends_the_timeline_only_where_it_says_so(document, instagram):
    next_page = document("xig_next_page")
    assert read_timeline([next_page], HARBOUR, instagram).has_next is False
    del next_page["data"]["node"]["polaris_ordered_timeline_connection"]["page_info"]
    assert read_timeline([next_page], HARBOUR, instagram).has_next is None


@pytest.mark.parametrize("root", ["node", "user", "xig_user_by_username", "moved_somewhere_else"])
def test_a_timeline_is_found_wherever_it_hangs(document, instagram, root):
    node = document("xig_next_page")["data"]["node"]
    timeline = read_timeline([{"data": {root: node}}], HARBOUR, instagram)
    assert [post.code for post in timeline.posts] == ["aydJdTgAAJ"]


def test_posts_are_found_even_when_the_timeline_has_another_name(document, instagram):
    node = document("xig_grid")["data"]["xig_user_by_username"]
    moved = {"data": {"shelf": {"books": node["polaris_ordered_timeline_connection"]["edges"]}}}
    timeline = read_timeline([moved], HARBOUR, instagram)
    assert [post.code for post in timeline.posts] == ["C4DSKkTgNkD", "DcvZZqTktaH", "DcN0M1TgABv"]
    assert timeline.has_next is None


def test_another_users_timeline_is_not_this_ones(document, instagram):
    other = Profile("9990009998", "gull.watch")
    assert read_timeline([document("xig_next_page")], other, instagram) is None


def test_the_end_of_another_tab_is_not_the_end_of_the_timeline(document, instagram):
    legacy = document("legacy_timeline")
    user = legacy["data"]["user"]
    user["edge_felix_video_timeline"] = {"edges": [], "page_info": {"has_next_page": False}}
    assert read_timeline([legacy], HARBOUR, instagram).has_next is True


def test_the_post_page_of_the_newest_generation(document, instagram):
    post = read_post_page([document("xig_post_image")], "DcvZZqTktaH", instagram)
    assert post.taken_at == datetime.fromtimestamp(1788256812, UTC)
    assert post.caption == "First fog of autumn #fog @ferry.co"
    [slide] = post.slides
    assert slide.alt_text == "Photo by Harbour Light on September 01, 2026. May be an image of fog."
    assert (slide.original_width, slide.original_height) == (1440, 1920)
    assert slide.image.fit is Fit.ORIGINAL
    assert "stp=dst-jpg_e35_tt6" in slide.image.url
    assert post.is_whole


def test_a_post_page_tells_of_the_post_asked_for_only(document, instagram):
    other = read_post_page([document("xig_post_image")], "C4DSKkTgNkD", instagram)
    assert other.pk == "3315573641688701187"
    assert not other.is_whole
    assert read_post_page([document("xig_post_image")], "DcN0M1TgABv", instagram) is None


def test_a_carousel_keeps_every_slide_in_its_place(document, instagram):
    inner = document("xig_carousel")
    wrapped = {"data": {"xig_polaris_media": {"code": inner["code"], "if_not_gated_logged_out": inner}}}
    post = read_post_page([wrapped], "DcN0M1TgABv", instagram)
    assert [(slide.index, slide.is_video) for slide in post.slides] == [(0, False), (1, True), (2, False)]
    assert [slide.pk for slide in post.slides] == [child["pk"] for child in inner["carousel_media"]]
    assert [slide.image.fit for slide in post.slides] == [Fit.ORIGINAL, Fit.ORIGINAL, Fit.PREVIEW]
    assert post.taken_at == datetime.fromtimestamp(1787216400, UTC)
    assert not post.is_whole
    inner["carousel_media"][1] = None
    assert [slide.index for slide in read_post(inner, instagram).slides] == [0, 1, 2]


def test_a_gated_post_and_one_that_is_gone_are_unavailable(document, instagram):
    gated = read_post_page([document("xig_post_gated")], "DcQY_tT9Mux", instagram)
    assert gated == Unavailable("not shown to visitors: Age-restricted content")
    gone = read_post_page([{"data": {"xig_polaris_media": None}}], "DcQY_tT9Mux", instagram)
    assert isinstance(gone, Unavailable)


@pytest.mark.parametrize("root", [None, {"items": [], "num_results": 0, "more_available": False}], ids=str)
def test_a_post_that_is_gone_is_gone_in_the_xdt_generation_too(instagram, root):
    answer = {"data": {"xdt_api__v1__media__shortcode__web_info": root}, "status": "ok"}
    gone = read_post_page([answer], "DcQY_tT9Mux", instagram)
    assert isinstance(gone, Unavailable)
    assert gone.is_gone


def test_a_grid_of_the_xdt_generation_tells_everything(document, instagram):
    timeline = read_timeline([document("xdt_timeline")], HARBOUR, instagram)
    [post] = timeline.posts
    assert timeline.has_next is True
    assert post.is_whole
    assert (post.pk, post.kind) == ("3976508710566680199", "image")
    assert (post.slides[0].image.width, post.slides[0].image.fit) == (1440, Fit.ORIGINAL)


def test_the_older_api_answer_is_a_timeline_too(document, instagram):
    edges = document("xdt_timeline")["data"]["xdt_api__v1__feed__user_timeline_graphql_connection"]["edges"]
    node = edges[0]["node"] | {"pk": 3976508710566680199, "media_type": "1", "image_versions2": None}
    node["user"]["pk"] = 5550001234
    timeline = read_timeline([{"items": [node], "more_available": False, "status": "ok"}], HARBOUR, instagram)
    assert (timeline.has_next, timeline.posts[0].pk) == (False, "3976508710566680199")


NOTHING = {"edges": [], "page_info": {"end_cursor": None, "has_next_page": False}}
XDT_TIMELINE = "xdt_api__v1__feed__user_timeline_graphql_connection"


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {XDT_TIMELINE: NOTHING, "xdt_viewer": {"user": None}}, "status": "ok"},
        {"items": [], "num_results": 0, "more_available": False, "status": "ok"},
        {"items": [], "more_available": False, "user": {"pk": 5550001234, "username": "harbour.light"}},
    ],
    ids=["xdt", "v1", "v1 with its user"],
)
def test_an_empty_list_that_says_that_nothing_follows_is_the_end_of_the_timeline(instagram, answer):
    assert read_timeline([answer], HARBOUR, instagram) == Timeline((), has_next=False)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {XDT_TIMELINE: {"edges": [], "page_info": {"has_next_page": None}}}},
        {"data": {XDT_TIMELINE: {"edges": [None], "page_info": {"has_next_page": False}}}},
        {"data": {XDT_TIMELINE: NOTHING, "user": {"pk": "9990009998", "username": "gull.watch"}}},
        {"data": {"user": {"username": "gull.watch", XDT_TIMELINE: NOTHING}}},
        {"data": {"xdt_api__v1__feed__timeline__connection": NOTHING}},
        {"data": {"xdt_api__v1__feed__user_timeline_highlights_connection": NOTHING}},
        {"data": {"xdt_api__v1__clips__user__connection_v2": NOTHING}},
        {"data": {"xdt_suggested_posts": {"items": [], "more_available": False}}},
        {"items": [], "more_available": False, "user": {"pk": 9990009998, "username": "gull.watch"}},
        {"items": [], "more_available": False, "total_count": 0, "status": "ok"},
        {"items": [], "status": "ok"},
    ],
    ids=str,
)
def test_an_empty_list_of_somebody_or_something_else_ends_nothing(instagram, answer):
    assert read_timeline([answer], HARBOUR, instagram) is None


def test_a_grid_of_the_legacy_generation(document, instagram):
    timeline = read_timeline([document("legacy_timeline")], HARBOUR, instagram)
    [post] = timeline.posts
    assert (timeline.has_next, post.kind, post.code) == (True, "carousel", "DcN0M1TgABv")
    assert post.taken_at == datetime.fromtimestamp(1787216400, UTC)
    assert [(slide.is_video, slide.original_width) for slide in post.slides] == [(False, 1080), (True, 1080)]
    assert read_profile([document("legacy_timeline")], "harbour.light").pk == "5550001234"


OF_2016 = {
    "code": "BHZyXYDDIYe",
    "id": "1286284566573876766",
    "date": 1467300000,
    "dimensions": {"width": 1080, "height": 1350},
    "owner": {"id": "5550001234"},
    "caption": "Low tide #fog",
    "likes": {"count": 12},
    "comments": {"count": 3},
    "comments_disabled": False,
    "is_video": False,
    "thumbnail_src": "https://scontent.cdninstagram.com/t51.2885-15/s640x640/sh0.08/e35/c0.135.1080.1080/1_n.jpg",
    "display_src": "https://scontent.cdninstagram.com/t51.2885-15/e35/1_n.jpg?ig_cache_key=x",
}


@pytest.mark.parametrize("left_out", [None, "is_video", "dimensions", "likes"])
def test_a_grid_of_2016_tells_everything(instagram, left_out):
    node = {key: value for key, value in OF_2016.items() if key != left_out}
    user = {"id": "5550001234", "username": "harbour.light", "media": {"nodes": [node], "count": 1}}
    [post] = read_timeline([{"entry_data": {"ProfilePage": [{"user": user}]}}], HARBOUR, instagram).posts
    assert (post.pk, post.code, post.kind) == ("1286284566573876766", "BHZyXYDDIYe", "image")
    assert post.owner_pk == "5550001234"
    assert (post.taken_at, post.caption) == (datetime.fromtimestamp(1467300000, UTC), "Low tide #fog")
    assert (post.slides[0].image.url, post.slides[0].image.fit) == (OF_2016["display_src"], Fit.ORIGINAL)
    assert post.is_whole


def test_a_post_page_of_2016_is_read_too(instagram):
    node = OF_2016 | {"owner": {"id": "5550001234", "username": "harbour.light"}}
    post = read_post_page([{"entry_data": {"PostPage": [{"media": node}]}}], "BHZyXYDDIYe", instagram)
    assert (post.owner_name, post.slides[0].image.fit) == ("harbour.light", Fit.ORIGINAL)


ABSENT = object()


@pytest.mark.parametrize("nothing", [None, [], ABSENT], ids=["null", "empty", "absent"])
@pytest.mark.parametrize("generation", ["listed", "legacy"])
def test_a_carousel_without_a_list_of_slides_is_its_picture_and_not_whole(document, instagram, generation, nothing):
    if generation == "listed":
        key, value = "carousel_media", nothing
        picture = document("xig_post_image")["data"]["xig_polaris_media"]["if_not_gated_logged_out"]
        node = picture | {"media_type": 8, "__typename": "XIGPolarisCarouselMedia"}
    else:
        key, value = "edge_sidecar_to_children", {"edges": nothing} if nothing == [] else nothing
        timeline = document("legacy_timeline")["data"]["user"]["edge_owner_to_timeline_media"]
        node = timeline["edges"][0]["node"]
        node["display_url"] = node["display_url"].partition("?")[0]
    node.pop(key, None)
    if nothing is not ABSENT:
        node[key] = value
    post = read_post(node, instagram)
    [slide] = post.slides
    assert (post.kind, post.slides_listed, slide.index, slide.image.fit) == ("carousel", False, 0, Fit.ORIGINAL)
    assert not post.is_whole
    # Where another object of the page lists them, that one is the fuller.
    child = {"pk": "1", "code": "DcN0M053YBi", "media_type": 1, "image_versions2": None}
    fuller = node | {"carousel_media": [child]}
    assert read_post_page([node, fuller], post.code, instagram).slides[0].pk == "1"


def test_a_carousel_whose_cover_is_a_video_s_has_a_video_for_it(instagram):
    node = {"code": "DcvZZqTktaH", "media_type": 8, "carousel_media": None, "video_versions": [{"url": "x"}],
            "display_uri": "https://scontent.cdninstagram.com/v/t51.71878-15/1_n.jpg"}
    assert [slide.is_video for slide in read_post(node, instagram).slides] == [True]


EXAMPLES = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "documents").glob("*.json"))
}
ODD_VALUES = (None, [], {}, "", "text", 0, -1, 10**40, 1.5, True, [None], {"edges": None}, "\ud800\0", [[[]]],
              {"node": {"code": "DcvZZqTktaH", "media_type": []}})


def mutate(value, rng):
    """Replace one value somewhere inside by something that does not belong there."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        return value | {key: mutate(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], mutate(value[place], rng), *value[place + 1 :]]
    return copy.deepcopy(rng.choice(ODD_VALUES))


@settings(max_examples=400)
@given(name=st.sampled_from(sorted(EXAMPLES)), seed=st.integers(0, 2**32), changes=st.integers(1, 6))
def test_a_mutilated_document_is_read_without_an_error_and_fits_the_catalog(name, seed, changes):
    rng = random.Random(seed)
    documents = [EXAMPLES[name]]
    for _ in range(changes):
        documents = [mutate(documents[0], rng)]
    site = site_at()
    read_profile(documents, "harbour.light")
    timeline = read_timeline(documents, HARBOUR, site)
    found = list(timeline.posts if timeline else ())
    page = read_post_page(documents, "DcvZZqTktaH", site)
    found += [page] if isinstance(page, Post) else []
    for post in found:
        assert post.pk.isdigit()
        assert isinstance((post.caption or "").encode(), bytes)
        for slide in post.slides:
            assert slide.original_width is None or 0 < slide.original_width < 2**31
            assert slide.image is None or site.serves_images(slide.image.url)


@pytest.mark.parametrize("key", ["taken_at", "taken_at_timestamp", "date"])
def test_a_post_has_its_date_under_the_key_of_each_generation(instagram, key):
    node = {"code": "DcvZZqTktaH", "pk": "3976508710566680199", "display_url": None, "taken_at": None}
    assert read_post(node | {key: "1788256812000"}, instagram).taken_at == datetime(2026, 9, 1, 10, 0, 12, tzinfo=UTC)
    told_otherwise = {"caption": {"created_at": 1_788_256_812}}       # the caption's own moment is not the post's
    assert read_post(node | told_otherwise, instagram).taken_at is None


@pytest.mark.parametrize(
    "caption", ["é" * 30_000, "a\0b", "half a pair \ud83d", "\0", ""], ids=["long", "null", "half", "bare", "empty"]
)
def test_a_caption_is_the_same_by_scrape_and_by_add(instagram, caption):
    code, pk, owner = "DcN0M1TgABv", "3967056427071045743", {"id": "5550001234", "username": "harbour.light"}
    scraped = read_post({"code": code, "pk": pk, "display_url": None, "caption": caption}, instagram)
    slide = {"post_id": pk, "post_shortcode": code, "owner_id": owner["id"], "username": owner["username"]}
    node = {"id": pk, "shortcode": code, "owner": owner, "caption": caption}
    added = [
        gallery_dl.read(slide | {"description": caption}).post.caption,
        instaloader.read({"instaloader": {"node_type": "Post"}, "node": node}, None).post.caption,
        next(archive.read([{"media": [{"uri": "a.jpg", "title": caption}]}])).caption,
    ]
    assert added == [scraped.caption] * 3
    assert scraped.caption is None or len(scraped.caption) <= LONGEST_TEXT


def test_a_caption_of_an_archive_is_cut_between_letters_and_not_inside_one():
    damaged = ("a" + "é" * LONGEST_TEXT).encode().decode("latin-1")
    (entry,) = archive.read([{"media": [{"uri": "a.jpg", "title": damaged}]}])
    assert entry.caption == "a" + "é" * (LONGEST_TEXT - 1)


def test_an_id_and_a_date_are_the_same_by_scrape_and_by_add(instagram):
    node = {"code": "DcN0M1TgABv", "pk": "3967056427071045743_5550001234", "display_url": None,
            "taken_at": "1787216400000", "user": {"pk": 5550001234}}
    slide = {"post_id": node["pk"], "post_shortcode": node["code"], "owner_id": 5550001234,
             "username": "harbour.light", "date": node["taken_at"]}
    scraped, added = read_post(node, instagram), gallery_dl.read(slide).post
    assert (scraped.pk, scraped.owner_pk, scraped.taken_at) == (added.pk, added.owner_pk, added.taken_at)
    assert added.taken_at == datetime(2026, 8, 20, 9, tzinfo=UTC)
