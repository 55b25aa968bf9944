"""Pages of every generation and oddity, read through a real browser to the same posts and images."""

from dataclasses import replace

import pytest

from demo.accounts import Account, User
from demo.behaviour import Behaviour, Dialog, Wall
from demo.samples import sample_account, sample_post, sample_user
from scraper.targets import PostTarget

OWNER = sample_user("harbour.light")
FERRY = User(9_990_009_999, "ferry.co", "Ferry & Co")


def account(posts: int = 2, **behaviour) -> Account:
    return sample_account("harbour.light", posts, Behaviour(**behaviour), width=320, height=400)


@pytest.mark.parametrize(
    "shape",
    [
        {"gate_name": "if_gated_logged_out"},
        {"crops_first": True, "with_candidate_sizes": False},
        {"with_candidate_sizes": True, "media_type_as_text": True, "ids_as_int": True},
        {"webp_as_jpeg": True, "nested_to": 5_000},
        {"padding_bytes": 5_000_000},
        {"data_as": "text"},
        {"generation": "xdt", "with_candidate_sizes": False, "crops_first": True, "nested_to": 5_000},
        {"generation": "xdt", "media_type_as_text": True, "padding_bytes": 5_000_000},
        {"generation": "legacy", "nested_to": 5_000, "ids_as_int": True},
    ],
    ids=str,
)
def test_the_originals_are_found_in_every_shape(stage, shape):
    on = stage(account(**shape))
    report = on.visit()
    assert (report.stop_reason, report.images_new, report.images_failed) == ("end_of_timeline", 2, 0)
    assert {image.is_full_size for image in on.images()} == {True}


def test_a_carousel_whose_page_lists_no_slides_is_its_picture_until_it_lists_them(stage):
    carousel = sample_post(OWNER, slides=3, width=320, height=400)
    on = stage(Account(OWNER, (replace(carousel, lists_slides=False),)))
    first = on.visit()
    assert (first.images_new, first.images_failed, [image.slide for image in on.images()]) == (1, 0, [0])
    assert [image.is_full_size for image in on.images()] == [True]
    on.replica.replace(Account(OWNER, (carousel,)))
    listed = on.visit()
    assert (listed.images_new, listed.page_loads, on.replica.count("image")) == (2, 2, 2)
    assert [image.slide for image in on.images()] == [0, 1, 2]
    assert on.visit().page_loads == 1


def test_a_carousel_that_never_lists_its_slides_is_not_opened_for_ever(stage):
    post = replace(sample_post(OWNER, slides=3, width=320, height=400), lists_slides=False)
    on = stage(Account(OWNER, (post,)))
    assert [on.visit().page_loads for _ in range(4)] == [2, 2, 2, 1]
    assert on.replica.count("image") == 0


@pytest.mark.parametrize("timeline", ["null", "empty", "absent"])
@pytest.mark.parametrize("generation", ["xig", "legacy"])
def test_a_private_profile_is_private_whatever_stands_in_the_place_of_its_timeline(stage, generation, timeline):
    behaviour = Behaviour(generation=generation, private_timeline=timeline)
    on = stage(sample_account("harbour.light", 2, behaviour, is_private=True))
    assert (on.visit().stop_reason, on.replica.count("post")) == ("private", 0)


def test_a_script_that_leads_to_the_login_page_late_leaves_what_the_page_had_told(stage):
    report = stage(account(80, page_size=3, late_login_ms=700)).visit(dry_run=True)
    assert (report.stop_reason, report.page_loads) == ("login_wall", 1)
    assert 3 <= report.posts_seen < 80


def test_a_script_that_leads_to_the_login_page_at_once_is_a_login_page_and_costs_one_page(stage):
    on = stage(account(40, late_login_ms=0))
    report = on.visit(dry_run=True)
    # The page may be gone before its text was handed over, and then nothing of it was seen.
    assert (report.stop_reason, report.posts_seen >= 12) in (("login", False), ("login_wall", True))
    assert (report.page_loads, on.replica.count("profile")) == (1, 1)


def test_a_dialog_that_comes_late_ends_the_reading(stage):
    on = stage(account(80, page_size=3, dialogs=(Dialog(after_ms=500),)))
    report = on.visit(dry_run=True)
    assert (report.stop_reason, on.replica.count("click")) == ("login_wall", 0)
    assert 3 <= report.posts_seen < 80


def test_a_dialog_over_a_post_whose_page_was_understood_hinders_nothing(stage):
    on = stage(account(1, dialogs=(Dialog(on="post"),)))
    assert (on.visit().images_new, on.replica.count("click")) == (1, 0)


@pytest.mark.parametrize("wall", ["missing", "missing_404"])
def test_the_page_of_a_post_that_is_gone_is_no_refusal(stage, wall):
    report = stage(account(2, walls=(Wall(wall, on="post", until_load=1),))).visit()
    assert (report.images_new, report.images_failed, report.posts_unread) == (1, 1, 0)


def test_a_post_that_is_null_on_its_own_page_is_gone(stage, catalog_value):
    post = replace(sample_post(OWNER, 0, width=320, height=400), is_gone=True)
    on = stage(Account(OWNER, (post,), behaviour=Behaviour(missing_post_as_null=True)))
    assert on.visit().images_failed == 1
    on.visit()
    assert catalog_value("SELECT count(*) FROM posts WHERE gone_at IS NOT NULL") == 1


@pytest.mark.parametrize("generation", ["xig", "xdt", "legacy"])
def test_a_link_to_a_post_that_is_null_on_its_own_page_leads_to_nothing_and_is_no_refusal(stage, generation):
    post = replace(sample_post(OWNER, 0), is_gone=True)
    on = stage(Account(OWNER, (post,), behaviour=Behaviour(missing_post_as_null=True, generation=generation)))
    assert on.visit_target(PostTarget(post.code)).stop_reason == "not_found"


# For good: Chromium itself asks again when a connection breaks, and not always as often.
@pytest.mark.parametrize("wall", ["dropped", "server_error"])
def test_a_connection_that_breaks_is_the_network_s_fault_and_starts_no_cool_down(stage, wall):
    on = stage(account(4, walls=(Wall(wall, on="post"),)))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.posts_unread) == ("network", 75, 3)
    assert on.visit().stop_reason == "network"      # and not `cool_down`: it asked again


def test_a_post_of_two_authors_is_one_post_on_both_their_profiles(stage):
    together = replace(sample_post(OWNER, 1, width=320, height=400), coauthors=(FERRY,))
    on = stage(Account(OWNER, (together,)), Account(FERRY, (together,)))
    first, second = on.visit_all("harbour.light", "ferry.co")
    assert (first.images_new, second.images_new, second.images_failed) == (1, 0, 0)
    assert on.replica.count("image") == 1
    assert on.library.posts.counts()["posts"] == 1
    assert [report.page_loads for report in on.visit_all("harbour.light", "ferry.co")] == [1, 1]


@pytest.mark.parametrize(
    ("names", "loads"), [(("ferry.co", "harbour.light"), [2, 3]), (("harbour.light", "ferry.co"), [3, 1])]
)
def test_a_co_authored_post_is_one_post_of_two_profiles_and_fetched_once(stage, catalog_value, names, loads):
    together = replace(sample_post(FERRY, 0, width=320, height=400), coauthors=(OWNER,))
    on = stage(Account(FERRY, (together,)), Account(OWNER, (together, sample_post(OWNER, 1, width=320, height=400))))
    # Whose it is besides its owner stands on its own page alone.
    assert [report.page_loads for report in on.visit_all(*names)] == loads
    assert on.replica.count("image") == 2
    assert catalog_value("SELECT count(*) FROM posts") == 2
    assert catalog_value("SELECT count(*) FROM profile_posts") == 3
    assert [report.page_loads for report in on.visit_all(*names)] == [1, 1]
