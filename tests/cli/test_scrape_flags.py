"""Each option of `scrape` is the wish that it says, and no other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console import scraping
from console.scraping import ScrapeOptions
from db.records import Role, Slides
from demo.accounts import Account
from demo.behaviour import ImageFault
from demo.samples import sample_post, sample_reel, sample_user
from demo.site import ReplicaSite
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


def test_what_the_flags_ask_for_is_what_a_visit_does(here: Run) -> None:
    """A video's cover, a picture that its server wants left alone, all again, and a name that has passed on."""
    owner = sample_user("harbour.light")
    post = sample_post(owner, 0, width=160, height=200)
    withheld = replace(post, slides=(replace(post.slides[0], fault=ImageFault("no_index")),))
    with ReplicaSite([Account(owner, (withheld, sample_reel(owner, 1)))]) as replica:

        def scrape(*flags: str) -> tuple[int, dict[str, Any]]:
            done = here("scrape", owner.username, "--base-url", replica.base_url, "--page-delay", "0", "--json", *flags)
            return done.code, next(line for line in done.lines if line["type"] == "scrape")

        code, plain = scrape()
        assert (code, plain["images_new"], plain["images_withheld"], plain["videos_skipped"]) == (0, 0, 1, 1)
        assert scrape("--covers")[1]["images_new"] == 1
        assert scrape("--ignore-robots-tag")[1]["images_new"] == 1
        assert scrape("--full")[1]["page_loads"] > scrape()[1]["page_loads"] == 1
        squatter = replace(owner, pk=7_700_000_000)
        replica.replace(Account(replace(owner, username="gone.away"), ()))
        replica.replace(Account(squatter, (sample_post(squatter, 3, width=160, height=200),)))
        assert scrape()[0] == 69
        code, accepted = scrape("--accept-new-owner")
        assert (code, accepted["images_new"], accepted["pk"]) == (0, 1, str(squatter.pk))
