"""Entries of a timeline in a shape that nobody knows are counted, in every generation, and prove nothing (P19)."""

import time
from types import SimpleNamespace

import pytest

from demo.behaviour import Behaviour, OddNodes
from demo.cdn import Cdn, Easel
from demo.documents import distorted, generation_of
from demo.samples import sample_account, sample_user
from demo.timeline import first_page
from scraper.collect import open_post, open_post_of_somebody
from scraper.errors import PageChanged
from scraper.grid import profile_page
from scraper.parser.documents import body
from scraper.parser.page_kind import PageKind
from scraper.parser.post_page import read_post_page
from scraper.parser.results import holds_unknown_data, holds_unknown_lists
from scraper.parser.signs import signs_of
from scraper.parser.timelines import read_timeline
from scraper.posts import Profile, Unavailable
from scraper.reparse import reparse
from scraper.site import site_at
from tests.scraper.playing import PlayedTab

SITE = site_at("http://127.0.0.1:9")
OWNER = Profile(str(sample_user().pk), "harbour.light")
SHAPES = ("wrapped", "renamed_node", "renamed_code", "list", "text", "unit")
TIMELINES = {
    "xig": ("xig_user_by_username", "polaris_ordered_timeline_connection"),
    "xdt": ("xdt_api__v1__feed__user_timeline_graphql_connection",),
    "legacy": ("user", "edge_owner_to_timeline_media"),
}


def page(generation="xig", posts=6, **behaviour):
    """The documents of a profile's page as the replica writes them."""
    account = sample_account("harbour.light", posts, Behaviour(generation=generation, **behaviour))
    made, easel = generation_of(account), Easel(Cdn(SITE.base_url, b"key", time.time), account.behaviour)
    documents = made.profile(account, easel), made.timeline(account, first_page(account), easel)
    return [distorted(document, account.behaviour) for document in documents]


def connection_in(documents, generation="xig"):
    found = documents[1]["data"]
    for name in TIMELINES[generation]:
        found = found[name]
    return found


def read(documents):
    timeline = read_timeline(documents, OWNER, SITE)
    return len(timeline.posts), timeline.not_understood, timeline.has_next


@pytest.mark.parametrize("generation", TIMELINES)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_entry_that_is_neither_null_nor_understood_is_counted(generation, shape):
    assert read(page(generation)) == (6, 0, False)
    assert read(page(generation, odd_nodes=OddNodes(shape))) == (0, 6, False)
    assert read(page(generation, odd_nodes=OddNodes(shape, every=2))) == (3, 3, False)
    look = profile_page(page(generation, odd_nodes=OddNodes(shape, every=6)), "harbour.light", SITE)
    assert (len(look.timeline.posts), look.timeline.not_understood) == (5, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_odd_item_of_the_oldest_api_is_counted_too(shape):
    nodes = [edge["node"] for edge in connection_in(page("xdt"), "xdt")["edges"]]
    edges = connection_in(page("xdt", odd_nodes=OddNodes(shape)), "xdt")["edges"]
    strange = [edge.get("node", edge) if isinstance(edge, dict) else edge for edge in edges]
    answer = {"more_available": False, "num_results": 6, "status": "ok"}
    assert read([answer | {"items": strange}]) == (0, 6, False)
    assert read([answer | {"items": nodes[:3] + strange[3:]}]) == (3, 3, False)


@pytest.mark.parametrize("generation", TIMELINES)
def test_nulls_are_nothing_and_an_edge_without_its_node_is_something(generation):
    documents = page(generation)
    edges = connection_in(documents, generation)["edges"]
    edges[:3] = [None, {"node": None, "cursor": "AQHT"}, {}]
    assert read(documents) == (3, 1, False)


@pytest.mark.parametrize("moved", [{"node": None, "media": {"pk": "1"}}, {"node": {"code": 5}}, [], "", 0, False])
def test_whatever_stands_in_the_place_of_an_edge_is_counted(moved):
    documents = page()
    connection_in(documents)["edges"][2] = moved
    assert read(documents) == (5, 1, False)


@pytest.mark.parametrize("shape", ["renamed_code", "wrapped"])
def test_another_persons_list_is_not_this_ones_however_odd_it_is(shape):
    documents = page("xdt", odd_nodes=OddNodes(shape))
    assert read_timeline(documents, Profile("9990009998", "gull.watch"), SITE) is None


def test_a_list_of_posts_that_others_made_with_the_profile_is_its_own():
    documents = page("xdt")
    for edge in connection_in(documents, "xdt")["edges"]:
        edge["node"] |= {key: {"pk": "9990009998", "username": "gull.watch"} for key in ("user", "owner")}
    assert read_timeline(documents, OWNER, SITE) is None
    edge["node"]["coauthor_producers"] = [{"pk": OWNER.pk}]
    assert read(documents) == (6, 0, False)


def test_a_list_that_hangs_on_another_person_is_not_this_ones_whoever_its_entries_name():
    [key], document = TIMELINES["xdt"], page("xdt", odd_nodes=OddNodes("renamed_code"))[1]
    document["data"] = {"user": {"pk": "9990009998", key: document["data"][key]}}
    assert read_timeline([document], OWNER, SITE) is None


def test_edges_under_another_name_are_read_where_they_are_understood_and_counted_where_not():
    documents = page(odd_nodes=OddNodes("renamed_code", every=2))
    connection = connection_in(documents)
    connection["rows"] = connection.pop("edges")
    assert read(documents) == (3, 3, False)
    documents[1]["data"]["xig_user_by_username"]["polaris_ordered_timeline_connection"] = connection["rows"]
    assert read(documents) == (3, 3, None)


def test_strangers_among_posts_are_counted_where_the_timeline_has_another_name():
    documents = page(odd_nodes=OddNodes("renamed_code", every=2))
    user = documents[1]["data"]["xig_user_by_username"]
    user["shelf"] = {"books": user.pop("polaris_ordered_timeline_connection")}
    timeline = read_timeline(documents, OWNER, SITE)
    assert (len(timeline.posts), timeline.not_understood, timeline.is_in_place) == (3, 3, False)


def test_a_streamed_part_that_was_broken_leaves_its_place():
    first = '{"data":{"node":{"t":{"edges":[1]}}}}'
    part = '{"path":["node","t","edges",%d],"data":%d}'
    [document] = body("\n".join([first, '{"path":["node","t","edg', part % (2, 3)]))
    assert document["data"]["node"]["t"]["edges"] == [1, {}, 3]
    assert len(body("\n".join([first, part % (10**9, 3)]))) == 2


@pytest.mark.parametrize("posts", [1, 6])
@pytest.mark.parametrize("generation", TIMELINES)
def test_data_under_new_names_alone_is_told_from_a_shell(generation, posts):
    documents = page(generation, posts, renamed=True)
    assert profile_page(documents, "harbour.light", SITE) is None
    assert holds_unknown_data(documents)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": {"xig_user_by_username": None}, "extensions": {"is_final": True}},
        {"data": {"xdt_viewer": {"user": {"id": "1"}}, "flags": [False, 0, ""]}},
        {"data": {"highlights": {"edges": [{"node": {"title": "fog"}}]}}},
        {"params": {"profile_id": "5550001234", "page_id": "profilePage_5550001234"}},
        {"require": [["CometAppConfig", [], {"data": {"version": "5"}}]]},
    ],
    ids=str,
)
def test_a_shell_holds_no_data(answer):
    assert not holds_unknown_data([answer, {"__bbox": {"result": answer}}])


def test_a_list_in_a_new_place_beside_the_old_one_is_no_empty_timeline():
    empty = page(posts=0)
    assert profile_page(empty, "harbour.light", SITE).timeline.has_next is False
    user, full = empty[1]["data"]["xig_user_by_username"], page(odd_nodes=OddNodes("renamed_code"))
    user["shelf"] = {"books": connection_in(full)["edges"]}
    assert profile_page(empty, "harbour.light", SITE) is None
    assert holds_unknown_lists(empty, OWNER)


def test_fields_of_a_profile_are_no_list_of_posts():
    documents = page(posts=0)
    documents[0]["data"]["xig_user_by_username"] |= {
        "biography_with_entities": {"entities": [{"hashtag": {"name": "fog"}}]},
        "people_beside": {"edges": [{"node": {"profile_pic_url": "https://x/a.jpg"}}]},
    }
    assert profile_page(documents, "harbour.light", SITE) is not None


def test_what_stands_behind_a_gate_in_a_new_shape_is_not_a_post_without_pictures(document, instagram):
    page_of_post = document("xig_post_image")
    media = page_of_post["data"]["xig_polaris_media"]
    full = media["if_not_gated_logged_out"]
    media["if_not_gated_logged_out"] = {"open_item": {"slug" if k == "code" else k: v for k, v in full.items()}}
    assert read_post_page([page_of_post], "DcvZZqTktaH", instagram) is None
    assert holds_unknown_data([page_of_post])


def test_a_post_is_not_gone_when_its_page_holds_it_under_another_name(document, instagram):
    gone = {"data": {"xig_polaris_media": None}}
    assert isinstance(read_post_page([gone], "DcvZZqTktaH", instagram), Unavailable)
    moved = {"data": {"xpg_item": {"prints": ["https://scontent.cdninstagram.com/v/t51.82787-15/5_n.jpg"]}}}
    assert read_post_page([gone, moved], "DcvZZqTktaH", instagram) is None


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("wrap", [lambda child: {"media": child}, lambda child: [child], lambda child: "DcN0M0"])
def test_slides_in_a_new_shape_are_counted_and_a_post_of_such_slides_alone_is_not_understood(
    document, instagram, every, wrap
):
    inner = document("xig_carousel")
    slides = inner["carousel_media"]
    inner["carousel_media"] = [None, *(child if n % every else wrap(child) for n, child in enumerate(slides))]
    post = read_post_page([{"data": {"xig_polaris_media": inner}}], "DcN0M1TgABv", instagram)
    if every == 1:
        assert post is None
    else:
        assert post.not_understood == 2
        assert [slide.image is not None for slide in post.slides] == [False, False, True, False]


def test_a_post_whose_pictures_have_another_name_is_not_a_post_without_pictures(document, instagram):
    page_of_post = document("xig_post_image")
    full = page_of_post["data"]["xig_polaris_media"]["if_not_gated_logged_out"]
    for name in ("display_uri", "image_versions2"):
        full[f"{name}_v3"] = full.pop(name)
    assert read_post_page([page_of_post], "DcvZZqTktaH", instagram) is None
    full["image_versions2"] = None      # in so many words
    assert read_post_page([page_of_post], "DcvZZqTktaH", instagram).slides[0].image is None


def test_the_page_of_a_post_that_was_understood_in_part_or_is_nobodys_is_kept(document, library, instagram):
    inner = document("xig_carousel")
    inner["carousel_media"][1] = {"media": inner["carousel_media"][1]}
    tools = SimpleNamespace(
        tab=PlayedTab(PageKind.POST, page=[{"data": {"xig_polaris_media": inner}}]), library=library, site=instagram,
        limiter=SimpleNamespace(before_page=lambda: None), keeps_samples=True,
    )
    assert open_post(tools, "DcN0M1TgABv").not_understood == 1
    [read] = reparse(library)
    assert (read.subject.name, read.understood, read.posts_new) == ("DcN0M1TgABv", False, 1)
    inner["by"] = inner.pop("user")
    with pytest.raises(PageChanged) as raised:
        open_post_of_somebody(tools, "DcN0M1TgABv")
    assert raised.value.documents


def test_lists_within_lists_are_read_in_bounded_time():
    document = {"edges": [{"u": number} for number in range(20_000)]}
    for _ in range(60):
        document = {"x_user_timeline": {"edges": [document]}, "username": "harbour.light", "result": {"data": {}}}
    began = time.monotonic()
    read_timeline([document], OWNER, SITE)
    signs_of([document], OWNER)
    assert not holds_unknown_data([document])
    assert time.monotonic() - began < 20
