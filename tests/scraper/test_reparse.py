"""A page that is not understood is exit 76 with a sample, and an update reads the sample without a request."""

import gzip
import json
from urllib.request import urlopen

import pytest

from db.forgotten import Kind
from demo.accounts import Account
from demo.behaviour import Behaviour
from demo.samples import sample_account, sample_carousel, sample_user
from scraper.events import ImageFailed, PostOpened
from scraper.parser.documents import blocks
from scraper.posts import Profile, Subject
from scraper.reparse import reparse
from scraper.report import StopReason
from scraper.samples import keep_documents
from scraper.targets import PostTarget

OWNER = sample_user("harbour.light")


def account(posts: int = 3, **behaviour):
    return sample_account("harbour.light", posts, Behaviour(**behaviour), width=160, height=200)


def samples(on) -> list[str]:
    return sorted(path.name for path in (on.library.root / "samples").glob("*"))


def documents(on, path: str) -> list:
    """What a page of the replica carries, as a browser would have been given it."""
    with urlopen(f"{on.replica.base_url}{path}") as answer:
        return blocks(answer.read().decode())


def test_a_changed_shape_is_76_with_a_sample_and_still_76_for_a_version_that_knows_no_better(stage):
    on = stage(account(renamed=True))
    report = on.visit()
    assert (report.stop_reason, report.exit_code) == (StopReason.PAGE_CHANGED, 76)
    assert samples(on) == ["profile-harbour.light.json.gz"]
    assert "reparse" in on.events[-1].message
    on.replica.forget_requests()
    [again] = reparse(on.library)
    assert (again.subject.name, again.understood, again.posts_seen) == ("harbour.light", False, 0)
    assert samples(on) == ["profile-harbour.light.json.gz"]
    assert not on.replica.requests


def test_data_that_is_no_longer_json_is_76_although_there_is_nothing_to_keep_of_it(stage):
    on = stage(account(data_as="assignment"))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.page_loads) == (StopReason.PAGE_CHANGED, 76, 1)
    on.replica.replace(account())
    assert on.visit().images_new == 3


def test_a_dry_run_keeps_no_sample(stage):
    on = stage(account(renamed=True))
    assert on.visit(dry_run=True).stop_reason == "page_changed"
    assert samples(on) == []


@pytest.mark.parametrize("generation", ["xig", "xdt", "legacy"])
def test_a_sample_that_is_understood_becomes_posts_whose_images_the_next_visit_fetches(stage, generation):
    on = stage(account(generation=generation))
    kept = keep_documents(on.library, on.site, Subject("profile", "harbour.light"), documents(on, "/harbour.light/"))
    assert b"oh=" not in kept.read_bytes()
    on.replica.forget_requests()
    [read] = reparse(on.library)
    assert (read.understood, read.posts_seen, read.posts_new) == (True, 3, 3)
    assert (samples(on), on.replica.requests) == ([], [])
    assert on.library.posts.profile_named("harbour.light").pk == str(OWNER.pk)
    assert on.library.posts.counts()["slides_pending"] == 3
    assert list(reparse(on.library)) == []
    report = on.visit()
    assert (report.posts_new, report.images_new, report.stop_reason) == (0, 3, "end_of_timeline")


def test_a_kept_page_of_a_post_tells_its_date_its_caption_and_its_slides(stage):
    post = sample_carousel(OWNER, 0)
    on = stage(account(1))
    on.replica.replace(Account(OWNER, (post,)))
    subject = Subject("post", post.code)
    keep_documents(on.library, on.site, subject, documents(on, f"/p/{post.code}/"))
    [read] = reparse(on.library)
    assert (read.understood, read.posts_new) == (True, 1)
    state = on.library.posts.states([str(post.pk)])[str(post.pk)]
    assert (state.slides_expected, state.slides_saved, state.complete) == (3, 0, False)
    assert state.taken_at.timestamp() == post.taken_at
    assert on.visit_target(PostTarget(post.code)).images_new == 2


def test_posts_whose_pages_changed_are_76_and_stay_pending_until_they_are_read(stage):
    on = stage(account(2, renamed=True, renamed_only="post"))
    report = on.visit()
    assert (report.stop_reason, report.exit_code) == (StopReason.PAGE_CHANGED, 76)
    assert (report.posts_new, report.images_failed, report.posts_unread) == (2, 0, 2)
    assert len(samples(on)) == 2
    assert [read.understood for read in reparse(on.library)] == [False, False]
    assert on.library.posts.counts()["slides_pending"] == 2
    on.replica.replace(account(2))
    assert on.visit().images_new == 2


def test_three_changed_pages_in_a_row_are_enough(stage):
    on = stage(account(8, renamed=True, renamed_only="post"))
    report = on.visit()
    assert (report.stop_reason, on.replica.count("post")) == ("page_changed", 3)
    assert len(samples(on)) == 3


def test_answers_to_scrolling_in_a_changed_shape_are_76_and_what_was_read_before_is_saved(stage):
    on = stage(account(6, page_size=3, renamed=True, renamed_only="answer"))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.images_new) == (StopReason.PAGE_CHANGED, 76, 3)
    assert samples(on) == ["timeline-harbour.light.json.gz"]
    on.replica.replace(account(6, page_size=3))
    assert on.visit().images_new == 3


def test_a_kept_answer_to_scrolling_is_read_as_part_of_its_profiles_timeline(stage, document):
    on = stage(account(1))
    owner = Profile("5550001234", "harbour.light")
    keep_documents(on.library, on.site, Subject("timeline", owner.username), [document("xig_next_page")], owner=owner)
    [read] = reparse(on.library)
    assert (read.understood, read.posts_new) == (True, 1)


def test_what_was_forgotten_does_not_come_back_from_a_sample(stage):
    on = stage(account(2))
    on.library.forgotten.forget(Kind.PROFILE, str(OWNER.pk), "harbour.light")
    keep_documents(on.library, on.site, Subject("profile", "harbour.light"), documents(on, "/harbour.light/"))
    [read] = reparse(on.library)
    assert (read.understood, read.posts_new, on.library.posts.counts()["posts"]) == (True, 0, 0)


def test_a_sample_that_was_tampered_with_is_told_and_harmless(stage):
    on = stage(account(1))
    folder = on.library.root / "samples"
    folder.mkdir()
    for number, content in enumerate(({}, {"format": 1, "kind": "post", "name": 5}, {"format": 1, "base_url": []})):
        (folder / f"{number}.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    assert [read.understood for read in reparse(on.library)] == [False] * 3


class Switching(list):
    """Hears events, and lets the shape of post pages change while the second post is opened."""

    def __init__(self, on, good: Account, odd: Account) -> None:
        super().__init__()
        self._on, self._good, self._odd = on, good, odd

    def append(self, event) -> None:
        super().append(event)
        opened = sum(isinstance(each, PostOpened) for each in self)
        self._on.replica.replace(self._odd if opened == 2 else self._good)


def test_one_odd_post_among_others_is_a_failed_post_with_a_sample_and_no_changed_site(stage):
    on = stage(account(3))
    on.events = Switching(on, account(3), account(3, renamed=True, renamed_only="post"))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.posts_unread, report.exit_code) == (2, 1, 0, 3)
    assert len([event for event in on.events if isinstance(event, ImageFailed)]) == 1
    assert len(samples(on)) == 1
    on.events = []
    on.replica.replace(account(3))
    assert on.visit().images_new == 1
