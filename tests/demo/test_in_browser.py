"""The pages' own script, in a real Chromium."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from demo.behaviour import Behaviour, Dialog
from demo.samples import sample_account
from tests.demo.conftest import Serve

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LINKS = "main a[href*='/p/']"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def links_on(page: Page) -> list[str]:
    return page.eval_on_selector_all(LINKS, "links => links.map(link => link.getAttribute('href'))")


def scroll(page: Page, steps: int = 60, until: int | None = None) -> set[str]:
    """Scroll on by most of a window each time, until enough was seen: every link that was ever there."""
    seen = set(links_on(page))
    for _ in range(steps):
        if until is not None and len(seen) >= until:
            break
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(150)
        seen.update(links_on(page))
    return seen


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        Behaviour(streamed=True, with_loop_prefix=True, answer_delay_ms=100),
        Behaviour(generation="xdt"),
        Behaviour(generation="legacy"),
        Behaviour(renamed=True),
    ],
    ids=["plain", "streamed", "xdt", "legacy", "renamed"],
)
def test_scrolling_shows_every_post_though_far_rows_are_gone(
    serve: Serve, page: Page, behaviour: Behaviour
) -> None:
    account = sample_account(posts=40, behaviour=behaviour, width=200, height=200)
    site = serve(account)
    page.goto(f"{site.base_url}/harbour.light/")
    assert len(links_on(page)) == 12
    seen = scroll(page, until=40)
    assert seen == {f"/harbour.light/p/{post.code}/" for post in account.posts}
    assert len(links_on(page)) < 24
    assert site.count("graphql") == 3
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(150)
    assert page.evaluate("document.documentElement.scrollHeight") == height
    assert f"/harbour.light/p/{account.posts[0].code}/" in links_on(page)


def test_pages_ask_for_nothing_outside_the_site(serve: Serve, page: Page) -> None:
    account = sample_account(posts=15, width=200, height=200)
    site = serve(account)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.base_url}/harbour.light/")
    scroll(page, until=15)
    page.goto(f"{site.base_url}/p/{account.posts[0].code}/")
    assert page.locator("time").get_attribute("datetime") == "2026-09-01T10:00:12.000Z"
    assert asked
    assert all(address.startswith(site.base_url) for address in asked)
    assert site.count("other") == 0


@pytest.mark.parametrize(
    ("dialog", "scrolls_before"), [(Dialog(), 0), (Dialog(after_ms=300), 0), (Dialog(after_scrolls=1), 1)]
)
def test_a_login_dialog_pins_the_page_at_the_posts_it_has(
    serve: Serve, page: Page, dialog: Dialog, scrolls_before: int
) -> None:
    site = serve(sample_account(posts=40, behaviour=Behaviour(dialogs=(dialog,)), width=200, height=200))
    page.goto(f"{site.base_url}/harbour.light/")
    if scrolls_before:
        page.mouse.wheel(0, 100)
    box = page.locator("div[role=dialog]")
    box.wait_for(timeout=5000)
    assert "Never miss a post from harbour.light" in box.inner_text()
    assert box.locator("button").count() == 0
    assert len(scroll(page, 5)) == 12
    assert site.count("graphql") == 0
    assert site.count("click") == 0


def test_a_login_dialog_may_lie_over_a_post(serve: Serve, page: Page) -> None:
    behaviour = Behaviour(dialogs=(Dialog(on="post"),))
    account = sample_account(posts=2, behaviour=behaviour, width=200, height=200)
    site = serve(account)
    page.goto(f"{site.base_url}/harbour.light/")
    assert page.locator("div[role=dialog]").count() == 0
    page.goto(f"{site.base_url}/p/{account.posts[0].code}/")
    page.locator("div[role=dialog]").wait_for(timeout=5000)


def test_who_closes_the_dialog_leaves_a_trace_and_sees_more(serve: Serve, page: Page) -> None:
    behaviour = Behaviour(dialogs=(Dialog(has_close_button=True),))
    site = serve(sample_account(posts=20, behaviour=behaviour, width=200, height=200))
    page.goto(f"{site.base_url}/harbour.light/")
    page.locator("div[role=dialog] [role=button]").click()
    assert len(scroll(page, until=20)) == 20
    assert [request.path for request in site.requests if request.kind == "click"] == ["/ajax/click/login-close"]


@pytest.mark.parametrize("deed", ["box => box.remove()", "box => { box.style.display = 'none' }"])
def test_who_takes_the_dialog_away_leaves_a_trace_too(serve: Serve, page: Page, deed: str) -> None:
    site = serve(sample_account(posts=2, behaviour=Behaviour(dialogs=(Dialog(),)), width=200, height=200))
    page.goto(f"{site.base_url}/harbour.light/")
    with page.expect_request("**/ajax/click/login-taken-away"):
        page.locator("div[role=dialog]").evaluate(deed)


def test_a_consent_dialog_speaks_its_language_and_does_not_stop_the_page(serve: Serve, page: Page) -> None:
    behaviour = Behaviour(dialogs=(Dialog("consent", language="de"),))
    site = serve(sample_account(posts=20, behaviour=behaviour, width=200, height=200))
    page.goto(f"{site.base_url}/harbour.light/")
    page.get_by_role("button", name="Optionale Cookies ablehnen").click()
    assert len(scroll(page, until=20)) == 20
    assert "/ajax/click/consent-decline" in [request.path for request in site.requests]


@pytest.mark.parametrize("behaviour", [Behaviour(late_login_ms=300), Behaviour(late_login_scrolls=2)])
def test_a_script_may_send_the_visitor_to_the_login_page_late(
    serve: Serve, page: Page, behaviour: Behaviour
) -> None:
    site = serve(sample_account(posts=40, behaviour=behaviour, width=200, height=200))
    page.goto(f"{site.base_url}/harbour.light/", wait_until="commit")
    for _ in range(60):  # a wheel that turns before the page listens is no scroll to it
        if "/accounts/login/" in page.url:
            break
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(200)
    page.locator("#loginForm").wait_for()
    assert page.url.endswith("/accounts/login/?next=%2Fharbour.light%2F")
    assert site.count("wall") == 1


def test_a_refused_request_for_more_leaves_the_page_as_it_is(serve: Serve, page: Page) -> None:
    behaviour = Behaviour(refusal="please_wait", refusal_from=2)
    site = serve(sample_account(posts=60, behaviour=behaviour, width=200, height=200))
    page.goto(f"{site.base_url}/harbour.light/")
    assert len(scroll(page, until=24)) == 24
    assert len(scroll(page, 3)) <= 24
    assert site.count("graphql") == 2
