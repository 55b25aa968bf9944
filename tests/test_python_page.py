"""The examples of docs/python.md and of the README run as they stand, beside a `db.py` that is not ours."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from db.library import open_library
from demo.samples import sample_account
from demo.site import ReplicaSite
from stylizer.pictures.embedded import read_made

ROOT = Path(__file__).parents[1]
# Run before the examples: pictures are small and soon made, and the site is the one on loopback. Nothing else differs.
_SMALL = """
from dataclasses import replace
from functools import partial
import torch
import stylizer
stylizer.stylize
import scraper.api, stylizer.api
from stylizer.recipe.size import Measure
torch.set_num_threads(1)
_resolve = stylizer.api.resolve
def resolve(*given, **named):
    return replace(_resolve(*given, **named), size=32, measure=Measure.LONG, height=0, steps=2, scales=(1.0,))
stylizer.api.resolve = resolve
scraper.api.scrape = partial(scraper.api.scrape, base_url={base_url!r}, page_delay_s=0)
"""


def examples(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program's folder with three images and a module that has the name of one of ours."""
    for seed, name in enumerate(("photo", "other", "painting")):
        noise = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((60, 40)).save(tmp_path / f"{name}.jpg")
    (tmp_path / "db.py").write_text("raise SystemExit('a module of the program was loaded')\n")
    return tmp_path


def run(folder: Path, program: str) -> str:
    script = folder / "program.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, script], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_run(folder: Path) -> None:
    parts = [*examples("README.md"), *examples("docs/python.md")]
    assert len(parts) == 7
    with ReplicaSite([sample_account("natgeo", posts=2, width=64, height=80)]) as site:
        said = run(folder, "\n".join((_SMALL.format(base_url=site.base_url), *parts)))
    assert "none.jpg: no such file" in said
    assert "natgeo end_of_timeline 2\n" in said
    assert "2 of 2: " in said
    assert read_made(folder / "painted.png").content.name == "photo.jpg"
    assert sorted(path.name for path in (folder / "matrix").iterdir()) == ["0-0.jpg", "1-0.jpg"]
    with open_library(folder / "library", create=False) as library:
        assert [image.profile for image in library.images.find()] == ["natgeo"] * 2


def test_the_readmes_five_lines_need_nothing_before_them(folder: Path) -> None:
    (lines,) = examples("README.md")
    assert len(lines.strip().splitlines()) == 5
    run(folder, lines.replace("size=512", "size=32, steps=1"))
    assert (folder / "painted.png").is_file()


@pytest.mark.parametrize("package", ["stylizer", "db", "scraper"])
def test_the_packages_of_the_door_say_that_they_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
