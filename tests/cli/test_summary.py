"""What `scrape` says of its progress and of what it has brought."""

from dataclasses import replace

import pytest

from console.progress import time_left
from demo.behaviour import Behaviour
from demo.samples import sample_account, sample_carousel, sample_user
from demo.site import ReplicaSite
from tests.cli.conftest import Run


def test_the_summary_counts_images_that_are_not_in_full_size(here: Run) -> None:
    whole = sample_account("whole", posts=1, width=240, height=300)
    small = sample_account("small", behaviour=Behaviour(largest_width_px=720))
    small = replace(small, posts=(sample_carousel(sample_user("small"), 0),))
    with ReplicaSite([whole, small]) as site:
        done = here("--library", "lib", "scrape", "small", "whole", "--base-url", site.base_url, "--page-delay", "0")
    of_small, of_whole = done.out.splitlines()
    assert "2 new images (2 smaller than the original), " in of_small
    assert "1 new image, " in of_whole


@pytest.mark.parametrize(
    ("elapsed_s", "done", "total", "words"),
    [(5, 0, 10, ""), (10, 1, 4, "about 30 s left"), (600, 2, 4, "about 10 min left"), (9e3, 1, 3, "about 5.0 h left")],
)
def test_the_time_left_goes_by_the_mean_pace_so_far(elapsed_s: float, done: float, total: float, words: str) -> None:
    assert time_left(elapsed_s, done, total) == words
