"""A small account on the replica site, served by a process of its own for as long as anyone here lives.

Its clock stands still, so that a picture has the same signed address at every visit.
"""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from demo.accounts import Account
from demo.samples import sample_post, sample_user
from demo.site import ReplicaSite

NAME = "harbour.light"


def account() -> Account:
    """A post of two pictures in full size: a preview would be looked for again by every visit."""
    user = sample_user(NAME)
    return Account(user, (sample_post(user, slides=2, width=120, height=150),), "Fog & ferries", is_private=False)


@cache
def serve() -> None:
    """Start the site, and let commands find it where they look for Instagram."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.campaign.replica"], cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    os.environ["STYLEGRAM_BASE_URL"] = process.stdout.readline().strip()
    _running.append(process)


_running: list["subprocess.Popen[str]"] = []


def main() -> None:
    """Serve until nobody holds the other end of the standard input."""
    now = time.time()
    with ReplicaSite([account()], clock=lambda: now) as site:
        print(site.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
