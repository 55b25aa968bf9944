"""The door for programs: what it is given, checked before anything is opened."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import scraper
from db import Library
from demo.samples import sample_account
from scraper import StopReason, scrape
from scraper.errors import BadSetting, BadTarget, ScrapeError
from tests.scraper.conftest import Stage


@pytest.mark.parametrize(("targets", "options", "error"), [
    ("not a name", {}, BadTarget), (["natgeo"], {"limit": 0}, BadSetting), (["natgeo"], {"role": "art"}, BadSetting),
    (["natgeo"], {"since": "someday"}, BadSetting), (["natgeo"], {"page_delay_s": 0}, BadSetting),
    (["natgeo"], {"pages_per_hour": 10_000}, BadSetting), (["natgeo"], {"base_url": "ftp://x"}, BadSetting),
])
def test_what_cannot_be_is_told_at_once(
    targets: Any, options: dict[str, Any], error: type[ScrapeError], tmp_path: Path
) -> None:
    with pytest.raises(error):
        scrape(targets, library=tmp_path / "library", **options)
    assert not (tmp_path / "library").exists()


def test_an_open_library_takes_the_images(stage: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here: Stage = stage(sample_account(posts=2, width=64, height=80))
    monkeypatch.setitem(scraper.run.scrape_profiles.__kwdefaults__, "browser", here._browser)
    with Library.open(tmp_path / "own", create=True) as library:
        reports = list(scrape(
            ["harbour.light", "https://www.instagram.com/harbour.light/"], library=library, role="style",
            since=datetime(2020, 1, 1), base_url=here.replica.base_url, page_delay_s=0))
        assert [(report.stop_reason, report.images_new) for report in reports] == [(StopReason.END_OF_TIMELINE, 2)]
        assert [image.role for image in library.images(profile="harbour.light")] == ["style"] * 2
