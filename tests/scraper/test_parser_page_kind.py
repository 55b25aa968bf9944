import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.parser.page_kind import PageKind, page_kind, refusal

PROFILE = "https://www.instagram.com/harbour.light/"


def page(route: str) -> str:
    return f'<script type="application/json" data-sjs>{{"canonicalRouteName" : "comet.igweb.{route}"}}</script>'


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("PolarisLoggedOutDesktopWWWProfileRoute", PageKind.PROFILE),
        ("PolarisLoggedOutDesktopWWWPostRoute", PageKind.POST),
        ("PolarisErrorRoute", PageKind.MISSING),
        ("PolarisCAAIGLoginHomepageRoute", PageKind.LOGIN),
        ("SomethingNew", PageKind.UNKNOWN),
    ],
)
def test_a_page_is_what_its_route_says(route, kind):
    assert page_kind(PROFILE, page(route), []) is kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("accounts/login/?next=%2Fharbour.light%2F", PageKind.LOGIN),
        ("accounts/emailsignup/", PageKind.LOGIN),
        ("", PageKind.LOGIN),
        ("challenge/?next=x", PageKind.CHALLENGE),
        ("accounts/suspended/", PageKind.CHALLENGE),
    ],
)
def test_a_redirect_to_a_wall_is_a_wall_whatever_the_page_says(path, kind):
    html = page("PolarisLoggedOutDesktopWWWProfileRoute")
    assert page_kind(f"https://www.instagram.com/{path}", html, []) is kind


def test_words_of_the_profiles_owner_are_not_the_pages_route():
    html = '<title>"canonicalRouteName":"comet.igweb.PolarisErrorRoute"</title>'
    bio = r'<script type="application/json">{"bio":"\"canonicalRouteName\":\"PolarisErrorRoute\""}</script>'
    assert page_kind(PROFILE, html + bio, []) is PageKind.UNKNOWN


def test_refusals_are_told_by_their_keys_in_any_language(document):
    assert refusal(document("refusal_wait")) is PageKind.LOGIN
    assert refusal(document("refusal_wait") | {"message": "Vui lòng chờ vài phút"}) is PageKind.LOGIN
    assert refusal(document("refusal_checkpoint")) is PageKind.REFUSED
    assert refusal(document("refusal_feedback")) is PageKind.REFUSED
    limited = {"errors": [{"message": "?", "code": 1675004}], "extensions": {"is_final": True}}
    assert refusal(limited) is PageKind.REFUSED
    assert refusal(document("xig_grid")) is None
    assert refusal({"errors": None, "data": {}}) is None
    assert page_kind(PROFILE, "", [document("refusal_wait")]) is PageKind.REFUSED


@given(st.text())
def test_any_page_is_of_some_kind(html):
    assert isinstance(page_kind(PROFILE, html, []), PageKind)
