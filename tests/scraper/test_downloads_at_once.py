"""A few images are fetched at once, and everything else is as if they came one after the other."""

import os
import signal
import time
import uuid
from dataclasses import replace

import pytest

from demo.accounts import Account, Post
from demo.behaviour import ImageFault
from demo.samples import sample_post, sample_user
from demo.site import ReplicaSite
from scraper.events import ImageFailed, ImageSaved
from tests.scraper.test_interrupts import left_behind, saved_images, start

OWNER = sample_user("harbour.light")
SLOW = ImageFault("slow", drip_s=0.15)


def carousel(*faults: ImageFault | None, age_days: float = 0) -> Post:
    post = sample_post(OWNER, age_days, slides=len(faults), width=320, height=400)
    return replace(
        post, slides=tuple(replace(slide, fault=fault) for slide, fault in zip(post.slides, faults, strict=True))
    )


def account(*faults: ImageFault | None) -> Account:
    return Account(OWNER, (carousel(*faults),))


@pytest.mark.parametrize(("order", "most"), [({}, 4), ({"downloads": 1}, 1), ({"downloads": 2}, 2)])
def test_never_more_images_at_once_than_allowed_and_the_pages_one_at_a_time(stage, order, most):
    on = stage(account(*[SLOW] * 8))
    assert on.visit(**order).images_new == 8
    assert on.replica.most_at_once("image") == most
    assert (on.replica.most_at_once("profile"), on.replica.most_at_once("post")) == (1, 1)


def test_slides_are_recorded_in_their_order_whichever_comes_first(stage):
    on = stage(account(SLOW, None, SLOW, None, None))
    assert on.visit().images_new == 5
    assert [image.slide for image in on.images()] == [0, 1, 2, 3, 4]
    assert [event.slide for event in on.events if isinstance(event, ImageSaved)] == [0, 1, 2, 3, 4]


def test_each_fault_among_them_is_its_own_image_s(stage):
    on = stage(account(None, ImageFault("missing"), SLOW, ImageFault("truncated"), ImageFault("html"), None))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.exit_code) == (3, 3, 3)
    failed = {event.slide: event.reason for event in on.events if isinstance(event, ImageFailed)}
    assert "404" in failed[1]
    assert "cut short" in failed[3]
    assert "text/html" in failed[4]
    assert not list((on.library.root / "files" / "staging").iterdir())


def test_however_many_signatures_are_refused_the_page_is_opened_once_more(stage):
    expired = ImageFault("expired", times=1)
    on = stage(account(expired, None, expired, expired))
    report = on.visit()
    assert (report.images_new, report.images_failed, on.replica.count("post")) == (4, 0, 2)
    assert on.replica.count("image") == 7       # what had come was not asked for again


def test_ctrl_c_does_not_wait_for_servers_that_have_fallen_silent_and_keeps_what_had_come(tmp_path):
    silent = ImageFault("slow", drip_s=60)
    library, mark = tmp_path / "library", uuid.uuid4().hex
    with ReplicaSite([account(None, silent, silent, silent, silent, None)]) as replica:
        with start(replica, library, mark) as run:
            assert run.stdout.readline() == "saved\n"
            deadline = time.monotonic() + 60
            while replica.count("image") < 5 and time.monotonic() < deadline:
                time.sleep(0.05)
            began = time.monotonic()
            os.killpg(run.pid, signal.SIGINT)
            rest = run.stdout.read()
            run.wait(timeout=50)
        assert time.monotonic() - began < 45     # far less than the 60 s of silence
        assert (run.returncode, rest) == (0, "interrupted 1\n")
        assert left_behind(mark) == {}
        assert saved_images(library) == 1
        replica.replace(account(*[None] * 6))
        with start(replica, library, mark) as run:
            assert run.stdout.read().splitlines()[-1].split()[1] == "5"
        assert saved_images(library) == 6
