"""The gallery on 10,000 images and 5,000 results: `python -m benchmarks.gallery_ten_thousand` prints it as JSON.

The library has small real files and is made once (benchmarks.hundred_thousand). The gallery is the command in a
process of its own, whose highest resident set is its memory; the browser is a real Chromium with an empty cache for
each view. A view is there when the first of its pictures is drawn. Other work on the machine makes all of it slower:
its load is told.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.hundred_thousand import wall_library
from db.library import open_library
from scraper.browser import find_browser

STYLES, PAGES = 100, 5
CLI = Path(__file__).parents[1] / "cli.py"
VIEWS = {"wall": ("/", "td img"), "images": ("/images", ".tile img")}
# Notes when the star is drawn, by the clock that the one who sets it has, too.
WATCH = """() => { new MutationObserver(() => { if (document.querySelector(".star")) window.at ??= Date.now(); })
    .observe(document.getElementById("wall"), {childList: true, subtree: true}); }"""


def main() -> None:
    """Make the library, open it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--results", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    root = wall_library(options.images - STYLES, STYLES, results=options.results)
    path = find_browser().path
    with served(root) as (process, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            figures = {
                "server_ms": {name: server_ms(process.pid, address, view, options.rounds)
                              for name, (view, _) in VIEWS.items()},
                "first_view_ms": {name: first_view_ms(browser, address, *view, options.rounds)
                                  for name, view in VIEWS.items()},
                "scrolled_to_the_end_ms": scrolled_ms(browser, address),
                f"update_on_{PAGES}_pages_ms": [update_ms(browser, address, root) for _ in range(options.rounds)],
                "memory_mb": round(highest_mb(process.pid)),
            }
        finally:
            browser.close()
    load = {"load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps({"images": options.images, "results": options.results, **load, **figures}, indent=2))


@contextmanager
def served(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The gallery's process and its first address."""
    command = [sys.executable, str(CLI), "--library", str(root), "gallery", "--no-open", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["address"]
        finally:
            process.terminate()


def server_ms(pid: int, address: str, path: str, rounds: int) -> dict[str, int]:
    """From asking for a page over a socket to its last byte, and what of that the processor worked for it."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.netloc)
    connection.request("GET", f"/?{where.query}")
    answer = connection.getresponse()
    answer.read()
    cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    took, worked = [], processor_s(pid)
    for _ in range(2 * rounds):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        size = len(connection.getresponse().read())
        took.append(time.perf_counter() - began)
    connection.close()
    of_one = (processor_s(pid) - worked) / len(took)
    wall = {"median": in_ms(statistics.median(took)), "slowest": in_ms(max(took))}
    return {"processor": in_ms(of_one), **wall, "bytes": size}


def first_view_ms(browser: Browser, address: str, path: str, picture: str, rounds: int) -> list[int]:
    """From asking for a page until its first picture is drawn, in a browser that has nothing of it."""
    took = []
    for _ in range(rounds):
        with opened(browser, address, "/live") as page:
            began = time.perf_counter()
            page.goto(address.partition("?")[0].rstrip("/") + path, wait_until="commit")
            page.wait_for_function("picture => document.querySelector(picture)?.naturalWidth > 0", arg=picture)
            took.append(in_ms(time.perf_counter() - began))
    return took


def scrolled_ms(browser: Browser, address: str) -> int:
    """From a jump to the end of the wall until its last row is there."""
    with opened(browser, address, "/") as page:
        began = time.perf_counter()
        page.evaluate("document.querySelector('main').scrollTo(0, 1e9)")
        page.wait_for_function("() => !document.querySelector('#wall tbody:last-of-type').dataset.rows")
        return in_ms(time.perf_counter() - began)


def update_ms(browser: Browser, address: str, root: Path) -> int:
    """From a star that another process sets until the last of several open pages has drawn it."""
    with open_library(root) as library, opened(browser, address, "/") as first:
        library.marks.star_results([1], starred=False)
        pages = [first, *(first.context.new_page() for _ in range(PAGES - 1))]
        for page in pages:
            page.goto(address.partition("?")[0])
            page.evaluate(WATCH)
        at = time.time()
        library.marks.star_results([1])
        shown = []
        for page in pages:
            page.wait_for_function("() => window.at")
            shown.append(page.evaluate("window.at") / 1000 - at)
        return in_ms(max(shown))


@contextmanager
def opened(browser: Browser, address: str, path: str) -> Iterator[Page]:
    """A page of a visitor with an empty cache."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    try:
        page = context.new_page()
        page.goto(address)
        page.goto(address.partition("?")[0].rstrip("/") + path)
        yield page
    finally:
        context.close()


def processor_s(pid: int) -> float:
    """The processor's time for a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def highest_mb(pid: int) -> float:
    """The highest resident set of a process so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def in_ms(seconds: float) -> int:
    return round(seconds * 1000)


if __name__ == "__main__":
    main()
