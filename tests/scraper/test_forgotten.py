"""What the user had removed is not fetched again, and a forgotten profile is not even asked for."""

from dataclasses import replace

from db.forgotten import Kind
from demo.samples import sample_account
from scraper.report import StopReason


def test_a_forgotten_profile_costs_no_request_and_the_next_one_is_visited(stage):
    on = stage(sample_account("ana", 2), sample_account("ben", 1))
    ana = on.visit("ana")
    on.library.forgotten.forget(Kind.PROFILE, ana.pk, "ana")
    first, second = on.visit_all("ana", "ben")
    assert (first.stop_reason, first.exit_code, first.page_loads) == (StopReason.FORGOTTEN, 0, 0)
    assert second.images_new == 1
    assert on.replica.count("profile") == 1
    assert {image.profile for image in on.images()} == {"ben"}


def test_a_forgotten_profile_is_known_again_under_another_name(stage):
    account = sample_account("ana", 2)
    on = stage(account)
    ana = on.visit("ana")
    on.library.forgotten.forget(Kind.PROFILE, ana.pk, "ana")
    renamed = stage(replace(account, user=replace(account.user, username="ana.since")))
    report = renamed.visit("ana.since")
    assert (report.stop_reason, report.page_loads) == (StopReason.FORGOTTEN, 1)
    assert (renamed.replica.count("post"), renamed.replica.count("image")) == (0, 0)
    assert on.library.posts.profiles() == []


def test_a_forgotten_post_is_left_out_of_later_visits(stage):
    account = sample_account("ana", 3)
    on = stage(account)
    on.visit("ana")
    code = account.posts[1].code
    on.library.forgotten.forget(Kind.POST, str(account.posts[1].pk), code)
    report = on.visit("ana")
    assert (report.images_new, report.posts_new, report.page_loads) == (0, 0, 1)
    assert on.replica.count("image") == 0
    assert len(on.images()) == 2
    assert code not in {image.post_code for image in on.images()}
