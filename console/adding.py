"""The command `add`: images on disk are filed, and what was left out or changed by it is told."""

from collections.abc import Iterable
from pathlib import Path

from console.terminal import Terminal
from console.words import listed
from db.importing.add import Addition, add_images
from db.library import open_library
from db.records import Role

_NAMED = 3      # of the ignored files of a kind
_EXPORTABLE = (".arw", ".cr2", ".cr3", ".dng", ".jp2", ".jxl", ".nef", ".psd", ".raf")


def run_add(terminal: Terminal, root: Path, paths: list[Path], role: Role | None) -> int:
    """Add files and folders; 3 if one of them is no image."""
    counts = {"added": 0, "known": 0, "forgotten": 0, "failed": 0}
    ignored: list[Path] = []
    changed: dict[tuple[str | None, Role], int] = {}
    with open_library(root) as library:
        for item in add_images(library, paths, role):
            if item.status == "ignored":
                ignored.append(item.path)
                continue
            counts[item.status] += 1
            if item.role_before is not None:
                key = (item.profile, item.role_before)
                changed[key] = changed.get(key, 0) + 1
            _tell(terminal, item)
    purpose = "" if role is None else f" as {role}"
    forgotten = f", {counts['forgotten']} left out as forgotten" if counts["forgotten"] else ""
    left_out = f", {len(ignored)} ignored" if ignored else ""
    terminal.answer(
        f"{counts['added']} added{purpose}, {counts['known']} known already, "
        f"{counts['failed']} failed{forgotten}{left_out}"
    )
    for (profile, before), images in changed.items():
        whose = f"all images of {profile}" if profile else f"{images} of the known"
        its, they = ("its", "it was") if images == 1 and not profile else ("their", "they were")
        terminal.say(f"{whose} changed {its} role, as asked: {they} {before}")
    _tell_ignored(terminal, ignored)
    if not any(counts.values()):
        terminal.warn("no image files found there")
    return 3 if counts["failed"] else 0


def _tell(terminal: Terminal, item: Addition) -> None:
    terminal.record(
        "added",
        path=item.path,
        status=item.status,
        id=item.image_id,
        sha256=item.sha256,
        reason=item.reason,
        post_code=item.post_code,
        taken_at=item.taken_at,
        caption=item.caption,
        role_before=item.role_before,
    )
    if item.reason:
        terminal.error(f"{item.path}: {item.reason}")
    else:
        terminal.detail(f"{item.path}: {item.status}")


def _tell_ignored(terminal: Terminal, paths: Iterable[Path]) -> None:
    """One line for each kind of file, and where there is one, what can be done about it."""
    kinds: dict[str, list[Path]] = {}
    for path in paths:
        kinds.setdefault(path.suffix.lower(), []).append(path)
        terminal.detail(f"{path}: ignored")
    for suffix, found in sorted(kinds.items()):
        terminal.record("ignored", suffix=suffix, count=len(found), paths=found)
        names = listed([path.name for path in found], _NAMED)
        advice = "; export them as JPEG" if suffix in _EXPORTABLE else ""
        terminal.say(f"ignored: {len(found)} {suffix or 'without a suffix'} ({names}){advice}")
