"""What is alike and what is weak: the command `duplicates`, `images --alike`, and what `stylize --all` says of it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from console.errors import BadRequest
from console.filter_options import ImageFilterOptions, check_words
from console.progress import counting
from console.terminal import Terminal
from console.words import counted, listed
from db.duplicates import NEAR, Group, Pair, best, groups, near_pairs, nearest
from db.library import Library, read_library
from db.measuring import measure, unmeasured
from db.records import Image
from db.selection.filters import NO_FILTERS

FARTHEST = 32           # bits: half of them, by which any two pictures differ
NEIGHBOURS = 16         # bits within which `images --alike` looks
SMALL_PX = 64


def run_duplicates(
    terminal: Terminal, root: Path, words: Sequence[str], narrowed: ImageFilterOptions, distance: int
) -> int:
    """List images that are alike, in groups."""
    filters = narrowed.filters()
    check_words(words)
    with read_library(root) as library:
        ids = library.selections.image_ids(words, filters) if words or filters != NO_FILTERS else None
        hashes = measured(terminal, library)
        images = {image.id: image for image in (library.images.find() if ids is None else library.images.with_ids(ids))}
        found = groups(
            near_pairs({number: hashes[number] for number in images if number in hashes}, distance),
            {image.id: image.post_code for image in images.values() if image.post_code})
    for number, group in enumerate(found, start=1):
        terminal.record("group", number=number, images=group.images, distance=group.distance, post=group.post)
    terminal.table(
        ("group", "bits", "id", "size", "from", "what"),
        (
            (number, group.distance, image.id, f"{image.width}x{image.height}", image.source,
             "slides of a post" if group.post else "copies")
            for number, group in enumerate(found, start=1) for image in map(images.__getitem__, group.images)
        ),
        kept=("group", "id"),
    )
    none = f"no two of {counted(len(images), 'image')} are alike" if images else "no images to compare"
    terminal.say(_sum(found) if found else none)
    return 0


def _sum(found: Sequence[Group]) -> str:
    copies = [group for group in found if group.post is None]
    parts = [f"{counted(len(copies), 'group')} of copies"] if copies else []
    if len(copies) < len(found):
        parts.append(f"{counted(len(found) - len(copies), 'group')} of alike slides")
    return f"{' and '.join(parts)}; nothing was changed: `remove` or `exclude` what you do not want"


def neighbours(terminal: Terminal, library: Library, word: str) -> list[Pair]:
    """The images that are like the one of this word, the nearest first. Raises BadRequest, BadSelection."""
    ids = library.selections.image_ids([word])
    if len(ids) != 1:
        raise BadRequest(f"{word} is {counted(len(ids), 'image')}; --alike is like one")
    hashes = measured(terminal, library)
    if ids[0] not in hashes:
        raise BadRequest(f"image {ids[0]} cannot be read, so nothing is like it")
    return nearest(hashes, ids[0], NEIGHBOURS)


def measured(terminal: Terminal, library: Library) -> Mapping[int, int]:
    """The hash of every image; those that came in before there were any are looked at now."""
    left = unmeasured(library)
    new: dict[int, int] = {}
    unreadable = 0
    if left:
        with counting(terminal, "looking", len(left)) as count:
            for image, looks in measure(library, left):
                unreadable += looks is None
                if looks is not None:
                    new[image.id] = looks.hash
                count(f"image {image.id}")
    if unreadable:
        terminal.warn(f"left out, for they cannot be read: {counted(unreadable, 'image')}")
    return {**library.looks.hashes(), **new}


def without_weak(
    terminal: Terminal, images: Sequence[Image], noun: str, least_px: int, *, left_out: bool
) -> list[Image]:
    """The images; with `left_out` without those that are small and all but one of near-copies, else these are told."""
    small = [image.id for image in images if min(image.width, image.height) < least_px]
    copies = _copies([image for image in images if image.id not in small])
    for ids, what in ((small, f"under {least_px} pixels on a side"), (copies, "near another one")):
        if ids:
            verb, them = ("is", "it") if len(ids) == 1 else ("are", "them")
            said = "left out" if left_out else verb
            advice = "" if left_out else f"; --skip-weak leaves {them} out"
            terminal.say(f"{counted(len(ids), f'{noun} image')} {said} {what}: {listed(ids)}{advice}")
    gone = {*small, *copies} if left_out else set()
    return [image for image in images if image.id not in gone]


def _copies(images: Collection[Image]) -> list[int]:
    """Of images that are alike all but the best."""
    by_id = {image.id: image for image in images}
    hashes = {image.id: image.looks.hash for image in images if image.looks is not None}
    alike = groups(near_pairs(hashes, NEAR), {})
    kept = {best(by_id[number] for number in group.images).id for group in alike}
    return sorted(number for group in alike for number in group.images if number not in kept)
