"""What `stylize` finds out before a picture is made, and in which order it makes them."""

import subprocess
import sys
from pathlib import Path

import pytest

from db.library import Library
from db.records import ResultKey, ResultRecord, ResultStatus
from stylizer.missing import find_missing
from stylizer.network.published import PUBLISHED_SHA256
from stylizer.order import Order
from stylizer.plan import make_plan
from stylizer.recipe.presets import GATYS
from tests.cli.conftest import CLI, Run


def make_all(library: Library, make_picture: bytes) -> None:
    """Gives every pair of the album a result under the default recipe of the command line."""
    from console.transfer_options import RecipeOptions
    from db.records import Role

    recipe = RecipeOptions().resolve()
    missing = find_missing(library, library.images.find(Role.CONTENT), library.images.find(Role.STYLE), recipe)
    for content, style in missing.pairs:
        key = ResultKey(content.sha256, style.sha256, missing.recipe_hash)
        record = ResultRecord(key, recipe.name, 512, 1, 0, ResultStatus.DONE)
        library.results.save(record, library.store.put_bytes(make_picture))


@pytest.fixture
def whole(album: Path, library: Library) -> Path:
    """The album with all of its pictures."""
    make_all(library, (album / "a.png").read_bytes())
    return album


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_a_run_with_nothing_to_make_loads_no_torch(whole: Path, options: list[str]) -> None:
    code = ("import sys, cli; code = cli.run(sys.argv[1:]); "
            "sys.exit(str(sorted({'torch', 'ray'} & set(sys.modules))) if code == 0 else code)")
    done = subprocess.run(
        [sys.executable, "-c", code, "--library", str(whole / "library"), "stylize", "--all", *options],
        cwd=CLI.parent, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "[]", done.stderr
    assert "2 exist" in done.stdout


def test_a_dry_run_lists_pairs_in_the_order_in_which_they_are_made(album: Path, here: Run, library: Library) -> None:
    library.marks.star_images([3], starred=True)
    told = {
        order: [line["style_id"] for line in here(
            "--library", album / "library", "stylize", "--all", "--dry-run", "--json", "--order", order).lines[:-1]]
        for order in Order
    }
    assert told == {"spread": [2, 3], "rows": [2, 3], "new": [3, 2], "favourites": [3, 2]}


def test_a_dry_run_says_when_a_device_is_not_there(album: Path, here: Run) -> None:
    done = here("--library", album / "library", "stylize", "--all", "--dry-run", "--device", "mps")
    assert done.code == 78
    assert "no mps device" in done.err


def test_what_a_run_makes_is_what_was_found_missing(library: Library) -> None:
    contents, styles = library.images.find()[:1], library.images.find()[1:]
    plan = make_plan(library, contents, styles, GATYS)
    missing = find_missing(library, contents, styles, GATYS)
    assert plan.weights.sha256 == plan.config.weights_sha256 == missing.weights_sha256 == PUBLISHED_SHA256
    assert plan.config.recipe_hash == missing.recipe_hash
    assert list(plan.pairs) == list(missing.pairs)
    assert list(plan.batches(2)) == [(0, 1)]


def test_pairs_that_failed_before_come_last_and_in_batches_of_their_own(library: Library) -> None:
    contents, styles = library.images.find()[:1], library.images.find()[1:]
    key = ResultKey(contents[0].sha256, styles[0].sha256, find_missing(library, contents, styles, GATYS).recipe_hash)
    failed = ResultRecord(key, "gatys", 512, 1, 0, ResultStatus.FAILED, reason="no luck")
    library.results.save(failed, None)
    plan = make_plan(library, contents, styles, GATYS)
    assert [style.id for _, style in plan.pairs] == [3, 2]
    assert list(plan.batches(2)) == [(0,), (1,)]
    for _ in range(2):
        library.results.save(failed, None)
    assert [style.id for _, style in make_plan(library, contents, styles, GATYS).pairs] == [3]
    again = make_plan(library, contents, styles, GATYS, retry=True)
    assert ([style.id for _, style in again.pairs], again.given_up) == ([3, 2], 0)
