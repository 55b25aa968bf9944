"""Stars, exclusions, tags and roles: what people say of images and results."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.routing import Route

from db.records import Role
from gallery.server.actions.asked import Asked, action
from gallery.server.site import Site

OWN_ROLES = {"sources": None} | {role.value: role for role in Role}


def star(site: Site, asked: Asked) -> Mapping[str, Any]:
    """Stars images and results, or with `on=0` takes their stars."""
    marks, starred = site.library.marks, asked.flag("on")
    return {"changed": marks.star_images(asked.ids("image"), starred=starred)
            + marks.star_results(asked.ids("result"), starred=starred)}


def exclude(site: Site, asked: Asked) -> Mapping[str, Any]:
    """Leaves images out of what "all" means, or with `on=0` lets them in again."""
    return {"changed": site.library.marks.exclude(asked.ids("image"), excluded=asked.flag("on"))}


def keep(site: Site, asked: Asked) -> Mapping[str, Any]:
    """Of images that are alike (`of`) leaves out all but this one."""
    kept, marks = asked.ids("image"), site.library.marks
    others = [number for number in asked.ids("of") if number not in kept]
    if len(kept) != 1 or not others or len(others) == len(asked.ids("of")):
        raise HTTPException(400, "Say which one of them is kept.")
    return {"changed": marks.exclude(others, excluded=True) + marks.exclude(kept, excluded=False)}


def tag(site: Site, asked: Asked) -> Mapping[str, Any]:
    """Files images and results under tags (`tag`), or with `on=0` takes these off."""
    marks, tags = site.library.marks, [word for said in asked.words("tag") for word in said.replace(",", " ").split()]
    if not tags:
        raise HTTPException(400, "Say which tag.")
    of_images, of_results = (
        (marks.tag_images, marks.tag_results) if asked.flag("on") else (marks.untag_images, marks.untag_results))
    return {"changed": of_images(asked.ids("image"), tags) + of_results(asked.ids("result"), tags)}


def role(site: Site, asked: Asked) -> Mapping[str, Any]:
    """Gives images a role of their own; `sources` gives them back what their sources say."""
    word = asked.word("role") or ""
    if word not in OWN_ROLES:
        raise HTTPException(400, f"A role is one of {', '.join(OWN_ROLES)}.")
    return {"changed": site.library.marks.set_role(asked.ids("image"), OWN_ROLES[word])}


routes = [
    Route("/marks/star", action(star), methods=["POST"]),
    Route("/marks/exclude", action(exclude), methods=["POST"]),
    Route("/marks/keep", action(keep), methods=["POST"]),
    Route("/marks/tag", action(tag), methods=["POST"]),
    Route("/marks/role", action(role), methods=["POST"]),
]
