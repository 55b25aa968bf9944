"""The whole way of an export: rows, files, tables, card, checksums, and the folder put in its place.

Invariant: one that fails is a row that is missing, with its reason; the table, the card and the numbers tell of what is
there, and of nothing else.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from db.errors import OutputRefused, PictureRefused
from db.library import Library
from db.records import Image, Result
from exporting import card, croissant, imagefolder, manifest, parquet, rows, table, webdataset
from exporting.building import Building, building
from exporting.collector import without_collector
from exporting.copies import extension_of, size_of
from exporting.errors import NothingToExport
from exporting.item import Failures, Item
from exporting.names import named, stem_of, without_dots
from exporting.request import SPLITS, Form, Request, Subject
from exporting.rows import Catalog, Row
from exporting.splits import Splits, split_images
from exporting.summary import summary

SUMS = "SHA256SUMS"
_VERSION = 1        # of what a manifest says
# Reading, hashing and writing leave Python's lock alone; what is more than the processors only waits for it.
_THREADS = max(2, min(4, os.cpu_count() or 2))
_TOGETHER = 16      # files: a word to the main thread for each of ten thousand takes half a second
_SHARDS = 2         # at once: each has pictures in memory
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is to be written: rows in their order, and files with pictures.

    `left_out` says of what was chosen and has no row why, by the ids of images or results; `choice` names the words and
    filters that chose, for `was_chosen`.
    """

    request: Request
    rows: Sequence[Row]
    items: Sequence[Item]
    left_out: Mapping[int, str]
    choice: str = ""


@dataclass(frozen=True)
class Exported:
    """What was written. `failed` are rows by the ids of what they tell of, `taken_out` counts files."""

    path: Path
    splits: dict[str, int]
    written: int
    kept: int
    taken_out: int
    failed: Failures
    changed: bool


def plan(
    library: Library, images: Iterable[int], results: Iterable[Result], request: Request,
    hashes: Mapping[int, int] | None = None, *, may_be_empty: bool = False, choice: str = "",
) -> Plan:
    """The rows and files of the images of these numbers, or of these results; with hashes other than the catalog has.

    Raises BadRequest, NothingToExport, ParquetMissing.
    """
    request.check()
    with without_collector():
        return _plan(library, images, results, request, hashes, may_be_empty=may_be_empty, choice=choice)


def _plan(
    library: Library, images: Iterable[int], results: Iterable[Result], request: Request,
    hashes: Mapping[int, int] | None, *, may_be_empty: bool, choice: str,
) -> Plan:
    everything = library.images.find()
    catalog = _catalog(library, everything, request, library.looks.hashes() if hashes is None else hashes)
    splits = Splits({image.id: SPLITS[0] for image in everything}, {}) if request.split is None else split_images(
        everything, catalog.hashes, request.split)
    if request.subject is Subject.IMAGES:
        chosen = [catalog.images[number] for number in images if number in catalog.images]
        found = rows.of_images(catalog, chosen, splits.of)
        left_out = {image.id: rows.BETWEEN for image in chosen if image.id in splits.between}
    else:
        with_pair = request.subject is Subject.PAIRS
        found, left_out = rows.of_results(catalog, results, splits.of, with_pair=with_pair)
    if not (found or left_out or may_be_empty):
        raise NothingToExport(f"nothing is chosen: no {request.subject} of that kind in {library.root}")
    mixed = _mixed(found, request)
    found = [_as_copied(row, request, mixed) for row in found]
    return Plan(request, found, _items(found, request), left_out, choice)


def write(plan: Plan, library: Library, target: Path, tell: Tell = lambda _: None) -> Exported:
    """Write the set into `target`, in the place of an earlier one. `tell` hears of each file with pictures.

    Raises OutputRefused, LibraryBusy, StorageFailed.
    """
    _check_apart(library.root, target)
    with without_collector(), building(target, _head(plan)) as built:
        is_sharded = plan.request.form in (Form.PARQUET, Form.WEBDATASET)
        failures = _write_items(built, plan.items, tell, _SHARDS if is_sharded else _THREADS)
        there = [row for row in plan.rows if row.id not in failures]
        for item in plan.items:     # pictures that only rows have which failed for want of another one
            if all(row.id in failures for row in item.rows):
                built.leave_out(item.path)
        for path, data in _tables(there, plan.request):
            built.put(path, data)
        told = summary(there, plan.request, metadata.version("stylegram"))
        built.put(croissant.NAME, croissant.croissant_of(told, built.entries))
        built.put(card.NAME, card.card_of(told))
        built.put(SUMS, _sums(built))
        taken_out = built.taken_out()
        changed = built.finish()
    return Exported(target, dict(told.splits), built.written, built.kept, taken_out, failures, changed)


def rehearse(plan: Plan, library: Library, target: Path) -> tuple[int, int]:
    """How many files with pictures would be written, and how many are there already; nothing is touched.

    Raises OutputRefused.
    """
    _check_apart(library.root, target)
    if target.exists():
        manifest.check(target)
    earlier = manifest.read(target) if target.is_dir() else None
    known = {
        entry.key for entry in (earlier.entries.values() if earlier else ()) if (target / entry.path).is_file()}
    kept = sum(item.key() in known for item in plan.items)
    return len(plan.items) - kept, kept


def was_chosen(choice: str, target: Path) -> bool:
    """Whether what stands at `target` is an export that the same words and filters chose."""
    earlier = manifest.head(target) if target.is_dir() else None
    return earlier is not None and bool(choice) and earlier.get("choice") == choice


def _catalog(
    library: Library, images: Sequence[Image], request: Request, hashes: Mapping[int, int]
) -> Catalog:
    """Names are those of all images: so they do not depend on which of them are chosen."""
    is_tar = request.form is Form.WEBDATASET
    stems = ((image.id, without_dots(stem_of(image)) if is_tar else stem_of(image), image.sha256) for image in images)
    origins = library.origins
    return Catalog(
        {image.id: image for image in images}, named(stems), origins.of_slides(), origins.of_additions(),
        origins.sizes_of_results(), hashes)


def _mixed(found: Sequence[Row], request: Request) -> frozenset[str]:
    """Which pictures of a row come in several formats, where all must be of one: readers of shards want one."""
    kinds: dict[str, set[str]] = {}
    for row in found if request.form is Form.WEBDATASET else ():
        for name, picture in row.pictures.items():
            kinds.setdefault(name, set()).add(extension_of(picture, request.copying))
    return frozenset(name for name, extensions in kinds.items() if len(extensions) > 1)


def _as_copied(row: Row, request: Request, mixed: frozenset[str]) -> Row:
    """The row with its pictures as they are handed over, and the size that they have then."""
    if request.copying.side_px is None and not mixed:
        return row
    pictures = {name: replace(picture, as_jpeg=name in mixed) for name, picture in row.pictures.items()}
    width, height = size_of(pictures[""], request.copying)
    return replace(row, pictures=pictures, values=row.values | {"width": width, "height": height})


def _items(found: Sequence[Row], request: Request) -> list[Item]:
    match request.form:
        case Form.IMAGEFOLDER:
            return imagefolder.items(found, request)
        case Form.PARQUET:
            return parquet.items(found, request)
        case Form.WEBDATASET:
            return webdataset.items(found, request)
        case Form.CSV:
            return []


def _tables(found: Sequence[Row], request: Request) -> Iterable[tuple[str, bytes]]:
    match request.form:
        case Form.IMAGEFOLDER:
            return imagefolder.tables(found, request)
        case Form.CSV:
            return table.tables(found, request)
        case _:
            return ()


def _write_items(built: Building, items: Sequence[Item], tell: Tell, threads: int) -> Failures:
    """Have every file written, several at once; an interrupt ends with those in hand."""
    failures: Failures = {}

    def place(batch: Sequence[Item]) -> list[str]:
        return [_placed(built, item, failures) for item in batch]

    size = max(1, min(_TOGETHER, len(items) // (4 * threads)))
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(place, items[start : start + size]) for start in range(0, len(items), size)]
        try:
            for future in as_completed(waiting):
                for told in future.result():
                    tell(told)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return failures


def _placed(built: Building, item: Item, failures: Failures) -> str:
    """Have one file written; what is to be told of it."""
    try:
        return built.place(item.path, item.key(), lambda file: item.write(file, failures), item.sha256).path
    except PictureRefused as refusal:   # noted already, with the rows that it costs
        return str(refusal)


def _head(plan: Plan) -> dict[str, Any]:
    """As it is read back: the same wishes are the same head."""
    head = {"request": asdict(plan.request), "choice": plan.choice, "version": _VERSION}
    found: dict[str, Any] = json.loads(json.dumps(head))
    return found


def _sums(built: Building) -> bytes:
    """As `sha256sum --check` reads them."""
    return "".join(f"{entry.sha256}  {path}\n" for path, entry in sorted(built.entries.items())).encode()


def _check_apart(root: Path, target: Path) -> None:
    library, place = root.resolve(), target.resolve()
    if place == library or library in place.parents:
        raise OutputRefused(f"{target} is in the library itself; name a folder beside it")
    if place in library.parents:
        raise OutputRefused(f"{target} is the folder that the library is in; name another one")
