"""Hostile inputs as kinds of the campaign (`benchmarks/campaign/kinds.py`): a trial for each image and page."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.campaign.trials import Plan, Trial
from benchmarks.hostile.images import hostile_images
from benchmarks.hostile.pages import HostilePage, hostile_pages
from benchmarks.hostile.taking import take
from benchmarks.hostile.visiting import visits


def images(plan: Plan) -> Iterator[Trial]:
    """All of them, unless fewer are wished for."""
    for name, data in islice(hostile_images(), plan.wished):
        yield Trial("add", name, partial(_taken, name, data))


def pages(plan: Plan) -> Iterator[Trial]:
    """All of them, each with a browser and a library of its own, and an honest profile after it."""
    for page in islice(hostile_pages(), plan.wished):
        yield Trial("scrape", page.name, partial(_visited, page))


def _taken(name: str, data: bytes, here: Path) -> list[str]:
    return list(take(here, name, data).wrong)


def _visited(page: HostilePage, here: Path) -> list[str]:
    return [line for visit in visits(here, [page], lambda _: None) for line in visit.wrong]
