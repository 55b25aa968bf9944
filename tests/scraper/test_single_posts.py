"""A link to one post: its page, its owner, its slides, and nothing else."""

from dataclasses import replace

from db.posts import GIVE_UP_AFTER
from demo.accounts import Account
from demo.behaviour import Behaviour, ImageFault, Wall
from demo.samples import sample_carousel, sample_post, sample_reel, sample_user
from scraper.events import ImageFailed
from scraper.selection import Selection
from scraper.targets import PostTarget

OWNER = sample_user("harbour.light")
CAROUSEL = sample_carousel(OWNER, 0)
PLAIN = sample_post(OWNER, 1, width=160, height=200)
GONE = replace(sample_post(OWNER, 2, width=160, height=200), is_gone=True)
REEL = sample_reel(OWNER, 3)


def account(**behaviour) -> Account:
    return Account(OWNER, (CAROUSEL, PLAIN, GONE, REEL), behaviour=Behaviour(**behaviour))


def test_a_post_is_opened_once_and_saved_with_its_owner(stage):
    on = stage(account())
    report = on.visit_target(PostTarget(PLAIN.code))
    assert (report.profile, report.pk) == ("harbour.light", str(OWNER.pk))
    assert (report.images_new, report.page_loads, report.exit_code) == (1, 1, 0)
    assert (on.replica.count("profile"), on.replica.count("post")) == (0, 1)
    assert [image.profile for image in on.images()] == ["harbour.light"]
    again = on.visit_target(PostTarget(PLAIN.code))
    assert (again.page_loads, again.stop_reason, again.images_known) == (0, "caught_up", 1)
    # A visit of the profile takes it as known, and does not take what is older than it for known.
    assert on.visit().images_new == 2


def test_a_reel_brings_its_cover_only_when_covers_are_wanted(stage):
    on = stage(account())
    assert on.visit_target(PostTarget(REEL.code)).videos_skipped == 1
    assert on.visit_target(PostTarget(REEL.code), selection=Selection(covers=True)).images_new == 1


def test_a_missing_post_is_not_there_and_a_wall_is_a_wall(stage):
    on = stage(account())
    missing = on.visit_target(PostTarget(GONE.code))
    assert (missing.stop_reason, missing.exit_code, missing.page_loads) == ("not_found", 69, 1)
    on.replica.replace(account(walls=(Wall("login_page", on="post"),)))
    walled = on.visit_target(PostTarget(PLAIN.code))
    assert (walled.stop_reason, walled.exit_code) == ("login", 75)
    assert on.visit_target(PostTarget(PLAIN.code)).stop_reason == "cool_down"


def test_a_recorded_post_that_is_gone_stays_unavailable_without_a_request(stage):
    on = stage(account())
    on.visit()
    for page_loads in (1, 0, 0):
        report = on.visit_target(PostTarget(GONE.code))
        assert (report.stop_reason, report.exit_code, report.page_loads) == ("not_found", 69, page_loads)
    assert on.visit_target(PostTarget(GONE.code), selection=Selection(full=True)).page_loads == 1
    # What was saved before its post went is there.
    on.visit_target(PostTarget(PLAIN.code))
    on.library.posts.missing([str(PLAIN.pk)])
    on.library.posts.missing([str(PLAIN.pk)])
    saved = on.visit_target(PostTarget(PLAIN.code))
    assert (saved.stop_reason, saved.exit_code, saved.images_known) == ("caught_up", 0, 1)


def test_an_image_that_was_given_up_is_reported_as_failed(stage):
    broken = replace(PLAIN, slides=(replace(PLAIN.slides[0], fault=ImageFault("missing")),))
    on = stage(Account(OWNER, (broken,)))
    for page_loads in (*[1] * GIVE_UP_AFTER, 0):
        report = on.visit_target(PostTarget(PLAIN.code))
        assert (report.images_failed, report.exit_code, report.page_loads) == (1, 3, page_loads)
        assert [event.reason for event in on.events if isinstance(event, ImageFailed)] == ["the server answered 404"]
