"""The commands follow, unfollow and following: which profiles `refresh` visits."""

from collections.abc import Sequence
from pathlib import Path

from console.errors import BadRequest
from console.terminal import Terminal
from db.library import open_library, read_library
from db.records import Role
from scraper.targets import ProfileTarget, parse_target


def profile_name(text: str) -> str:
    """The name of the profile that is meant. Raises BadTarget or BadRequest."""
    target = parse_target(text)
    if not isinstance(target, ProfileTarget):
        raise BadRequest(f"{text} is a link to one post; give the profile's name or link instead")
    return target.username


def run_follow(terminal: Terminal, root: Path, profiles: Sequence[str], role: Role | None, limit: int | None) -> int:
    """Follow each profile; nothing is visited now."""
    names = [profile_name(text) for text in dict.fromkeys(profiles)]
    with open_library(root) as library:
        for name in names:
            is_new = library.follows.add(name, role, limit)
            terminal.record("follow", profile=name, role=role, limit=limit, new=is_new)
            terminal.answer(f"{name}: followed" if is_new else f"{name}: followed already, settings taken over")
    return 0


def run_unfollow(terminal: Terminal, root: Path, profiles: Sequence[str]) -> int:
    """Follow each profile no more; what was collected stays."""
    names = [profile_name(text) for text in dict.fromkeys(profiles)]
    with open_library(root, create=False) as library:
        for name in names:
            was_followed = library.follows.remove(name)
            terminal.record("unfollow", profile=name, followed=was_followed)
            terminal.answer(f"{name}: not followed any more" if was_followed else f"{name}: was not followed")
    return 0


def run_following(terminal: Terminal, root: Path) -> int:
    """List the followed profiles in the order in which `refresh` visits them."""
    with read_library(root) as library:
        follows = library.follows.all()
    for follow in follows:
        terminal.record(
            "following",
            profile=follow.username,
            role=follow.role,
            limit=follow.limit,
            followed_at=follow.followed_at,
            last_visit_at=follow.last_visit_at,
            last_outcome=follow.last_outcome,
        )
    terminal.table(
        ("profile", "role", "limit", "last visit (UTC)", "ended"),
        (
            (
                follow.username,
                follow.role,
                follow.limit,
                None if follow.last_visit_at is None else f"{follow.last_visit_at:%Y-%m-%d %H:%M}",
                follow.last_outcome,
            )
            for follow in follows
        ),
        kept=("profile",),
    )
    return 0
