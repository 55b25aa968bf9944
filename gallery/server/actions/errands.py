"""Visits and exports: command lines that are started at once, and belong to the library like any job.

Invariant: a visit is made by `scrape` or `refresh`, which keep the locks, the pages of the hour and the cool-downs;
nothing here asks anything of a site. One visit is started at a time, and one export.
"""

from starlette.exceptions import HTTPException
from starlette.routing import Route

from db.jobs import Stage
from gallery.server.actions.asked import Asked, action
from gallery.server.actions.follows import name_of
from gallery.server.export_wish import ExportWish
from gallery.server.site import Site

VISITS, EXPORTS = ("scrape", "refresh"), ("export",)
COMMAND = 2         # where its name stands among the arguments, behind the library
_PAGE = "/collect"


def visit(site: Site, asked: Asked) -> str:
    """Visits a profile, or without one all that are followed."""
    head, options = ["--library", str(site.library.root)], ["--json", *site.collecting.options]
    said = asked.word("profile")
    if said is None:
        _begin(site, [*head, "refresh", *options], "visit of all that are followed", VISITS)
        return _PAGE
    name = name_of(said)
    for follow in site.library.follows.all():
        if follow.username == name:
            options += [] if follow.role is None else [f"--role={follow.role}"]
            options += [] if follow.limit is None else [f"--limit={follow.limit}"]
    _begin(site, [*head, "scrape", *options, name], f"visit of @{name}", VISITS)
    return _PAGE


def export(site: Site, asked: Asked) -> str:
    """Writes a set into a folder of that name, beside those of earlier exports."""
    folder = site.collecting.exports
    if folder is None:
        raise HTTPException(400, "This gallery does not say into which folder; use the command line.")
    wish = ExportWish.of(dict(asked.fields))
    if wish.count(site.library)[0] == 0:
        raise HTTPException(400, "That is nothing to export.")
    arguments = wish.arguments(site.library.root, folder)
    arguments.insert(COMMAND + 1, "--json")
    _begin(site, arguments, f"export to {folder / wish.name}", EXPORTS)
    return _PAGE


def stop(site: Site, asked: Asked) -> str:
    """Ends it in order; said twice, at once."""
    for number in asked.ids("errand"):
        site.library.errands.stop(number)
    return _PAGE


def forget(site: Site, asked: Asked) -> str:
    """Takes one that is over off the list."""
    for number in asked.ids("errand"):
        site.library.errands.forget(number)
    return _PAGE


def _begin(site: Site, arguments: list[str], words: str, kind: tuple[str, ...]) -> None:
    if not site.menu.program:
        raise HTTPException(400, "This gallery starts no commands.")
    errands = site.library.errands
    if any(job.stage is Stage.RUNNING and job.arguments[COMMAND] in kind for job in errands.all()):
        raise HTTPException(409, f"Another {'visit' if kind is VISITS else 'export'} is under way.")
    errands.begin(arguments, words, site.menu.program)


routes = [
    Route("/errands/visit", action(visit), methods=["POST"]),
    Route("/errands/export", action(export), methods=["POST"]),
    Route("/errands/stop", action(stop), methods=["POST"]),
    Route("/errands/forget", action(forget), methods=["POST"]),
]
