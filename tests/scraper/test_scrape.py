"""Whole visits: a real Chromium, real sockets, a real catalog."""

import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.records import Role
from demo.accounts import Account, Post, User
from demo.behaviour import Behaviour, ImageFault
from demo.samples import NEWEST, sample_account, sample_carousel, sample_post, sample_reel, sample_user
from scraper.events import ImageFailed, PostSkipped
from scraper.report import StopReason
from scraper.selection import Selection

OWNER = sample_user("harbour.light")


def account(posts: int = 3, **behaviour):
    return sample_account("harbour.light", posts, Behaviour(**behaviour), width=320, height=400)


def account_of(*posts: Post, **behaviour) -> Account:
    return Account(OWNER, posts, behaviour=Behaviour(**behaviour))


def small(age_days: float, **changes) -> Post:
    return replace(sample_post(OWNER, age_days, width=320, height=400), **changes)


def test_a_visit_saves_every_post_of_a_profile_with_what_its_page_says(stage):
    on = stage(account(3))
    report = on.visit()
    assert report.as_json() == {
        "type": "scrape", "profile": "harbour.light", "pk": str(OWNER.pk), "stop_reason": "end_of_timeline",
        "posts_seen": 3, "posts_new": 3, "images_new": 3, "images_known": 0, "images_failed": 0,
        "images_withheld": 0, "posts_unread": 0, "nodes_unread": 0, "videos_skipped": 0, "page_loads": 4,
        "not_before": None,
    }
    assert report.exit_code == 0
    newest = max(on.images(), key=lambda image: image.taken_at)
    assert newest.taken_at == datetime.fromtimestamp(NEWEST, UTC)
    assert newest.alt_text.startswith("Photo by Harbour Light")
    assert (newest.width, newest.height, newest.is_full_size) == (320, 400, True)
    assert newest.source_url.startswith(on.replica.base_url)
    assert hashlib.sha256(newest.path.read_bytes()).hexdigest() == newest.sha256


def test_a_second_visit_loads_one_page_and_no_image_and_says_that_it_caught_up(stage):
    on = stage(account(8, page_size=6))
    first = on.visit()
    assert (first.posts_new, first.stop_reason) == (8, StopReason.END_OF_TIMELINE)
    second = on.visit()
    assert (second.stop_reason, second.page_loads, second.images_new, second.posts_new) == ("caught_up", 1, 0, 0)
    assert second.images_known == 6
    assert (on.replica.count("profile"), on.replica.count("post"), on.replica.count("image")) == (1, 0, 0)
    assert on.replica.count("graphql") == 0


def test_a_new_post_is_fetched_and_the_old_ones_are_left_alone(stage):
    on = stage(account_of(*(small(day) for day in range(1, 9))))
    on.visit()
    on.replica.replace(account_of(*(small(day) for day in range(9))))
    report = on.visit()
    assert (report.posts_new, report.images_new, report.stop_reason) == (1, 1, "caught_up")
    assert (on.replica.count("post"), on.replica.count("image")) == (1, 1)


def test_posts_beyond_the_first_twelve_are_reached_by_scrolling(stage):
    on = stage(account(30, streamed=True, with_loop_prefix=True))
    report = on.visit(dry_run=True)
    assert (report.posts_seen, report.posts_new, report.stop_reason) == (30, 30, "end_of_timeline")
    assert on.replica.count("graphql") == 2


@pytest.mark.parametrize("generation", ["xdt", "legacy"])
def test_older_generations_of_pages_are_read_too(stage, generation):
    on = stage(account(5, page_size=3, generation=generation))
    report = on.visit()
    assert (report.posts_seen, report.images_new, report.images_failed) == (5, 5, 0)
    assert report.stop_reason == "end_of_timeline"
    if generation == "xdt":
        assert report.page_loads == 1       # its grid holds dates and originals already


def test_every_slide_of_a_carousel_is_saved_and_its_video_is_counted(stage):
    on = stage(account_of(sample_carousel(OWNER, 0)))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.videos_skipped) == (2, 0, 1)
    by_slide = {image.slide: image for image in on.images()}
    assert set(by_slide) == {0, 2}
    assert by_slide[0].is_full_size is True
    # The third slide is offered as a preview only: kept, and not called what it is not.
    assert by_slide[2].is_full_size is False


def test_a_reel_is_counted_and_its_page_is_never_opened(stage):
    on = stage(account_of(sample_reel(OWNER, 0), small(1)))
    report = on.visit()
    assert (report.posts_new, report.images_new, report.videos_skipped, report.page_loads) == (2, 1, 1, 2)
    assert on.visit().stop_reason == "caught_up"


def test_pinned_posts_do_not_end_the_reading(stage):
    old = [small(day, is_pinned=True) for day in (100, 101, 102)]
    on = stage(account_of(*old, *(small(day) for day in range(2, 8))))
    on.visit()
    on.replica.replace(account_of(*old, *(small(day) for day in range(8))))
    report = on.visit()
    assert (report.posts_new, report.images_new) == (2, 2)


def test_a_limit_takes_the_newest_and_a_later_visit_goes_deeper(stage):
    on = stage(account_of(small(300, is_pinned=True), *(small(day) for day in range(8))))
    first = on.visit(limit=6)
    assert (first.stop_reason, first.posts_seen, first.images_new) == ("limit", 6, 6)
    assert min(image.taken_at for image in on.images()).timestamp() > NEWEST - 6 * 86_400
    again = on.visit(limit=6)
    assert (again.stop_reason, again.page_loads, again.images_known) == ("limit", 1, 6)
    # Known posts in a row prove nothing here: what lies below them was never read.
    rest = on.visit()
    assert (rest.stop_reason, rest.posts_seen, rest.images_new) == ("end_of_timeline", 9, 3)


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(stage):
    on = stage(account(3))
    report = on.visit(dry_run=True)
    assert (report.posts_new, report.images_new, report.page_loads) == (3, 0, 1)
    assert (on.replica.count("post"), on.replica.count("image")) == (0, 0)
    assert not any(on.library.posts.counts().values())
    assert on.library.runs.latest(5) == []


def test_the_role_is_remembered_with_the_profile(stage):
    on = stage(account(1))
    on.visit(role=Role.STYLE)
    on.visit()
    assert on.library.posts.profile_named("harbour.light").role is Role.STYLE


def test_posts_of_others_are_ignored_and_co_authored_ones_are_kept(stage):
    ferry = User(9_990_009_999, "ferry.co", "Ferry & Co")
    injected = replace(sample_post(ferry, 0.5, width=320, height=400))
    together = replace(sample_post(ferry, 0.7, width=320, height=400), coauthors=(OWNER,))
    on = stage(account_of(small(0), injected, together))
    report = on.visit()
    assert (report.posts_new, report.images_new) == (2, 2)
    skipped = [event.code for event in on.events if isinstance(event, PostSkipped)]
    assert skipped == [injected.code]
    assert {image.post_code for image in on.images()} == {small(0).code, together.code}


def test_an_expired_address_is_not_asked_and_the_page_is_opened_once_more(stage):
    on = stage(account(1), clock=lambda: time.time() - 40 * 86_400)
    report = on.visit()
    assert (report.images_failed, report.page_loads, on.replica.count("image")) == (1, 3, 0)
    assert on.replica.count("post") == 2


def test_a_refused_signature_opens_the_page_once_more_and_then_the_image_is_saved(stage):
    fault = ImageFault("expired", times=1)
    post = small(0)
    on = stage(account_of(replace(post, slides=(replace(post.slides[0], fault=fault),))))
    report = on.visit()
    assert (report.images_new, report.images_failed, on.replica.count("post")) == (1, 0, 2)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ImageFault("truncated"), "cut short"),
        (ImageFault("html"), "text/html"),
        (ImageFault("svg"), "SVG"),
        (ImageFault("server_error"), "500"),
        (ImageFault("missing"), "404"),
        (ImageFault("redirect"), "not taken from"),
        (ImageFault("reset"), "cut short"),
    ],
    ids=lambda value: getattr(value, "kind", "-"),
)
def test_a_bad_image_is_recorded_with_its_reason_and_the_others_are_saved(stage, fault, said):
    bad = small(0)
    on = stage(account_of(replace(bad, slides=(replace(bad.slides[0], fault=fault),)), small(1)))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.exit_code) == (1, 1, 3)
    [failure] = [event for event in on.events if isinstance(event, ImageFailed)]
    assert failure.code == bad.code
    assert said in failure.reason
    assert on.library.posts.counts()["slides_failed"] == 1
    assert not list((on.library.root / "files" / "staging").iterdir())


def test_a_failed_image_is_tried_again_at_the_next_visit_and_a_bounded_number_of_times(stage, monkeypatch):
    monkeypatch.setattr("db.posts.GIVE_UP_AFTER", 2)
    post = small(0)
    all_forms = ImageFault("missing", times=3)
    faulty = replace(post, slides=(replace(post.slides[0], fault=all_forms),))
    on = stage(account_of(faulty, small(1)))
    assert on.visit().images_failed == 1
    healed = on.visit()
    assert (healed.images_new, healed.images_failed, healed.posts_new) == (1, 0, 0)
    gone = replace(small(2), slides=(replace(small(2).slides[0], fault=ImageFault("missing")),))
    on.replica.replace(account_of(gone, faulty, small(1)))
    opened = 0
    for _ in range(3):
        on.visit()
        opened += on.replica.count("post")
    assert opened == 2


def test_gated_and_missing_posts_are_recorded_and_do_not_stop_the_visit(stage):
    on = stage(account_of(small(0, is_gated=True), small(1, is_gone=True), small(2)))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.stop_reason) == (1, 2, "end_of_timeline")
    reasons = {event.reason for event in on.events if isinstance(event, ImageFailed)}
    assert any("visitors" in reason for reason in reasons)
    assert any("not there" in reason for reason in reasons)


def test_several_profiles_are_visited_in_turn_with_one_page_each_when_nothing_is_new(stage):
    gulls = sample_account("gull.watch", 2, width=320, height=400)
    on = stage(account(2), gulls)
    assert [report.images_new for report in on.visit_all("harbour.light", "gull.watch")] == [2, 2]
    assert [report.page_loads for report in on.visit_all("harbour.light", "gull.watch")] == [1, 1]


def test_an_answer_that_could_not_be_read_leaves_a_gap_that_the_next_visit_closes(stage, catalog_value, monkeypatch):
    posts = [small(day) for day in range(7)]
    on = stage(account_of(*posts, generation="xdt", page_size=3))
    assert on.visit().stop_reason == "end_of_timeline"
    on.replica.replace(account_of(*[small(day) for day in range(-6, 0)], *posts, generation="xdt", page_size=3))
    with monkeypatch.context() as patched:
        # Three posts are too much, the one at the end is not.
        patched.setattr("scraper.page.LARGEST_TEXT", 6_000)
        report = on.visit(selection=Selection(full=True))
    assert (report.stop_reason, report.exit_code, report.posts_new) == ("network", 75, 3)
    assert catalog_value("SELECT max(times_missing) FROM posts") == 0
    healed = on.visit()
    assert (healed.stop_reason, healed.posts_new) == ("end_of_timeline", 3)
