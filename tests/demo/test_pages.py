"""Pages, their data blocks, walls and refusals, over real sockets."""

import json
from dataclasses import replace
from typing import Any, get_args

import pytest
import requests

from demo.accounts import Account
from demo.behaviour import Behaviour, RefusalKind, Wall, WallKind
from demo.refusals import REFUSALS
from demo.samples import sample_account, sample_carousel, sample_post, sample_reel, sample_user
from demo.site import ReplicaSite
from tests.demo.conftest import Serve
from tests.demo.reading import results_in, route_in, values_of

PROFILE = "PolarisLoggedOutDesktopWWWProfileRootContentQuery"
GRID = "PolarisLoggedOutDesktopWWWProfilePostsTabContentQuery"
POST = "PolarisLoggedOutDesktopWWWPostRootContentQuery"


def get(site: ReplicaSite, path: str) -> requests.Response:
    return requests.get(site.base_url + path, timeout=10, allow_redirects=False)


def connection_of(site: ReplicaSite, account: Account) -> dict[str, Any]:
    grid = results_in(get(site, f"/{account.username}/").text)[GRID]
    connection: dict[str, Any] = grid["data"]["xig_user_by_username"]["polaris_ordered_timeline_connection"]
    return connection


def ask_for_more(site: ReplicaSite, account: Account, cursor: str, path: str = "/api/graphql") -> requests.Response:
    variables = {"after": cursor, "first": 12, "id": account.user.graph_id}
    form = {"fb_api_req_friendly_name": f"{GRID}_connection", "variables": json.dumps(variables)}
    return requests.post(site.base_url + path, data=form, timeout=10)


def documents_in(text: str) -> list[Any]:
    return [json.loads(line) for line in text.removeprefix("for (;;);").splitlines()]


def test_the_grid_of_a_profile_tells_neither_dates_nor_originals_nor_slides(serve: Serve) -> None:
    user = sample_user()
    posts = (sample_post(user, 1), sample_carousel(user, 2), sample_reel(user, 3))
    account = replace(sample_account(posts=0), posts=posts)
    results = results_in(get(serve(account), "/harbour.light/").text)
    assert set(results) == {PROFILE, GRID}
    for absent in ("taken_at", "carousel_media", "image_versions2", "candidates", "original_width", "is_pinned"):
        assert values_of(results[GRID], absent) == []
    nodes = values_of(results[GRID], "node")
    assert [node["media_type"] for node in nodes] == [1, 8, 2]
    assert [node["product_type"] for node in nodes] == ["feed", "carousel_container", "clips"]
    assert all(node["id"] == f"POLARIS_{node['pk']}" for node in nodes)
    assert "accessibility_caption" not in nodes[2]


def test_a_pinned_post_comes_first_though_it_is_old(serve: Serve) -> None:
    account = sample_account(posts=20)
    old = replace(account.posts[-1], is_pinned=True)
    account = replace(account, posts=(*account.posts[:-1], old))
    codes = [edge["node"]["code"] for edge in connection_of(serve(account), account)["edges"]]
    assert len(codes) == 12
    assert codes[:2] == [old.code, account.posts[0].code]


def test_paging_shows_every_post_once_and_ends_with_has_next_page_false(serve: Serve) -> None:
    account = sample_account(posts=30)
    site = serve(account)
    connection = connection_of(site, account)
    seen = [edge["node"]["code"] for edge in connection["edges"]]
    while connection["page_info"]["has_next_page"]:
        answer = ask_for_more(site, account, connection["page_info"]["end_cursor"]).json()
        connection = answer["data"]["node"]["polaris_ordered_timeline_connection"]
        seen += [edge["node"]["code"] for edge in connection["edges"]]
    assert seen == [post.code for post in account.timeline]
    assert connection["page_info"] == {"end_cursor": None, "has_next_page": False}
    assert site.count("graphql") == 2


@pytest.mark.parametrize("generation", ["xdt", "legacy"])
def test_the_older_generations_page_through_the_same_timeline(serve: Serve, generation: Any) -> None:
    account = sample_account(posts=15, behaviour=Behaviour(generation=generation))
    site = serve(account)
    name = {"xdt": "code", "legacy": "shortcode"}[generation]
    first = results_in(get(site, "/harbour.light/").text)
    codes = [code for result in first.values() for code in values_of(result, name)]
    [info] = [info for result in first.values() for info in values_of(result, "page_info")]
    answer = ask_for_more(site, account, info["end_cursor"], "/graphql/query").json()
    assert codes + values_of(answer, name) == [post.code for post in account.timeline]
    post = results_in(get(site, f"/p/{account.posts[3].code}/").text)
    taken_at = {"xdt": "taken_at", "legacy": "taken_at_timestamp"}[generation]
    assert values_of(post, taken_at) == [account.posts[3].taken_at]


def test_a_streamed_answer_is_several_documents_which_together_are_the_page(serve: Serve) -> None:
    account = sample_account(posts=15, behaviour=Behaviour(streamed=True, with_loop_prefix=True))
    site = serve(account)
    cursor = connection_of(site, account)["page_info"]["end_cursor"]
    text = ask_for_more(site, account, cursor).text
    assert text.startswith("for (;;);")
    documents = documents_in(text)
    assert len(documents) == 4
    assert values_of(documents, "code") == [post.code for post in account.timeline[12:]]
    assert values_of(documents, "is_final") == [False, False, False, True]


def test_empty_pages_and_repeated_cursors_do_not_end_a_timeline(serve: Serve) -> None:
    empty = sample_account(posts=15, behaviour=Behaviour(empty_pages=1))
    site = serve(empty)
    cursor = connection_of(site, empty)["page_info"]["end_cursor"]
    first = ask_for_more(site, empty, cursor).json()
    assert values_of(first, "edges") == [[]]
    assert values_of(first, "has_next_page") == [True]
    [again] = values_of(first, "end_cursor")
    assert len(values_of(ask_for_more(site, empty, again).json(), "node")[0]) > 0
    repeating = sample_account("gull.watch", posts=15, behaviour=Behaviour(repeats_cursor=True))
    site = serve(repeating)
    cursor = connection_of(site, repeating)["page_info"]["end_cursor"]
    assert values_of(ask_for_more(site, repeating, cursor).json(), "end_cursor") == [cursor]


def test_a_post_page_tells_all_of_its_post_and_a_little_of_others(serve: Serve) -> None:
    account = sample_account(posts=5)
    post = account.posts[0]
    site = serve(account)
    pages = [get(site, path).text for path in (f"/p/{post.code}/", f"/{account.username}/p/{post.code}/?igsh=x")]
    for html in pages:
        assert "<title>Instagram</title>" in html
        assert route_in(html) == "PolarisLoggedOutDesktopWWWPostRoute"
        media = results_in(html)[POST]["data"]["xig_polaris_media"]
        inner = media["if_not_gated_logged_out"]
        assert (inner["pk"], inner["taken_at"]) == (str(post.pk), post.taken_at)
        assert (inner["original_width"], inner["original_height"]) == (1080, 1350)
        others = values_of(inner["user"], "code")
        assert others
        assert post.code not in others


def test_a_carousel_page_has_its_slides_a_video_among_them_and_one_without_candidates(serve: Serve) -> None:
    user = sample_user()
    carousel = sample_carousel(user, 1)
    site = serve(replace(sample_account(posts=0), posts=(carousel,)))
    [slides] = values_of(results_in(get(site, f"/p/{carousel.code}/").text), "carousel_media")
    assert [slide["media_type"] for slide in slides] == [1, 2, 1]
    assert "video_versions" in slides[1]
    assert slides[2]["image_versions2"]["candidates"] == []
    assert requests.get(slides[2]["display_uri"], timeout=10).status_code == 200
    assert all(slide["taken_at"] != carousel.taken_at for slide in slides)


@pytest.mark.parametrize("generation", ["xig", "xdt", "legacy"])
def test_a_private_account_says_so_and_shows_nothing(serve: Serve, generation: Any) -> None:
    account = sample_account(posts=3, is_private=True, behaviour=Behaviour(generation=generation))
    site = serve(account)
    results = results_in(get(site, "/harbour.light/").text)
    assert True in values_of(results, "is_private")
    assert values_of(results, "code") == values_of(results, "shortcode") == []
    assert route_in(get(site, f"/p/{account.posts[0].code}/").text) == "PolarisErrorRoute"


def test_missing_names_and_posts_get_the_error_route_with_status_200(serve: Serve) -> None:
    account = sample_account(posts=2)
    gone = replace(account.posts[0], is_gone=True)
    site = serve(replace(account, posts=(gone, account.posts[1])))
    for path in ("/no.such.name/", "/p/AAAAAAAAAAA/", f"/p/{gone.code}/"):
        answer = get(site, path)
        assert (answer.status_code, route_in(answer.text)) == (200, "PolarisErrorRoute")
        assert results_in(answer.text) == {}


def test_a_gated_post_has_null_where_its_content_belongs(serve: Serve) -> None:
    account = sample_account(posts=1)
    gated = replace(account.posts[0], is_gated=True)
    site = serve(replace(account, posts=(gated,)))
    result = results_in(get(site, f"/p/{gated.code}/").text)[POST]
    assert result["data"]["xig_polaris_media"]["if_not_gated_logged_out"] is None
    assert values_of(result, "gating_type") == [3]


@pytest.mark.parametrize(
    ("kind", "status", "told_by"),
    [
        ("missing", 200, "PolarisErrorRoute"),
        ("missing_404", 404, "PolarisErrorRoute"),
        ("login_page", 200, "PolarisCAAIGLoginHomepageRoute"),
        ("login_redirect", 302, "/accounts/login/?next=%2Fharbour.light%2F"),
        ("challenge", 302, "/challenge/?next=%2Fharbour.light%2F"),
        ("suspended", 302, "/accounts/suspended/?next=%2Fharbour.light%2F"),
        ("home", 302, "/"),
        ("throttled", 200, "PolarisLoggedOutDesktopWWWProfileRoute"),
        ("lite", 200, "PolarisLoggedOutDesktopWWWProfileRoute"),
        ("refused", 429, ""),
        ("refused_json", 401, ""),
        ("server_error", 500, ""),
    ],
)
def test_a_wall_stands_in_the_place_of_the_page_and_shows_no_post(
    serve: Serve, kind: WallKind, status: int, told_by: str
) -> None:
    site = serve(sample_account(behaviour=Behaviour(walls=(Wall(kind),))))
    answer = get(site, "/harbour.light/")
    assert answer.status_code == status
    assert answer.headers.get("Location", route_in(answer.text)) == told_by
    assert results_in(answer.text) == {}
    assert site.count("profile", "harbour.light") == 1


def test_no_page_lets_chromium_ask_for_an_icon_which_it_may_do_long_after(serve: Serve) -> None:
    no_page = ("refused", "refused_json", "dropped")
    kinds = [kind for kind in get_args(WallKind) if kind not in no_page]
    account = sample_account(posts=2)
    pages = ["/harbour.light/", f"/p/{account.posts[0].code}/", "/no.such.name/"]
    shown = [requests.get(serve(account).base_url + path, timeout=10).text for path in pages]
    for kind in kinds:
        site = serve(sample_account(behaviour=Behaviour(walls=(Wall(kind),))))
        shown.append(requests.get(f"{site.base_url}/harbour.light/", timeout=10).text)
    assert all('<link rel="icon" href="data:,">' in html for html in shown)


def test_a_throttled_shell_keeps_title_and_previews_and_a_lite_page_the_id(serve: Serve) -> None:
    site = serve(sample_account(behaviour=Behaviour(walls=(Wall("lite"), Wall("throttled", from_load=2)))))
    lite = get(site, "/harbour.light/").text
    assert f'"profile_id":"{sample_user().pk}"' in lite
    site = serve(sample_account(behaviour=Behaviour(walls=(Wall("throttled"),))))
    shell = get(site, "/harbour.light/").text
    assert "<title>Harbour Light (&#064;harbour.light) • Instagram photos and videos</title>" in shell
    assert "10K Followers, 80 Following, 30 Posts" in shell


def test_a_wall_may_come_later_and_go_again(serve: Serve) -> None:
    wall = Wall("throttled", on="post", from_load=2, until_load=3)
    account = sample_account(posts=4, behaviour=Behaviour(walls=(wall,)))
    site = serve(account)
    shown = [bool(results_in(get(site, f"/p/{post.code}/").text)) for post in account.posts]
    assert shown == [True, False, False, True]


@pytest.mark.parametrize("kind", list(REFUSALS))
def test_the_request_for_more_posts_may_be_refused(serve: Serve, kind: RefusalKind) -> None:
    account = sample_account(posts=30, behaviour=Behaviour(refusal=kind))
    site = serve(account)
    answer = ask_for_more(site, account, connection_of(site, account)["page_info"]["end_cursor"])
    assert (answer.status_code, answer.text) == (REFUSALS[kind].status, REFUSALS[kind].body)
    assert "code" not in answer.text or kind == "rate_limit"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/users/web_profile_info/?username=harbour.light", 401),
        ("/api/v1/feed/user/harbour.light/username/", 401),
        ("/graphql/query?query_hash=abc", 401),
        ("/graphql/query?doc_id=1", 403),
        ("/harbour.light/?__a=1&__d=dis", 201),
    ],
)
def test_the_endpoints_of_earlier_years_refuse(serve: Serve, path: str, status: int) -> None:
    site = serve(sample_account())
    assert get(site, path).status_code == status
    assert site.count("refusal") == 1


def test_shapes_may_be_off_in_every_documented_way(serve: Serve) -> None:
    def grid(**behaviour: Any) -> Any:
        account = sample_account(posts=2, behaviour=Behaviour(**behaviour))
        return results_in(get(serve(account), "/harbour.light/").text)[GRID]

    assert values_of(grid(media_type_as_text=True), "media_type") == ["1", "1"]
    assert all(isinstance(pk, int) for pk in values_of(grid(ids_as_int=True), "pk"))
    assert values_of(grid(null_edges=True), "edges") == [None]
    assert values_of(grid(without_page_info=True), "page_info") == []
    renamed = json.dumps(grid(renamed=True))
    assert not [name for name in ("xig_user", "edges", '"code"', "display_uri", "media_type") if name in renamed]


def test_a_page_is_as_large_as_asked_and_holds_blocks_that_are_not_data(serve: Serve) -> None:
    small = get(serve(sample_account(behaviour=Behaviour(padding_bytes=0))), "/harbour.light/").text
    large = get(serve(sample_account(behaviour=Behaviour(padding_bytes=500_000))), "/harbour.light/").text
    assert 450_000 < len(large) - len(small) < 550_000
    assert set(results_in(large)) == {PROFILE, GRID}


def test_a_block_may_be_nested_deeper_than_any_reader_goes(serve: Serve) -> None:
    html = get(serve(sample_account(behaviour=Behaviour(nested_to=50_000))), "/harbour.light/").text
    assert "[" * 50_000 + "]" * 50_000 in html


@pytest.mark.parametrize(("kind", "shown"), [("null", [None]), ("empty", [{"edges": []}]), ("absent", [])])
def test_a_private_timeline_is_nothing_in_three_ways(serve: Serve, kind: Any, shown: list[Any]) -> None:
    site = serve(sample_account(is_private=True, behaviour=Behaviour(private_timeline=kind)))
    results = results_in(get(site, "/harbour.light/").text)
    assert values_of(results[GRID], "polaris_ordered_timeline_connection") == shown


def test_a_page_may_be_dropped_or_late(serve: Serve) -> None:
    dropped = serve(sample_account(behaviour=Behaviour(walls=(Wall("dropped"),))))
    with pytest.raises(requests.exceptions.ConnectionError):
        get(dropped, "/harbour.light/")
    late = serve(sample_account(behaviour=Behaviour(page_delay_ms=300)))
    assert get(late, "/harbour.light/").elapsed.total_seconds() >= 0.3


def test_a_coauthored_post_is_one_post_of_two_profiles_and_an_injected_one_of_neither(serve: Serve) -> None:
    host, guest, stranger = sample_account("host", 1), sample_account("guest", 1), sample_user("stranger")
    shared = replace(sample_post(host.user, 5), coauthors=(guest.user,))
    injected = sample_post(stranger, 6)
    host = replace(host, posts=(*host.posts, shared))
    guest = replace(guest, posts=(*guest.posts, shared, injected))
    site = serve(host, guest)
    owners = [edge["node"]["user"]["username"] for edge in connection_of(site, guest)["edges"]]
    assert owners == ["guest", "host", "stranger"]
    media = results_in(get(site, f"/p/{shared.code}/").text)[POST]
    [producers] = values_of(media, "coauthor_producers")
    assert [producer["username"] for producer in producers] == ["guest"]


def test_an_account_may_change_while_the_site_runs(serve: Serve) -> None:
    account = sample_account(posts=2)
    site = serve(account)
    renamed = replace(account, user=replace(account.user, username="harbour.dark"))
    site.replace(renamed)
    assert route_in(get(site, "/harbour.light/").text) == "PolarisErrorRoute"
    assert len(connection_of(site, renamed)["edges"]) == 2
