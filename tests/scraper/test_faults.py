"""What goes wrong on the wire for a while is mended within the visit; the file is the one that was uploaded."""

import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from demo.accounts import Account
from demo.behaviour import Behaviour, ImageFault
from demo.samples import sample_post, sample_user

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


def test_a_fault_of_the_original_alone_takes_nothing_smaller_in_its_place(stage):
    on = stage(account(ImageFault("missing", on_originals_only=True)))
    report = on.visit()
    assert (report.images_new, report.images_failed, on.images()) == (0, 1, [])
