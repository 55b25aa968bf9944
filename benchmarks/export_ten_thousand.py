"""What handing over 10,000 images costs: `python -m benchmarks.export_ten_thousand [FOLDER]` prints figures as JSON.

A library of 10,000 JPEG files of 200 kB on average, of 2,500 posts with captions, is made of bytes that nobody looks at
and of rows. `cp -r` of its files, which the system has in memory as it has them for all others, is the measure: it and
the exports are run in turn, twice, and the faster of each counts, for what else the machine does only adds. What a run
wrote leaves the memory before the next one, so that each finds as much of it free, and nothing is removed before the
end: on ext4 ten thousand files take ten times as long where as many were just removed.
Seconds are those of the whole process from its start, and of its processor; memory is the highest resident set of the
process. FOLDER says on which disk.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from db.library import CATALOG, open_library
from db.schema import FileRow, ImageRow, LooksRow, PostRow, ProfilePostRow, ProfileRow, SlideRow

IMAGES, SLIDES = 10_000, 4
LEAST_BYTES, MOST_BYTES = 100_000, 300_000
ROUNDS = 2
ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 9, 1, tzinfo=UTC)
MEASURED = """
import atexit, sys, cli
atexit.register(lambda: print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1],
                              file=sys.stderr))
cli.main()
"""
RUNS: dict[str, list[str]] = {
    "imagefolder": [],
    "imagefolder, again": [],
    "parquet": ["--as", "parquet"],
    "parquet, again": ["--as", "parquet"],
    "webdataset": ["--as", "webdataset"],
    "csv": ["--as", "csv"],
}


def main() -> None:
    """Make the library, copy it, export it, print the figures."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        folder = Path(name)
        size = fill(folder / "library")
        copied(folder, "first")     # so that all files are in memory
        release(folder / "copy first")
        rounds = [one_round(folder, str(number)) for number in range(ROUNDS)]
    found: dict[str, Any] = {"images": IMAGES, "megabytes": round(size / 1e6)}
    for run in rounds[0]:
        found[run] = min((each[run] for each in rounds), key=lambda figures: figures["seconds"])
        found[run]["of cp -r"] = round(found[run]["seconds"] / found["cp -r"]["seconds"], 2)
    print(json.dumps(found, indent=1))


def one_round(folder: Path, number: str) -> dict[str, dict[str, float]]:
    """Each run once, the copy first."""
    found = {"cp -r": copied(folder, number)}
    release(folder / f"copy {number}")
    for run, options in RUNS.items():
        target = folder / f"{run.partition(',')[0]} {number}"
        found[run] = exported(folder, target, options)
        if f"{run}, again" not in RUNS:
            release(target)
    return found


def copied(folder: Path, number: str) -> dict[str, float]:
    """Seconds of a copy of all files, and of the disk's having it: an export is not done before."""
    settle()
    began, before = time.monotonic(), os.times()
    subprocess.run(["cp", "-r", folder / "library/files", folder / f"copy {number}"], check=True)
    os.sync()
    seconds = round(time.monotonic() - began, 2)
    return {"seconds": seconds, "of the processor": processor(before)}


def exported(folder: Path, target: Path, options: list[str]) -> dict[str, float]:
    """Seconds and memory of one export."""
    settle()
    command = [sys.executable, "-c", MEASURED, "--library", str(folder / "library"), "-q", "export", str(target)]
    began, before = time.monotonic(), os.times()
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True, cwd=ROOT)
    seconds = round(time.monotonic() - began, 2)
    return {
        "seconds": seconds, "of the processor": processor(before),
        "megabytes of memory": round(int(done.stderr.split()[-1]) / 1000),
    }


def processor(before: os.times_result) -> float:
    """Seconds that children have taken since."""
    now = os.times()
    return round(now.children_user + now.children_system - before.children_user - before.children_system, 2)


def release(target: Path) -> None:
    """Have the system give back the memory that a run's files take: the next one is to find as much as this one did."""
    os.sync()
    for path in target.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def settle() -> None:
    """Wait until nothing is left to be written from before."""
    os.sync()


def fill(root: Path) -> int:
    """Files and rows; returns how many bytes."""
    with open_library(root):
        pass
    generator = np.random.default_rng(0)
    files, total = [], 0
    for number in range(IMAGES):
        data = b"\xff\xd8\xff\xe0" + generator.bytes(int(generator.integers(LEAST_BYTES, MOST_BYTES))) + b"\xff\xd9"
        sha256 = hashlib.sha256(data).hexdigest()
        path = f"files/{sha256[:2]}/{sha256}.jpg"
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(data)
        files.append({"id": number + 1, "sha256": sha256, "path": path, "size_bytes": len(data),
                      "media_type": "image/jpeg", "width": 1080, "height": 1350, "added_at": NOW})
        total += len(data)
    posts = [(str(10**18 + number), f"C{number:010}") for number in range(IMAGES // SLIDES)]
    engine = create_engine(f"sqlite:///{root / CATALOG}")
    with Session(engine) as session, session.begin():
        session.execute(insert(FileRow), files)
        session.execute(insert(ImageRow), [{"id": each["id"], "file_id": each["id"]} for each in files])
        session.execute(insert(LooksRow), [
            {"image_id": each["id"], "hash": int(each["sha256"][:15], 16), "sharpness": 1.0, "brightness": 0.5,
             "is_grey": False} for each in files])
        session.execute(insert(ProfileRow), [
            {"pk": "1", "username": "harbour.light", "full_name": "", "role": "content", "is_private": False,
             "first_seen_at": NOW, "last_visit_at": NOW}])
        session.execute(insert(PostRow), [
            {"pk": pk, "code": code, "owner_pk": "1", "kind": "carousel", "caption": "Fog over the harbour. " * 20,
             "taken_at": NOW - timedelta(hours=number), "first_seen_at": NOW}
            for number, (pk, code) in enumerate(posts)])
        session.execute(insert(ProfilePostRow), [{"profile_pk": "1", "post_pk": pk} for pk, _ in posts])
        session.execute(insert(SlideRow), [
            {"post_pk": posts[number // SLIDES][0], "index": number % SLIDES, "pk": str(number), "status": "saved",
             "attempts": 1, "file_id": each["id"], "alt_text": "Photo by Harbour Light.", "is_full_size": True,
             "fetched_at": NOW}
            for number, each in enumerate(files)])
    engine.dispose()
    return total


if __name__ == "__main__":
    main()
