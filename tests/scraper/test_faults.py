"""What goes wrong on the wire for a while is mended within the visit; the file is the one that was uploaded."""

import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from db.posts import GIVE_UP_AFTER
from demo.accounts import Account
from demo.behaviour import Behaviour, ImageFault
from demo.samples import sample_post, sample_user
from scraper.events import ImageFailed

OWNER = sample_user("harbour.light")


def account(*faults: ImageFault | None, **behaviour) -> Account:
    post = sample_post(OWNER, slides=len(faults), width=320, height=400)
    slides = tuple(replace(slide, fault=fault) for slide, fault in zip(post.slides, faults, strict=True))
    return Account(OWNER, (replace(post, slides=slides),), behaviour=Behaviour(**behaviour))


def test_faults_that_pass_are_mended_within_one_visit_and_a_broken_file_is_gone_on_with(stage):
    faults = (
        ImageFault("reset", times=1),
        ImageFault("truncated", times=1),
        ImageFault("server_error", times=2),
        ImageFault("busy", times=1, retry_after="1"),
        ImageFault("busy", times=1, status=429, retry_after=formatdate(time.time() + 5, usegmt=True)),
        ImageFault("wrong_range", times=1),
        ImageFault("slow", drip_s=0.01),
    )
    on = stage(account(*faults))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.page_loads, report.exit_code) == (7, 0, 2, 0)
    parts = [request for request in on.replica.requests if "range" in request.headers]
    assert len(parts) == 2
    assert all(request.headers["if-range"].startswith('"') for request in parts)
    assert not list((on.library.root / "files" / "staging").iterdir())
    assert len({image.sha256 for image in on.images()}) == 7
    assert {(image.width, image.height, image.is_full_size) for image in on.images()} == {(320, 400, True)}


@pytest.mark.parametrize("fault", ["reset", "truncated"])
def test_a_server_that_ignores_the_range_of_a_broken_download_does_not_spoil_the_file(stage, fault):
    on = stage(account(ImageFault(fault, times=1), ignores_ranges=True))
    assert on.visit().images_new == 1
    [image] = on.images()
    assert (image.width, image.height, image.is_full_size) == (320, 400, True)


def original_with(kind: str | None, *, size: tuple[int, int] = (1440, 1800), everywhere: bool = False) -> Account:
    post = sample_post(OWNER, width=size[0], height=size[1])
    fault = None if kind is None else ImageFault(kind, on_originals_only=not everywhere)
    return Account(OWNER, (replace(post, slides=(replace(post.slides[0], fault=fault),)),))


@pytest.mark.parametrize("fault", ["missing", "forbidden", "html", "svg", "undecodable"])
def test_where_the_original_is_not_to_be_had_the_next_whole_form_is_and_is_not_called_the_original(stage, fault):
    on = stage(original_with(fault))
    report = on.visit()
    assert (report.images_new, report.images_failed, report.exit_code) == (1, 0, 0)
    [image] = on.images()
    assert (image.width, image.height, image.is_full_size) == (1080, 1350, False)
    assert "p1080x1080" in image.source_url
    assert on.replica.count("image") == 2


def test_the_better_form_is_looked_for_again_a_few_times_and_takes_the_place_of_the_lesser(stage):
    on = stage(original_with("missing"))
    on.visit()
    again = on.visit()
    # One page, one address, and nothing that failed: there is a picture.
    assert (again.page_loads, on.replica.count("image"), again.images_failed, again.exit_code) == (2, 1, 0, 0)
    on.replica.replace(original_with(None))
    healed = on.visit()
    assert (healed.images_new, on.replica.count("image")) == (1, 1)
    assert [(image.width, image.is_full_size) for image in on.images()] == [(1440, True)]
    assert on.visit().page_loads == 1


def test_a_better_form_that_stays_away_is_given_up_and_the_post_not_opened_for_ever(stage):
    on = stage(original_with("undecodable"))
    assert [on.visit().page_loads for _ in range(4)] == [2, 2, 2, 1]


def test_a_lesser_form_as_large_as_the_upload_is_the_upload(stage):
    on = stage(account(ImageFault("missing", on_originals_only=True)))      # its display form is not smaller
    on.visit()
    assert [(image.width, image.is_full_size) for image in on.images()] == [(320, True)]
    assert on.visit().page_loads == 1


def test_a_picture_of_which_no_form_is_to_be_had_costs_a_few_requests_and_one_try_a_visit(stage, catalog_value):
    on = stage(original_with("missing", everywhere=True))
    for visits in range(1, GIVE_UP_AFTER + 1):
        report = on.visit()
        assert (report.images_failed, on.replica.count("image")) == (1, 4)
        assert catalog_value("SELECT attempts FROM slides") == visits
    [failed] = [event for event in on.events if isinstance(event, ImageFailed)]
    assert failed.reason == "the server answered 404"
    assert (on.visit().page_loads, on.replica.count("image")) == (1, 0)


@pytest.mark.parametrize("fault", ["server_error", "busy", "truncated", "no_index", "redirect"])
def test_a_server_in_trouble_or_its_wish_is_no_reason_to_take_something_smaller(stage, fault):
    on = stage(original_with(fault))
    report = on.visit()
    assert (report.images_new, report.images_failed + report.images_withheld, on.images()) == (0, 1, [])
    asked = {request.path for request in on.replica.requests if request.kind == "image"}
    assert len(asked) == 1
