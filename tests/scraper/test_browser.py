"""Finding Chromium. In processes of their own, since the search starts Playwright."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scraper.page import open_tab
from scraper.site import site_at

ROOT = Path(__file__).parents[2]
FIND = "from scraper.browser import find_browser; f = find_browser(); print(f.source, f.path, f.version, sep='|')"


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    settings = {key: value for key, value in os.environ.items() if key != "STYLEGRAM_BROWSER"} | environment
    return subprocess.run(
        [sys.executable, *arguments], env=settings, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "own-chromium"
    path.write_text("#!/bin/sh\necho Chromium 1.2.3\n")
    path.chmod(0o755)
    return path


def test_the_browser_that_the_user_sets_comes_first(program):
    found = python("-c", FIND, STYLEGRAM_BROWSER=str(program))
    assert found.stdout == f"STYLEGRAM_BROWSER|{program}|Chromium 1.2.3\n"


def test_without_a_setting_the_systems_browser_is_found(program):
    program.rename(program.with_name("chromium"))
    found = python("-c", FIND, PATH=f"{program.parent}:{os.environ['PATH']}", PLAYWRIGHT_BROWSERS_PATH="/nonexistent")
    assert found.stdout == f"PATH|{program.with_name('chromium')}|Chromium 1.2.3\n"


def test_a_setting_that_is_wrong_is_an_error_and_not_passed_over():
    found = python("-m", "scraper.provision", STYLEGRAM_BROWSER="/no/such/browser")
    assert found.returncode == 78
    assert found.stderr.count("\n") == 1
    assert "/no/such/browser" in found.stderr


def test_provision_is_quick_where_a_browser_is_there(program):
    started = time.monotonic()
    found = python("-m", "scraper.provision", STYLEGRAM_BROWSER=str(program))
    assert (found.returncode, found.stdout) == (0, f"browser: {program}\n")
    assert time.monotonic() - started < 30      # it fetches nothing; the rest is this machine's load


def test_a_browser_that_is_none_does_not_start_and_says_so(program):
    opened = python(
        "-c",
        "from scraper.browser import open_chromium\n"
        "from scraper.errors import BrowserUnusable\n"
        "try:\n"
        "    with open_chromium(): pass\n"
        "except BrowserUnusable as error: print(error.exit_code, error)",
        STYLEGRAM_BROWSER=str(program),
    )
    assert opened.stdout.startswith("78 ")
    assert "does not start" in opened.stdout


def test_chromium_is_started_with_what_playwright_switches_off_and_without_names(program):
    program.write_text(f'#!/bin/sh\necho "$@" > {program}.arguments\n')
    python("-c", "from scraper.browser import try_browser; try_browser()", STYLEGRAM_BROWSER=str(program))
    arguments = Path(f"{program}.arguments").read_text().split()
    lists = [argument.partition("=")[2] for argument in arguments if argument.startswith("--disable-features=")]
    playwrights, ours = (set(names.split(",")) for names in lists)
    assert playwrights < ours
    # Who would go past the proxy finds no host; what is not for it goes to none.
    text = Path(f"{program}.arguments").read_text()
    assert "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1 " in text
    assert "--proxy-server=socks5://nowhere.invalid:1080 --proxy-bypass-list=<-loopback> " in text


def test_every_visitor_is_a_fresh_one(chromium):
    site = site_at("http://127.0.0.1:9")
    agents = []
    for _ in range(2):
        with chromium.context() as context:
            assert context.cookies() == []
            assert context.pages == []
        with open_tab(chromium, site) as tab:
            agents.append(tab.user_agent)
    assert agents[0] == agents[1]
    assert "Chrome" in agents[0]


def test_a_browser_that_does_not_run_is_passed_over_for_the_systems_own(program, tmp_path):
    program.rename(program.with_name("chromium"))
    own = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "own")}
    where = "from playwright.sync_api import sync_playwright as p\nwith p() as q: print(q.chromium.executable_path)"
    broken = Path(python("-c", where, **own).stdout.strip())
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    found = python("-c", FIND, PATH=f"{program.parent}:{os.environ['PATH']}", **own)
    assert found.stdout.startswith("PATH|")
