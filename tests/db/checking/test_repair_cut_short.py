"""A repair that a kill or a full disk cuts short: nothing is lost, and the next one goes on."""

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from db.errors import StorageFailed
from tests.db.checking.conftest import age, execute
from tests.db.checking.damage import DAMAGE, files, flip
from tests.db.checking.killing import killed_at
from tests.db.checking.mending import checked, contents, repaired

ALL_AT_ONCE = (
    "a file is gone", "an unknown role", "JSON cut short", "a profile's row is gone", "a file without a row",
    "frames cut short", "a note that is no JSON", "words that are not searched for")


def ruin(root: Path, *, catalog: bool) -> None:
    for name in ALL_AT_ONCE:
        DAMAGE[name][0](root)
    flip(files(root)[-1])
    if catalog:
        execute(root, "DROP INDEX ix_posts_code")
    age(root)


@pytest.mark.parametrize("catalog", [False, True])
def test_a_repair_that_is_killed_at_any_step_is_finished_by_the_next(
    whole: Path, tmp_path: Path, catalog: bool
) -> None:
    ruined = tmp_path / "ruined"
    shutil.copytree(whole, ruined)
    ruin(ruined, catalog=catalog)
    before, step, killed = contents(ruined), 0, True
    while killed:
        step += 1 if step < 4 else 7
        root = tmp_path / f"at-{step}"
        shutil.copytree(ruined, root)
        killed = killed_at(step, lambda root=root: repaired(root))
        repaired(root)
        assert checked(root) == []
        assert before - contents(root) == Counter()
        shutil.rmtree(root)
    assert step > 15


@pytest.mark.parametrize("room", [50, 3_000])
@pytest.mark.parametrize("catalog", [False, True])
def test_a_full_disk_is_told_and_the_repair_goes_on_when_there_is_room(
    root: Path, full_disk: Callable[[int], AbstractContextManager[None]], room: int, catalog: bool
) -> None:
    ruin(root, catalog=catalog)
    before = contents(root)
    with full_disk(room), pytest.raises(StorageFailed):
        repaired(root)
    assert before - contents(root) == Counter()
    repaired(root)
    assert checked(root) == []
    assert before - contents(root) == Counter()
