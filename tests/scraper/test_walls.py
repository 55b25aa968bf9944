"""What stands in the way of a visitor is seen for what it is, costs one page, and is never touched."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Error as PlaywrightError

from demo.behaviour import Behaviour, Dialog, Wall
from demo.samples import sample_account
from scraper.page import Tab
from scraper.report import StopReason
from scraper.site import site_at


def account(posts: int = 14, **behaviour):
    return sample_account("harbour.light", posts, Behaviour(**behaviour), width=160, height=200)


@pytest.mark.parametrize(
    ("wall", "reason", "exit_code"),
    [
        ("missing", "not_found", 69),
        ("missing_404", "not_found", 69),
        ("login_page", "login", 75),
        ("login_redirect", "login", 75),
        ("home", "login", 75),
        ("challenge", "login", 75),
        ("suspended", "login", 75),
        ("throttled", "throttled", 75),
        ("lite", "throttled", 75),
        ("refused", "throttled", 75),
        ("refused_json", "throttled", 75),
        ("server_error", "network", 75),
    ],
)
def test_a_wall_in_place_of_the_profile_costs_one_page_and_is_named(stage, wall, reason, exit_code):
    on = stage(account(walls=(Wall(wall),)))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.page_loads) == (reason, exit_code, 1)
    assert (report.posts_seen, on.replica.count("profile"), on.replica.count("post")) == (0, 1, 0)


def test_a_private_profile_is_told_apart_from_a_missing_one(stage):
    on = stage(sample_account("harbour.light", 3, is_private=True))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.page_loads) == (StopReason.PRIVATE, 69, 1)
    assert report.pk is not None


def test_a_profile_that_nobody_has_is_not_found(stage):
    assert stage(account()).visit("no.such.person").stop_reason == "not_found"


def test_data_that_is_no_longer_understood_is_never_called_nothing_new(stage):
    report = stage(account(renamed=True)).visit()
    assert (report.stop_reason, report.exit_code) == (StopReason.PAGE_CHANGED, 76)


@pytest.mark.parametrize("generation", ["xig", "xdt", "legacy"])
def test_a_profile_without_posts_is_read_to_its_end(stage, generation):
    report = stage(account(0, generation=generation)).visit()
    assert (report.stop_reason, report.posts_seen, report.exit_code) == ("end_of_timeline", 0, 0)


@pytest.mark.parametrize("dialog", [Dialog(), Dialog(has_close_button=True), Dialog(after_scrolls=1)])
def test_a_login_dialog_ends_the_reading_and_is_left_alone(stage, dialog):
    on = stage(account(40, dialogs=(dialog,)))
    report = on.visit(dry_run=True)
    assert (report.stop_reason, report.exit_code) == ("login_wall", 0)
    assert 12 <= report.posts_seen < 40
    assert on.replica.count("click") == 0


def test_a_visit_that_a_dialog_ended_is_caught_up_the_next_time(stage):
    on = stage(account(5, page_size=3, dialogs=(Dialog(),)))
    assert (on.visit().images_new, on.visit().stop_reason) == (3, "caught_up")


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_a_consent_dialog_in_any_language_is_left_alone_and_no_wall(stage, language):
    on = stage(account(13, dialogs=(Dialog("consent", language=language),)))
    report = on.visit(dry_run=True)
    assert (report.stop_reason, report.posts_seen, on.replica.count("click")) == ("end_of_timeline", 13, 0)


def test_a_script_that_leads_to_the_login_page_ends_the_reading(stage):
    on = stage(account(60, late_login_scrolls=2))
    report = on.visit(dry_run=True)
    assert report.stop_reason == "login_wall"
    assert 12 <= report.posts_seen < 60


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("please_wait", "login_wall"),
        ("please_wait_vi", "login_wall"),
        ("too_many", "throttled"),
        ("rate_limit", "throttled"),
        ("checkpoint", "throttled"),
        ("feedback", "throttled"),
        ("challenge", "throttled"),
    ],
)
def test_a_refusal_of_the_pages_own_request_ends_the_reading(stage, refusal, reason):
    on = stage(account(40, refusal=refusal))
    report = on.visit(dry_run=True)
    assert (report.stop_reason, report.posts_seen, on.replica.count("graphql")) == (reason, 12, 1)


@pytest.mark.parametrize("refusal", ["execution_error", "null_user", "login_html"])
def test_an_answer_without_posts_is_not_the_end_of_a_timeline(stage, refusal):
    report = stage(account(40, refusal=refusal)).visit(dry_run=True)
    assert (report.stop_reason, report.posts_seen) == ("login_wall", 12)


@pytest.mark.parametrize(
    ("refusal", "reason", "exit_code"),
    [
        ("server_error", "network", 75),
        ("dropped", "network", 75),
        ("execution_error", "login_wall", 0),
        ("please_wait", "login_wall", 0),
    ],
)
def test_posts_below_a_timeline_that_did_not_go_on_are_read_by_the_next_visit(stage, refusal, reason, exit_code):
    on = stage(account(9, generation="xdt", page_size=6, refusal=refusal))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.images_new) == (reason, exit_code, 6)
    assert on.library.politeness.cool_down(on.site.key, on.library.runs.latest(1)[0].ended_at) is None
    on.replica.replace(account(9, generation="xdt", page_size=6))
    rest = on.visit()
    assert (rest.stop_reason, rest.images_new) == ("end_of_timeline", 3)
    assert on.visit().stop_reason == "caught_up"


def test_a_request_that_the_page_breaks_off_to_lead_to_the_login_page_is_no_failure(stage):
    on = stage(account(24, generation="xdt", answer_delay_ms=1_000, late_login_scrolls=1))
    report = on.visit()
    assert (report.stop_reason, report.images_new, on.replica.count("graphql")) == ("login_wall", 12, 1)
    assert on.visit().stop_reason == "caught_up"


def test_a_page_that_crashes_is_the_network_s_fault_and_what_it_showed_is_kept(stage, monkeypatch):
    scroll = Tab.scroll

    def crash(tab, pause_s):
        with suppress(PlaywrightError):
            tab._page.goto("chrome://crash")
        return scroll(tab, pause_s)

    monkeypatch.setattr(Tab, "scroll", crash)
    on = stage(account(24, generation="xdt"))
    report = on.visit()
    assert (report.stop_reason, report.exit_code, report.images_new) == ("network", 75, 12)
    monkeypatch.undo()
    assert on.visit().images_new == 12


@pytest.mark.parametrize("shape", [{"empty_pages": 2}, {"answer_delay_ms": 700}])
def test_empty_and_slow_answers_do_not_end_a_timeline(stage, shape):
    report = stage(account(14, **shape)).visit(dry_run=True)
    assert (report.stop_reason, report.posts_seen) == ("end_of_timeline", 14)


@pytest.mark.parametrize("shape", [{"repeats_cursor": True}, {"without_page_info": True}])
def test_a_timeline_whose_end_was_not_said_is_not_called_ended(stage, shape):
    report = stage(account(14, **shape)).visit(dry_run=True)
    assert report.stop_reason == "login_wall"
    assert report.posts_seen >= 12


@pytest.mark.parametrize(
    "shape",
    [
        {"media_type_as_text": True, "ids_as_int": True},
        {"generation": "xdt", "ids_as_int": True, "crops_first": True},
        {"answer_root": "user", "streamed": True},
        {"answer_root": "xig_user_by_username", "with_loop_prefix": True},
    ],
    ids=str,
)
def test_documents_in_unusual_shapes_are_read(stage, shape):
    report = stage(account(14, **shape)).visit(dry_run=True)
    assert (report.stop_reason, report.posts_seen) == ("end_of_timeline", 14)


def test_a_timeline_of_nulls_is_not_called_empty(stage):
    assert stage(account(null_edges=True)).visit().stop_reason == "throttled"


def test_the_browser_asks_the_site_for_nothing_but_pages_and_their_scripts(stage):
    on = stage(account(3))
    on.visit(dry_run=True)
    assert set(on.replica.counts()) <= {"profile", "static"}
    assert all("cookie" not in request.headers for request in on.replica.requests)


def test_what_another_site_says_to_which_the_page_leads_is_not_read(stage):
    on = stage(account(3))

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", on.replica.base_url + self.path)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        on.site = site_at(f"http://127.0.0.1:{server.server_address[1]}")
        report = on.visit()
        server.shutdown()
    assert (report.stop_reason, report.posts_seen, on.library.posts.profiles()) == ("network", 0, [])
    assert "another one" in on.events[-1].message
