"""The README's way from two profiles to a loaded set, line by line, on the replica of the site."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from demo.samples import sample_account
from demo.site import ReplicaSite
from tests.cli.conftest import CLI

ROOT = Path(__file__).parents[2]
# The site is on loopback, and pictures are small and soon made.
ADDED = {"scrape": "--page-delay 0", "stylize": "--size 32 --steps 1"}


def lines() -> list[str]:
    text = (ROOT / "README.md").read_text()
    (block,) = (each for each in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
                if "load_dataset" in each)
    return str(block).strip().splitlines()


def test_the_readmes_way_leads_from_two_profiles_to_a_set_in_python(tmp_path: Path) -> None:
    way = lines()
    assert len(way) == 5
    accounts = [sample_account(name, posts=2, width=64, height=80) for name in ("natgeo", "some.painter")]
    with ReplicaSite(accounts) as site:
        environment = os.environ | {
            "STYLEGRAM_BASE_URL": site.base_url, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
        for line in way:
            words = shlex.split(line, comments=True)
            command = [sys.executable, str(CLI)] if words[0] == "stylegram" else [sys.executable]
            added = ADDED.get(words[1], "").split()
            done = subprocess.run(
                [*command, *words[1:], *added], cwd=tmp_path, env=environment, capture_output=True, text=True,
                timeout=100, check=False)
            assert done.returncode == 0, (line, done.stderr)
    assert re.search(r"size=64x80", done.stdout)
    rows = (tmp_path / "pairs").glob("*/result/*.png")
    assert len(list(rows)) == 4
