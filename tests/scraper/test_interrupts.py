"""However a run ends, no Chromium stays behind, and the next run goes on from there."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from db.library import open_library
from demo.samples import sample_account
from demo.site import ReplicaSite

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks for processes in /proc, which only Linux has"
)

POSTS = 4
RUN = """
import signal, sys
from pathlib import Path
from db.library import open_library
from scraper.events import ImageSaved
from scraper.delays import pace_for
from scraper.run import scrape_profiles
from scraper.site import site_at
from scraper.targets import ProfileTarget

def interrupt(number, frame):
    raise KeyboardInterrupt

def tell(event):
    if isinstance(event, ImageSaved):
        print("saved", flush=True)

signal.signal(signal.SIGTERM, interrupt)
site = site_at(sys.argv[1])
with open_library(Path(sys.argv[2])) as library:
    visits = scrape_profiles([ProfileTarget("harbour.light")], library, site, delays=pace_for(site, 0), listen=tell)
    for report in visits:
        print(report.stop_reason.value, report.images_new, flush=True)
"""
# The same with a page whose script never ends once the page is there.
HANG = (
    """
from scraper.page import Tab
open_page = Tab.open

def open_and_hang(tab, url):
    page = open_page(tab, url)
    tab._page.evaluate("() => void setTimeout(() => { while (true) {} })")
    print("stuck", flush=True)
    return page

Tab.open = open_and_hang
"""
    + RUN
)
# The same without much patience from the first picture on.
HASTE = (
    """
import scraper.browser, scraper.page, scraper.window

def hurry():
    scraper.browser._CONTEXT_TIMEOUT_S = scraper.browser._CLOSE_TIMEOUT_S = scraper.window.ANSWER_TIMEOUT_S = 1
    scraper.page._PAGE_TIMEOUT_MS = 1_000
"""
    + RUN.replace('print("saved"', 'hurry() or print("saved"')
)


@pytest.fixture
def replica():
    with ReplicaSite([sample_account("harbour.light", POSTS, width=160, height=200)]) as running:
        yield running


def start(replica: ReplicaSite, library: Path, mark: str, code: str = RUN) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, replica.base_url, str(library)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "STYLEGRAM_TEST_MARK": mark},
    )


def left_behind(mark: str, patience_s: float = 40) -> dict[int, str]:
    """The commands of processes that carry the mark in their environment, once they have had time to end."""
    deadline = time.monotonic() + patience_s
    while (found := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def marked(mark: str) -> dict[int, str]:
    """Process id to command."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                command = (process / "cmdline").read_bytes().decode(errors="replace")
                found[int(process.name)] = command.replace("\0", " ")
        except OSError:
            continue
    return found


def saved_images(library: Path) -> int:
    with open_library(library) as opened:
        return opened.posts.counts()["slides_saved"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_an_interrupted_or_killed_run_leaves_no_chromium_and_the_next_one_heals_it(replica, tmp_path, number):
    library, mark = tmp_path / "library", uuid.uuid4().hex
    with start(replica, library, mark) as run:
        assert run.stdout.readline() == "saved\n"
        # Python drops an exception that falls into a destructor, and rows that were just saved have theirs.
        time.sleep(0.05)
        # As a terminal does with Ctrl-C, to the whole group; a service manager's signal goes to the process.
        (os.killpg if number == signal.SIGINT else os.kill)(run.pid, number)
        rest = run.stdout.read()
        run.wait(timeout=40)
    assert left_behind(mark) == {}
    if number != signal.SIGKILL:
        assert "interrupted" in rest
        assert run.returncode == 0
    early = saved_images(library)
    assert 1 <= early <= POSTS

    replica.forget_requests()
    with start(replica, library, mark) as run:
        last = run.stdout.read().splitlines()[-1]
    assert last.split()[0] in ("end_of_timeline", "caught_up")
    assert saved_images(library) == POSTS
    # What was saved before is not fetched again.
    assert replica.count("image") == POSTS - early
    assert left_behind(mark) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_run_that_waits_for_a_script_without_an_end_is_interrupted_within_seconds(replica, tmp_path, number):
    mark = uuid.uuid4().hex
    with start(replica, tmp_path / "library", mark, HANG) as run:
        assert run.stdout.readline() == "stuck\n"
        time.sleep(0.5)     # until it waits
        began = time.monotonic()
        os.killpg(run.pid, number)
        rest = run.stdout.read()
        run.wait(timeout=40)
    assert time.monotonic() - began < 10
    assert ("interrupted" in rest) == (number == signal.SIGINT)
    assert left_behind(mark) == {}


def signal_chromium(mark: str, number: signal.Signals) -> None:
    """To the browser itself, not to the processes that it has started."""
    for pid, command in marked(mark).items():
        if "--headless" in command and "--type=" not in command:
            os.kill(pid, number)


def test_a_chromium_that_dies_ends_the_visit_with_a_report(replica, tmp_path):
    library, mark = tmp_path / "library", uuid.uuid4().hex
    with start(replica, library, mark) as run:
        assert run.stdout.readline() == "saved\n"
        signal_chromium(mark, signal.SIGKILL)
        rest = run.stdout.read()
        run.wait(timeout=40)
    assert "network" in rest
    assert run.returncode == 0
    assert left_behind(mark) == {}


def test_a_chromium_that_stands_still_ends_the_visit_with_a_report_and_is_ended(replica, tmp_path):
    mark = uuid.uuid4().hex
    with start(replica, tmp_path / "library", mark, HASTE) as run:
        assert run.stdout.readline() == "saved\n"
        signal_chromium(mark, signal.SIGSTOP)
        rest = run.stdout.read()
        run.wait(timeout=40)
    assert "network" in rest
    assert left_behind(mark) == {}


# Each at eight moments of the start, those of the one between those of the other.
@pytest.mark.parametrize(
    ("send", "first_s"),
    [
        ("threading.Timer(after_s, os.kill, (os.getpid(), signal.SIGINT)).start()", 0.0005),
        ("signal.setitimer(signal.ITIMER_REAL, after_s)", 0.0305),
    ],
    ids=["interrupt", "alarm"],
)
def test_an_interrupt_while_the_browser_starts_says_nothing_of_its_own(send, first_s):
    code = (
        "import os, signal, threading\n"
        "from scraper.browser import open_chromium\n"
        "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
        "for i in range(8):\n"
        f"    after_s = {first_s} + i * 0.06\n"
        "    try:\n"
        f"        {send}\n"
        "        with open_chromium(): signal.pause()\n"
        "    except KeyboardInterrupt: print('interrupted')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["interrupted"] * 8, "")
