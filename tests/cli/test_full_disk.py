"""A disk that is really full: a small one is mounted, in a namespace of its own, and the command line works on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import CLI

APART = ("unshare", "--user", "--map-root-user", "--mount")
MOUNT = 'mount -t tmpfs -o size="$1" none disk && shift && exec "$@"'


def can_mount() -> bool:
    try:
        done = subprocess.run([*APART, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="this machine lets nobody mount a disk")


@pytest.mark.parametrize("size_kib", [40, 200, 300, 500])    # no room for a catalog, its upgrade, a row, a file
def test_a_full_disk_is_called_full_and_ends_with_74(size_kib: int, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    for name in "abc":
        Image.frombytes("RGB", (256, 256), os.urandom(256 * 256 * 3)).save(tmp_path / f"{name}.png")
    command = (sys.executable, CLI, "--library", "disk/library", "add", "a.png", "b.png", "c.png")
    done = subprocess.run(
        [*APART, "sh", "-c", MOUNT, "sh", f"{size_kib}k", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 74, done.stderr
    assert done.stderr.startswith("error: the disk is full")
    assert done.stderr.count("\n") == 1
