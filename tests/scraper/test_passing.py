"""What a page's own request says of itself, and whether that is the timeline's (P21)."""

from urllib.parse import urlencode

import pytest

from scraper.parser.page_kind import PageKind
from scraper.parser.signs import Signs, calls_itself_another
from scraper.passing import Passed, asked

SITE = "https://www.instagram.com"
SIGNS = Signs(frozenset({"QVFDabc+/=="}), frozenset({"5550001234", "harbour.light"}))
NAME = "PolarisProfilePostsTabContentQuery_connection"


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({}, urlencode({"fb_api_req_friendly_name": NAME, "doc_id": "25000000000000001"})),
        ({}, '{"operationName": "PolarisProfilePostsTabContentQuery_connection"}'),
        ({"x-fb-friendly-name": NAME}, ""),
    ],
    ids=["form", "json", "header"],
)
def test_a_request_names_its_query_in_any_of_the_usual_ways(headers, content):
    called, carried = asked(f"{SITE}/api/graphql?a=1", headers, content)
    assert called == f"/api/graphql {NAME}"
    assert SIGNS.continue_in(called, carried)


@pytest.mark.parametrize(
    "content",
    [
        urlencode({"variables": '{"after":"QVFDabc+/==","first":12}'}),
        '{"after":"QVFDabc%2B/=="}',
        urlencode({"variables": '{"id":"5550001234"}'}),
        "user_id=5550001234_1&x=1",
        "username=Harbour.Light",
    ],
)
def test_a_request_is_known_by_its_cursor_and_by_whom_it_is_about(content):
    assert SIGNS.are_in(*asked(f"{SITE}/graphql/query", {}, content))


@pytest.mark.parametrize(
    "content",
    ["id=15550001234", "id=5550001234567", "page=/harbour.light/p/", "username=harbour.light.ana", "q=a.harbour.light"],
)
def test_a_request_about_somebody_or_something_else_is_not_taken_for_it(content):
    assert not SIGNS.are_in(*asked(f"{SITE}/api/v1/web/something/", {}, content))


@pytest.mark.parametrize(
    "called", ["/api/v1/web/logging/events/", "/api/v1/x/log/", "/api/v1/consent/", "PolarisSuggestedUsersQuery"]
)
def test_requests_that_call_themselves_something_else_are_told(called):
    assert calls_itself_another(called)
    assert not SIGNS.are_in(called, "id=5550001234")


@pytest.mark.parametrize("query", ["ProfileRootContentQuery", "ProfilePostsTabContentQuery_connection"])
def test_the_names_of_a_visitors_own_queries_are_not_those_of_something_else(query):
    assert not calls_itself_another(f"/api/graphql PolarisLoggedOutDesktopWWW{query}")


def test_a_request_may_carry_anything():
    called, carried = asked(f"{SITE}/api/v1/%FF%00?%zz", {}, "\0" * 300_000 + "%")
    assert len(carried) < 200_000
    assert not SIGNS.are_in(called, carried)


def test_a_refusal_is_one_whatever_else_passes_with_it():
    login, limit = {"require_login": True}, {"status": "fail"}
    assert Passed("", "", documents=(login, {})).refusal is PageKind.LOGIN
    assert Passed("", "", documents=(login, limit)).refusal is PageKind.REFUSED
    assert Passed("", "", documents=({},)).refusal is None
