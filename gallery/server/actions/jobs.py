"""Starting, pausing, stopping and ordering work: command lines of this program, which belong to the library.

Invariant: nothing is started but by this program's own words and numbers (make_wish.py).
"""

from collections.abc import Callable
from itertools import product

from starlette.exceptions import HTTPException
from starlette.routing import Route

from gallery.server.actions.asked import Asked, action
from gallery.server.make_wish import MakeWish
from gallery.server.site import Site
from gallery.server.views import make

MOST_PAIRS = 20_000
_LIVE = "/live"


def start(site: Site, asked: Asked) -> str:
    """A batch of contents by styles, or with `vary` a sweep over one pair."""
    contents, styles = (list(dict.fromkeys(asked.ids(name))) for name in ("content", "style"))
    pairs = [(content, style) for content, style in product(contents, styles) if content != style]
    if not pairs:
        raise HTTPException(400, "Choose a content and a style.")
    if len(pairs) > MOST_PAIRS:
        raise HTTPException(400, f"{len(pairs):,} pictures are too many at once; {MOST_PAIRS:,} are the most.")
    known = site.model.now().images
    if unknown := [number for number in (*contents, *styles) if number not in known]:
        raise HTTPException(400, f"There is no image {unknown[0]}.")
    wish = MakeWish.of(asked.fields, site.menu)
    if complaint := wish.complaint(site.menu):
        raise HTTPException(400, complaint)
    if wish.vary and len(pairs) > 1:
        raise HTTPException(400, "A sweep is of one pair: choose one content and one style.")
    ids = [f"--content={number}" for number in contents] + [f"--style={number}" for number in styles]
    arguments, words = [*ids, *wish.options(site.menu)], wish.words
    if wish.vary:
        command = ["sweep", "--json", *(f"--vary={text}" for text in wish.vary), *arguments, "--output={job}/sweep.png"]
        words = f"sweep of {', '.join(wish.vary)} · {words}"
    else:
        command = ["stylize", "--json", *arguments]
        words = f"{'1 picture' if len(pairs) == 1 else f'{len(pairs):,} pictures'} · {words}"
    site.library.jobs.add(["--library", str(site.library.root), *command], words, pairs)
    return _LIVE


def again(site: Site, asked: Asked) -> str:
    """Failed results once more, each as it was asked for: by the same job, or by its recipe, size and steps."""
    for number in asked.ids("result"):
        result = site.model.now().results.get(number)
        if result is None:
            raise HTTPException(400, f"There is no result {number}.")
        pair, record = (result.content_id, result.style_id), result.record
        recipe = record.recipe if record.recipe in {offer.name for offer in site.menu.recipes} else site.menu.recipe
        site.library.jobs.add(
            ["--library", str(site.library.root), "stylize", "--json", f"--content={pair[0]}", f"--style={pair[1]}",
             f"--recipe={recipe}", f"--size={record.size}", f"--steps={record.steps}", f"--seed={record.seed}"],
            f"once more: {recipe}, {record.size} px", [pair])
    return _LIVE


def pause(site: Site, asked: Asked) -> str:
    """Ends its process in order; what is done is kept."""
    return _each(site, asked, site.library.jobs.pause)


def resume(site: Site, asked: Asked) -> str:
    """It waits for its turn again."""
    return _each(site, asked, site.library.jobs.resume)


def stop(site: Site, asked: Asked) -> str:
    """Ends it for good; said twice, at once."""
    return _each(site, asked, site.library.jobs.stop)


def forget(site: Site, asked: Asked) -> str:
    """Takes one that is over off the list."""
    return _each(site, asked, site.library.jobs.forget)


def move(site: Site, asked: Asked) -> str:
    """Earlier (`by=-1`) or later (`by=1`)."""
    by = -1 if asked.word("by") == "-1" else 1
    return _each(site, asked, lambda number: site.library.jobs.move(number, by))


def _each(site: Site, asked: Asked, do: Callable[[int], None]) -> str:
    for number in asked.ids("job"):
        do(number)
    return _LIVE


routes = [
    Route("/jobs/start", action(start, refused=make.again), methods=["POST"]),
    Route("/jobs/again", action(again), methods=["POST"]),
    Route("/jobs/pause", action(pause), methods=["POST"]),
    Route("/jobs/resume", action(resume), methods=["POST"]),
    Route("/jobs/stop", action(stop), methods=["POST"]),
    Route("/jobs/move", action(move), methods=["POST"]),
    Route("/jobs/forget", action(forget), methods=["POST"]),
]
