"""What the pages for the next person name is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md")
_PATH = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]+\.py)`|\]\(([\w./-]+)\)|^(stylizer/[\w./]+) ", re.MULTILINE)
_RECORD = re.compile(r"`([A-Z]\w+)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    named = {next(filter(None, found)) for found in _PATH.findall(text)}
    assert named
    beside = (ROOT / page).parent
    assert sorted(path for path in named if not (ROOT / path).exists() and not (beside / path).exists()) == []


def test_every_record_of_the_architecture_is_a_class_of_the_program() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    lives = text[text.index("## The life of a profile") : text.index("## Identities")]
    named = set(_RECORD.findall(lives))
    sources = subprocess.run(
        ["git", "grep", "-hoE", r"^class \w+", "--", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    classes = {line.removeprefix("class ") for line in sources.splitlines()}
    assert len(named) > 20
    assert sorted(named - classes - {"Batch"}) == []


def test_the_architecture_answers_where_things_are() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    questions = text[text.index("## Where is ...?") : text.index("## Decisions")]
    assert len(re.findall(r"^\| .* \| `", questions, re.MULTILINE)) >= 25
