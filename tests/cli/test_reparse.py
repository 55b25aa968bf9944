"""`reparse`, with no browser on the machine and no site to ask."""

from pathlib import Path
from urllib.request import urlopen

from db.library import open_library
from demo.behaviour import Behaviour
from demo.samples import sample_account
from demo.site import ReplicaSite
from scraper.parser.documents import blocks
from scraper.posts import Subject
from scraper.samples import keep_documents
from scraper.site import site_at
from tests.cli.conftest import Run

NO_BROWSER = {"STYLEGRAM_BROWSER": "/nowhere"}


def account(name: str, **behaviour: object) -> object:
    return sample_account(name, posts=3, behaviour=Behaviour(**behaviour), width=48, height=60)


def test_after_a_76_reparse_says_what_it_understands_and_the_next_scrape_completes_it(
    here: Run, tmp_path: Path
) -> None:
    with ReplicaSite([account("ana"), account("ben", renamed=True)]) as site:
        options = ("--base-url", site.base_url, "--page-delay", "0")
        changed = here("scrape", "ben", *options)
        assert changed.code == 76
        assert "reparse" in changed.err
        with open_library(tmp_path / "library") as library, urlopen(f"{site.base_url}/ana/") as page:
            documents = blocks(page.read().decode())
            keep_documents(library, site_at(site.base_url), Subject("profile", "ana"), documents)
        site.forget_requests()
        done = here("reparse", "--json", **NO_BROWSER)
        assert done.code == 76
        told = [(line["what"], line["name"], line["understood"], line["posts_new"]) for line in done.lines[:-1]]
        assert told == [("profile", "ben", False, 0), ("profile", "ana", True, 3)]
        assert not site.requests
        assert here("scrape", "ana", *options, "--json").lines[0]["images_new"] == 3
    assert here("forget", "ana", "--yes").code == 0
    assert [path.name for path in (tmp_path / "library/samples").iterdir()] == ["profile-ben.json.gz"]


def test_without_samples_there_is_nothing_to_do(here: Run, tmp_path: Path) -> None:
    here("follow", "ana")
    done = here("reparse", **NO_BROWSER)
    assert (done.code, done.err) == (0, "")
    assert "no samples" in done.out
    assert not (tmp_path / "library/samples").exists()
