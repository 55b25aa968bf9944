"""What is chosen of a profile, and what later visits make of the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from db.records import Slides
from demo.accounts import Account, Post
from demo.behaviour import Behaviour, ImageFault
from demo.samples import NEWEST, sample_carousel, sample_post, sample_reel, sample_user
from scraper.selection import Selection

OWNER = sample_user("harbour.light")
DAY = timedelta(days=1)
NOW = datetime.fromtimestamp(NEWEST, UTC)


def account_of(*posts: Post, **behaviour) -> Account:
    return Account(OWNER, posts, behaviour=Behaviour(**behaviour))


def small(age_days: float, **changes) -> Post:
    return replace(sample_post(OWNER, age_days, width=160, height=200), **changes)


def days(on) -> list[int]:
    return sorted((NOW - image.taken_at).days for image in on.images())


def test_a_span_of_dates_is_fetched_without_opening_what_is_newer_or_reading_far_beyond(stage):
    on = stage(account_of(small(300, is_pinned=True), *(small(day) for day in range(14))))
    span = Selection(since=NOW - 5 * DAY, until=NOW - 2 * DAY)
    report = on.visit(selection=span)
    assert (report.stop_reason, report.exit_code, report.images_new) == ("date", 0, 4)
    assert days(on) == [2, 3, 4, 5]
    # What may have been published later than it looks is opened, once.
    opened = on.replica.count("post")
    assert opened < 10
    again = on.visit(selection=span)
    assert (again.images_new, again.page_loads) == (0, 1)
    rest = on.visit()
    assert (rest.stop_reason, rest.images_new) == ("end_of_timeline", 11)


def test_where_the_grid_holds_dates_nothing_outside_of_them_is_opened(stage):
    on = stage(account_of(*(small(day) for day in range(12)), generation="xdt"))
    report = on.visit(selection=Selection(since=NOW - 1 * DAY))
    assert (report.stop_reason, report.images_new, report.page_loads) == ("date", 2, 1)


def test_first_slides_and_later_the_others(stage):
    on = stage(account_of(sample_carousel(OWNER, 0)))
    only_first = Selection(slides=Slides.FIRST)
    assert on.visit(selection=only_first).images_new == 1
    again = on.visit(selection=only_first)
    assert (again.page_loads, again.images_new, again.stop_reason) == (1, 0, "caught_up")
    assert on.visit().images_new == 1


def test_covers_of_videos_are_fetched_where_they_are_wanted(stage):
    on = stage(account_of(sample_carousel(OWNER, 0), sample_reel(OWNER, 1)))
    assert on.visit(selection=Selection(slides=Slides.FIRST)).images_new == 1
    covers = Selection(covers=True)
    report = on.visit(selection=covers)
    assert (report.images_new, report.videos_skipped) == (3, 2)     # one of them a slide; their covers are no videos
    assert {image.slide for image in on.images()} == {0, 1, 2}
    assert on.replica.count("video") == 0


def test_a_full_visit_opens_all_again_and_fetches_only_what_is_larger_now(stage):
    post = sample_post(OWNER, 0, width=1440, height=1800)
    on = stage(account_of(post, small(1), largest_width_px=1080))
    assert on.visit().images_new == 2
    [shrunk] = [image for image in on.images() if image.width > 160]
    assert (shrunk.width, shrunk.is_full_size) == (1080, False)
    same = on.visit(selection=Selection(full=True))
    assert (same.page_loads, same.images_new, on.replica.count("image")) == (3, 0, 0)
    on.replica.replace(account_of(post, small(1)))
    assert on.visit(selection=Selection(full=True)).images_new == 1
    [larger] = [image for image in on.images() if image.width > 160]
    assert (larger.width, larger.is_full_size) == (1440, True)
    assert shrunk.path.exists()


def test_a_preview_is_looked_for_in_full_size_a_few_times(stage):
    carousel = sample_carousel(OWNER, 0)
    on = stage(account_of(carousel))
    on.visit()
    opened = [on.visit().page_loads for _ in range(3)]
    assert opened == [2, 2, 1]
    assert on.replica.count("image") == 0


def test_a_picture_as_large_as_declared_is_not_looked_for_again_whatever_address_it_came_from(stage):
    on = stage(account_of(*(small(age) for age in range(3)), generation="legacy"))
    first = on.visit()
    assert (first.images_new, {image.is_full_size for image in on.images()}) == (3, {True})
    assert (on.visit().page_loads, on.replica.count("image")) == (1, 0)


def test_a_smaller_form_is_not_called_the_upload_where_only_its_own_size_is_declared(stage):
    large = sample_post(OWNER, 0, width=1440, height=1800)
    on = stage(account_of(large, small(1), generation="legacy"))
    on.visit()
    assert {(image.width, image.is_full_size) for image in on.images()} == {(1080, None), (160, True)}
    # So it is looked for again, like any preview.
    assert [on.visit().page_loads for _ in range(3)] == [2, 2, 1]


def test_a_preview_gives_way_to_the_original_when_the_page_offers_it(stage):
    carousel = sample_carousel(OWNER, 0)
    on = stage(account_of(carousel))
    on.visit()
    slides = (*carousel.slides[:2], replace(carousel.slides[2], has_candidates=True))
    on.replica.replace(account_of(replace(carousel, slides=slides)))
    report = on.visit()
    assert (report.images_new, on.replica.count("image")) == (1, 1)
    assert {image.slide: image.is_full_size for image in on.images()} == {0: True, 2: True}
    assert on.visit().page_loads == 1


def test_what_a_server_wants_left_alone_is_left_alone_unless_the_user_says_otherwise(stage):
    post = small(0)
    on = stage(account_of(replace(post, slides=(replace(post.slides[0], fault=ImageFault("no_index")),))))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.images_withheld, report.exit_code) == (0, 0, 1, 0)
    assert on.visit().page_loads == 1
    assert on.visit(selection=Selection(despite_robots_tag=True)).images_new == 1


def test_an_injected_post_is_opened_once_and_never_again(stage):
    ferry = sample_user("ferry.co")
    on = stage(account_of(small(0), sample_post(ferry, 0.5, width=160, height=200)))
    assert on.visit().page_loads == 3
    again = on.visit()
    assert (again.page_loads, again.stop_reason) == (1, "caught_up")


def test_a_smaller_file_never_takes_the_place_of_a_larger_one(stage):
    post = sample_post(OWNER, 0, width=720, height=900)
    on = stage(account_of(post, largest_width_px=640))
    on.visit()
    [before] = on.images()
    # The page offers an original now, which the form that was saved was not; but it leads to less.
    less = replace(post.slides[0], picture=small(0).slides[0].picture, asset="1_2_3")
    on.replica.replace(account_of(replace(post, slides=(less,))))
    assert (on.visit(selection=Selection(full=True)).images_new, on.replica.count("image")) == (0, 1)
    assert on.images() == [before]
