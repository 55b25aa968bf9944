"""Starting, pausing, stopping and ordering work: command lines of this program, which belong to the library.

Invariant: an argument of a command is a word of our own, a number, or one value behind a `--option=`: nothing that is
sent becomes an option or a command of its own.
"""

import re
from collections.abc import Callable
from itertools import product

from starlette.exceptions import HTTPException
from starlette.routing import Route

from gallery.server.actions.asked import Asked, action
from gallery.server.menu import Menu
from gallery.server.site import Site

MOST_PAIRS = 20_000
_SIZE = re.compile(r"(short:)?[0-9]{1,6}(x[0-9]{1,6})?|[0-9]{1,4}(\.[0-9]{1,3})?MP")
_VALUES = re.compile(r"[\w.+=/,:-]{1,400}")
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
    options, words = _options(site.menu, asked)
    vary = _vary(site.menu, asked)
    if vary and len(pairs) > 1:
        raise HTTPException(400, "A sweep is of one pair: choose one content and one style.")
    head = ["--library", str(site.library.root)]
    ids = [f"--content={number}" for number in contents] + [f"--style={number}" for number in styles]
    if vary:
        command = [*head, "sweep", "--json", *ids, *(f"--vary={text}" for text in vary), *options,
                   "--output={job}/sweep.png"]
        site.library.jobs.add(command, f"sweep of {', '.join(vary)} · {words}", pairs)
    else:
        count = "1 picture" if len(pairs) == 1 else f"{len(pairs):,} pictures"
        site.library.jobs.add([*head, "stylize", "--json", *ids, *options], f"{count} · {words}", pairs)
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


def _options(menu: Menu, asked: Asked) -> tuple[list[str], str]:
    """The options of the command line, and what they are in words."""
    recipe, quality = asked.word("recipe") or menu.recipe, asked.word("quality") or menu.quality
    size = asked.word("size") or str(menu.size)
    if recipe not in {offer.name for offer in menu.recipes} or quality not in {offer.name for offer in menu.qualities}:
        raise HTTPException(400, "That recipe or quality is none that is offered.")
    if not _SIZE.fullmatch(size):
        raise HTTPException(400, f"{size[:40]!r} is no size.")
    options = [f"--recipe={recipe}", f"--size={size}", f"--quality={quality}"]
    words = f"{recipe}, {size}{' px' if size.isdecimal() else ''}, {quality}"
    if menu.has_strength and (strength := asked.word("strength")):
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", strength):
            raise HTTPException(400, f"{strength[:40]!r} is no strength.")
        options.append(f"--strength={strength}")
        words += f", strength {strength}"
    if asked.flag("frames", default=False):
        options.append("--frames=auto")
    return options, words


def _vary(menu: Menu, asked: Asked) -> list[str]:
    found = []
    for name, values in zip(asked.words("vary"), asked.words("values"), strict=False):
        values = re.sub(r"\s+", "", values)
        if name not in menu.varied or not _VALUES.fullmatch(values):
            raise HTTPException(400, f"{name[:40]} cannot be varied over {values[:40]!r}.")
        found.append(f"{name}={values}")
    return found[:2]


routes = [
    Route("/jobs/start", action(start), methods=["POST"]),
    Route("/jobs/again", action(again), methods=["POST"]),
    Route("/jobs/pause", action(pause), methods=["POST"]),
    Route("/jobs/resume", action(resume), methods=["POST"]),
    Route("/jobs/stop", action(stop), methods=["POST"]),
    Route("/jobs/move", action(move), methods=["POST"]),
    Route("/jobs/forget", action(forget), methods=["POST"]),
]
