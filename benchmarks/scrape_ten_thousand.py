"""What 10,000 posts in the catalog cost: `python -m benchmarks.scrape_ten_thousand` prints the figures as JSON.

A library of 10,000 posts with three images each and 10,000 results is made out of rows alone, but for the newest
12 posts, which a replica of the site on loopback shows. Each command runs in a process of its own, several times.
Seconds are those of the whole process from its start; those of its CPU and its memory (the highest resident set) leave
Chromium out. `before` is the same scrape while the catalog holds nothing but the 12 posts.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from db.library import CATALOG, open_library
from db.schema import FileRow, PostRow, ProfilePostRow, ProfileRow, ResultRow, RunRow, SlideRow
from demo.accounts import Account, Post
from demo.samples import sample_account
from demo.site import ReplicaSite

POSTS, SLIDES, RESULTS, PROFILES = 10_000, 3, 10_000, 500
SHOWN = 12
REPEATS = 3
NAME = "harbour.light"
HOUR_S = 3600
NOW = datetime(2026, 9, 1, tzinfo=UTC)
# Runs the command line and tells its own highest memory, which no other process of the run is part of.
MEASURED = """
import sys, time, cli
code = cli.run(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1], time.process_time(), file=sys.stderr)
sys.exit(code)
"""


def main() -> None:
    """Make the library, run the commands on it, print the figures."""
    account = sample_account(NAME, posts=SHOWN, width=240, height=300)
    with tempfile.TemporaryDirectory() as folder, ReplicaSite([account]) as site:
        root = Path(folder) / "library"
        scrape = ["scrape", NAME, "--base-url", site.base_url, "--page-delay", "0"]
        measure(root, scrape)   # the 12 posts of the page, with their files
        before = figure(root, scrape)
        fill(root, account)
        commands = {
            "scrape, nothing new": scrape,
            "images": ["images"],
            "images --json": ["images", "--json"],
            "results": ["results"],
            "status": ["status"],
            "matrix --html, a selection without results": ["matrix", "--html", f"{folder}/page", "--recipe", "none"],
            "stylize --dry-run, one style": ["stylize", "--style", "1", "--dry-run", "--limit", "10"],
        }
        figures = {name: figure(root, command) for name, command in commands.items()}
    sizes = {"posts": POSTS, "images": POSTS * SLIDES, "results": RESULTS, "profiles": PROFILES}
    load = {"load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps({**sizes, **load, "before": before, "commands": figures}, indent=2))


def figure(root: Path, command: list[str]) -> dict[str, Any]:
    """The exit code, the median and longest time, and the highest memory of several runs."""
    runs = [measure(root, command) for _ in range(REPEATS)]
    seconds = [run[1] for run in runs]
    return {
        "exit_code": runs[0][0],
        "seconds": round(statistics.median(seconds), 2),
        "longest_seconds": round(max(seconds), 2),
        "cpu_seconds": round(statistics.median(run[3] for run in runs), 2),
        "peak_mib": max(run[2] for run in runs) // 1024,
    }


def measure(root: Path, command: list[str]) -> tuple[int, float, int, float]:
    """Exit code, seconds, KiB and seconds of CPU of one run."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "--library", str(root), *command],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    *_, peak_kib, cpu_seconds = done.stderr.split()
    return done.returncode, seconds, int(peak_kib), float(cpu_seconds)


def fill(root: Path, account: Account) -> None:
    """Add rows of older posts of the same profile, of other profiles, and of results."""
    with open_library(root, create=False) as library:
        known = len(library.images.find())
    engine = create_engine(f"sqlite:///{root / CATALOG}")
    with Session(engine) as session, session.begin():
        for table, rows in tables(account, known):
            session.execute(insert(table), rows)
    engine.dispose()


def tables(account: Account, known: int) -> Iterator[tuple[type, list[dict[str, Any]]]]:
    """The rows to add, by table; ids of files go on after those that are `known`."""
    oldest: Post = account.posts[-1]
    owner = str(account.user.pk)
    ages = range(1, POSTS - SHOWN + 1)  # in hours before the oldest post that is shown
    pks = [str(oldest.pk - age * (HOUR_S * 1000 << 23)) for age in ages]
    dates = [datetime.fromtimestamp(oldest.taken_at - age * HOUR_S, UTC) for age in ages]
    places = [(pk, index) for pk in pks for index in range(SLIDES)]
    yield ProfileRow, [
        {"pk": str(number), "username": f"someone.{number}", "full_name": "", "role": "content", "is_private": False,
         "first_seen_at": NOW, "last_visit_at": NOW}
        for number in range(1, PROFILES)
    ]
    yield PostRow, [
        {"pk": pk, "code": f"C{pk}", "owner_pk": owner, "kind": "carousel", "caption": "Fog", "taken_at": date,
         "first_seen_at": NOW}
        for pk, date in zip(pks, dates, strict=True)
    ]
    yield ProfilePostRow, [{"profile_pk": owner, "post_pk": pk} for pk in pks]
    files = [
        {"id": known + number, **file(f"{pk}/{index}")} for number, (pk, index) in enumerate(places, 1)
    ]
    yield FileRow, files
    yield SlideRow, [
        {"post_pk": pk, "index": index, "pk": f"{pk}{index}", "status": "saved", "attempts": 1, "file_id": each["id"],
         "alt_text": "Photo by Harbour Light.", "source_url": f"https://scontent.cdninstagram.com/v/{pk}_{index}.jpg",
         "is_full_size": True, "original_width": 1440, "original_height": 1920, "fetched_at": NOW}
        for (pk, index), each in zip(places, files, strict=True)
    ]
    first_result = known + len(files) + 1
    yield FileRow, [{"id": first_result + number, **file(f"result {number}")} for number in range(RESULTS)]
    yield ResultRow, [
        {"content_id": files[number]["id"], "style_id": 1, "recipe_hash": "0" * 64, "recipe": "gatys", "size": 512,
         "steps": 300, "seed": 0, "status": "done", "attempts": 1, "file_id": first_result + number,
         "content_loss": 1.0, "style_loss": 2.0, "total_loss": 3.0, "seconds": 60.0,
         "details": {"trace": [[step, 1e6 / (step + 1)] for step in range(50)]}, "created_at": NOW}
        for number in range(RESULTS)
    ]
    yield RunRow, [
        {"command": "scrape", "target": f"someone.{number % PROFILES}", "started_at": NOW, "ended_at": NOW,
         "outcome": "caught_up", "counts": {"posts_new": 0}}
        for number in range(10_000)
    ]


def file(seed: str) -> dict[str, Any]:
    sha256 = hashlib.sha256(seed.encode()).hexdigest()
    return {"sha256": sha256, "path": f"files/{sha256[:2]}/{sha256}.jpg", "size_bytes": 400_000,
            "media_type": "image/jpeg", "width": 1440, "height": 1920, "added_at": NOW}


if __name__ == "__main__":
    main()
