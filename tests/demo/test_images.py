"""Image addresses and the files behind them, over real sockets."""

import io
import re
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image

from demo.accounts import Account
from demo.behaviour import Behaviour, FaultKind, ImageFault
from demo.plates import plate
from demo.samples import sample_account
from demo.site import ReplicaSite
from tests.demo.conftest import Clock, Serve
from tests.demo.reading import results_in, values_of


def one_post(width: int = 300, height: int = 400, fault: ImageFault | None = None, **behaviour: Any) -> Account:
    account = sample_account(posts=1, behaviour=Behaviour(**behaviour), width=width, height=height)
    [post] = account.posts
    slide = replace(post.slides[0], fault=fault)
    return replace(account, posts=(replace(post, slides=(slide,)),))


def candidates_of(site: ReplicaSite, account: Account) -> list[dict[str, Any]]:
    html = requests.get(f"{site.base_url}/p/{account.posts[0].code}/", timeout=10).text
    [candidates] = values_of(results_in(html), "candidates")
    return candidates


def original_of(site: ReplicaSite, account: Account) -> str:
    return str(candidates_of(site, account)[0]["url"])


def size_of(body: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(body)).size


def stp_of(candidate: dict[str, Any]) -> str:
    found = re.search(r"stp=([^&]*)", candidate["url"])
    return found[1] if found else ""


def test_a_portrait_is_offered_in_fourteen_renditions_in_the_real_order(serve: Serve) -> None:
    account = one_post(1350, 1688)
    offered = [stp_of(candidate) for candidate in candidates_of(serve(account), account)]
    assert offered[0] == "dst-jpg_e35_tt6"
    assert [re.findall(r"_p(\d+)x", stp) for stp in offered[1:7]] == [
        [side] for side in ("1080", "720", "640", "480", "320", "240")
    ]
    assert all(stp.startswith("c0.169.1350.1350a") for stp in offered[7:])
    assert len(offered) == 14


def test_every_rendition_has_the_size_its_address_says(serve: Serve) -> None:
    account = one_post(300, 400, with_candidate_sizes=True)
    for candidate in candidates_of(serve(account), account):
        body = requests.get(candidate["url"], timeout=10).content
        assert size_of(body) == (candidate["width"], candidate["height"])


def test_a_landscape_is_fitted_by_its_long_side(serve: Serve) -> None:
    account = one_post(1439, 960)
    offered = candidates_of(serve(account), account)
    assert "s1080x1080" in stp_of(offered[1])
    assert size_of(requests.get(offered[1]["url"], timeout=10).content) == (1080, 721)


@pytest.mark.parametrize(
    ("part", "edited"),
    [
        ("stp=dst-jpg_e35_p240x240_tt6", "stp=dst-jpg_e35_tt6"),
        ("stp=dst-jpg_e35_p240x240_tt6&", ""),
        ("oh=00_AQ", "oh=00_AB"),
        ("oe=", "oe=F"),
        ("oe=", "oe=zz"),
        ("_n.jpg", "_n.webp"),
    ],
)
def test_an_edited_address_is_refused(serve: Serve, part: str, edited: str) -> None:
    account = one_post()
    address = str(candidates_of(serve(account), account)[1]["url"])
    assert part in address
    assert requests.get(address, timeout=10).status_code == 200
    answer = requests.get(address.replace(part, edited), timeout=10)
    assert (answer.status_code, answer.text) == (403, "URL signature mismatch")
    assert answer.headers["Content-Type"] == "text/plain"


def test_an_address_expires_at_its_oe_and_a_new_page_load_gives_a_new_one(serve: Serve, clock: Clock) -> None:
    account = one_post(image_lifetime_s=3600)
    site = serve(account)
    address = original_of(site, account)
    expiry = int(address.rpartition("oe=")[2], 16)
    clock.now = expiry - 1
    assert requests.get(address, timeout=10).status_code == 200
    clock.now = expiry
    answer = requests.get(address, timeout=10)
    assert (answer.status_code, answer.text) == (403, "URL signature expired")
    assert requests.get(original_of(site, account), timeout=10).status_code == 200


@pytest.mark.parametrize(("kept_as", "as_jpeg", "expected"), [
    ("JPEG", False, "image/jpeg"), ("WEBP", False, "image/webp"), ("WEBP", True, "image/jpeg"),
])  # fmt: skip
def test_originals_come_in_the_format_their_address_says(
    serve: Serve, kept_as: Any, as_jpeg: bool, expected: str
) -> None:
    account = one_post(webp_as_jpeg=as_jpeg)
    [post] = account.posts
    slide = replace(post.slides[0], picture=plate(1, 300, 400, kept_as))
    account = replace(account, posts=(replace(post, slides=(slide,)),))
    address = original_of(serve(account), account)
    answer = requests.get(address, timeout=10)
    assert answer.headers["Content-Type"] == expected
    assert Image.open(io.BytesIO(answer.content)).get_format_mimetype() == expected
    assert size_of(answer.content) == (300, 400)
    assert urlsplit(address).path.endswith("_n.webp" if kept_as == "WEBP" else "_n.jpg")


def test_ranges_join_to_the_whole_file_and_if_range_is_minded(serve: Serve) -> None:
    account = one_post()
    address = original_of(serve(account), account)
    whole = requests.get(address, timeout=10)
    etag, size = whole.headers["ETag"], len(whole.content)
    assert whole.headers["Accept-Ranges"] == "bytes"
    tail = requests.get(address, headers={"Range": "bytes=1000-", "If-Range": etag}, timeout=10)
    assert (tail.status_code, tail.headers["Content-Range"]) == (206, f"bytes 1000-{size - 1}/{size}")
    assert whole.content[:1000] + tail.content == whole.content
    stale = requests.get(address, headers={"Range": "bytes=1000-", "If-Range": '"old"'}, timeout=10)
    assert (stale.status_code, stale.content) == (200, whole.content)
    beyond = requests.get(address, headers={"Range": f"bytes={size}-"}, timeout=10)
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_server_may_ignore_ranges(serve: Serve) -> None:
    account = one_post(ignores_ranges=True)
    answer = requests.get(original_of(serve(account), account), headers={"Range": "bytes=9-"}, timeout=10)
    assert answer.status_code == 200
    assert "Accept-Ranges" not in answer.headers


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("expired", 403, "text/plain"),
        ("missing", 404, "text/plain"),
        ("forbidden", 403, "text/plain"),
        ("undecodable", 200, "image/heic"),
        ("server_error", 500, "text/plain"),
        ("html", 200, "text/html; charset=utf-8"),
        ("svg", 200, "image/svg+xml"),
        ("wrong_range", 206, "image/jpeg"),
        ("no_index", 200, "image/jpeg"),
    ],
)
def test_a_fault_strikes_as_often_as_asked_and_then_the_file_is_fine(
    serve: Serve, kind: FaultKind, status: int, content_type: str
) -> None:
    account = one_post(fault=ImageFault(kind, times=2))
    address = original_of(serve(account), account)
    for _ in range(2):
        answer = requests.get(address, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)
    good = requests.get(address, timeout=10)
    assert good.status_code == 200
    assert size_of(good.content) == (300, 400)


@pytest.mark.parametrize("kind", ["truncated", "reset"])
def test_a_body_that_breaks_off_is_an_error_of_the_connection(serve: Serve, kind: FaultKind) -> None:
    account = one_post(fault=ImageFault(kind, times=1))
    address = original_of(serve(account), account)
    broken = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)
    with pytest.raises(broken):
        requests.get(address, timeout=10)
    assert size_of(requests.get(address, timeout=10).content) == (300, 400)


def test_a_busy_server_says_when_to_come_back(serve: Serve) -> None:
    account = one_post(fault=ImageFault("busy", status=429, retry_after="120"))
    answer = requests.get(original_of(serve(account), account), timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "120")


def test_a_slow_body_drips(serve: Serve) -> None:
    account = one_post(fault=ImageFault("slow", drip_s=0.1))
    address = original_of(serve(account), account)
    started = time.monotonic()
    body = requests.get(address, timeout=10).content
    assert time.monotonic() - started >= 0.1 * (len(body) // 4096)


def test_a_fault_of_originals_leaves_the_grid_alone(serve: Serve) -> None:
    account = one_post(fault=ImageFault("missing", on_originals_only=True))
    offered = candidates_of(serve(account), account)
    assert [requests.get(offered[n]["url"], timeout=10).status_code for n in (0, 1)] == [404, 200]


def test_crops_may_come_first_and_originals_may_be_withheld(serve: Serve) -> None:
    first = one_post(crops_first=True)
    assert stp_of(candidates_of(serve(first), first)[0]).startswith("c0.50.300.300a")
    withheld = one_post(1440, 1920, largest_width_px=1080)
    offered = candidates_of(serve(withheld), withheld)
    assert "p1080x1080" in stp_of(offered[0])


def test_a_video_is_no_image(serve: Serve) -> None:
    account = one_post()
    reel = replace(account.posts[0], is_reel=True)
    site = serve(replace(account, posts=(reel,)))
    html = requests.get(f"{site.base_url}/reel/{reel.code}/", timeout=10).text
    [versions] = values_of(results_in(html), "video_versions")
    assert requests.get(versions[0]["url"], timeout=10).headers["Content-Type"] == "video/mp4"
    assert site.count("video") == 1
