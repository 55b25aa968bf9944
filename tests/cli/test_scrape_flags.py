"""Each option of `scrape` is the wish that it says, and no other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console import scraping
from console.scraping import ScrapeOptions
from db.records import Role, Slides
from tests.cli.conftest import Run

FLAGS: dict[tuple[str, ...], dict[str, Any]] = {
    (): {},
    ("--covers",): {"covers": True},
    ("--full",): {"full": True},
    ("--ignore-robots-tag",): {"ignore_robots_tag": True},
    ("--accept-new-owner",): {"accept_new_owner": True},
    ("--dry-run",): {"dry_run": True},
    ("--role", "style"): {"role": Role.STYLE},
    ("--limit", "3"): {"limit": 3},
    ("--known", "4"): {"known": 4},
    ("--pages-per-hour", "5"): {"pages_per_hour": 5},
    ("--downloads", "2"): {"downloads": 2},
    ("--since", "2024-01-02"): {"since": "2024-01-02"},
    ("--until", "2024-01-03"): {"until": "2024-01-03"},
    ("--slides", "first"): {"slides": Slides.FIRST},
    ("--page-delay", "7"): {"page_delay_s": 7.0},
    ("--base-url", "http://127.0.0.1:9"): {"base_url": "http://127.0.0.1:9"},
}


@pytest.mark.parametrize(("flag", "changes"), FLAGS.items(), ids=str)
def test_each_flag_is_its_own_wish(
    here: Run, monkeypatch: pytest.MonkeyPatch, flag: tuple[str, ...], changes: dict[str, Any]
) -> None:
    asked: list[ScrapeOptions] = []

    def run_scrape(terminal: object, root: Path, typed: object, files: object, wishes: ScrapeOptions) -> int:
        asked.append(wishes)
        return 0

    monkeypatch.setattr(scraping, "run_scrape", run_scrape)
    assert here("scrape", "ana", *flag).code == 0
    assert asked == [replace(ScrapeOptions(), **changes)]


WISHES = {"covers": "covers", "full": "full", "ignore_robots_tag": "despite_robots_tag"}


@pytest.mark.parametrize("name", WISHES)
def test_each_wish_of_posts_reaches_the_selection(name: str) -> None:
    selection = replace(ScrapeOptions(), **{name: True}).selection()
    assert [field for field in WISHES.values() if getattr(selection, field)] == [WISHES[name]]
