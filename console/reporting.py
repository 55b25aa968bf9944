"""The command `report`: what is known of finished results, and what their files show when they are looked at again."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.filter_options import ResultFilterOptions, ResultSelection
from console.matrix import selected
from console.progress import counting
from console.terminal import Terminal
from console.words import counted
from db.errors import PictureRefused
from db.library import read_library
from db.records import Image, Result, ResultStatus
from gallery.entries import Entry, Report, group
from gallery.errors import NothingToShow
from gallery.matrix import Selection
from gallery.report import check_target, pair, write_report
from stylizer.compute.device import Device, find_device
from stylizer.recipe.model import unsaid
from stylizer.recipe.pyramid import evaluations

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.evaluation.review import Reviewer

DEFAULT = Path("report")


def run_report(
    terminal: Terminal, root: Path, target: Path | None, selection: Selection, *,
    chosen: ResultSelection = ResultSelection(), narrowed: ResultFilterOptions = ResultFilterOptions(),  # noqa: B008 - frozen
    measures: bool = True, weights: str = "bundled", device: Device = Device.AUTO,
) -> int:
    """Write the report; 3 where a picture that should be there is gone or damaged."""
    target = (target or DEFAULT).absolute()
    check_target(target)
    with read_library(root) as library:
        images = {image.id: image for image in library.images.find()}
        selection = selected(library, selection, chosen, narrowed)
        admitted = [result for result in library.results.each() if selection.admits(result)]
        results = [result for result in admitted if {result.content_id, result.style_id} <= images.keys()]
        if len(results) < len(admitted):
            left_out = counted(len(admitted) - len(results), "result")
            terminal.say(f"left out: {left_out}, whose originals were replaced")
        if not results:
            said = f"{selection}"
            raise NothingToShow(
                f"no results {said}; `results` lists what there is" if said else "no results yet; run `stylize`")
        results.sort(key=lambda result: (result.record.key.recipe_hash, result.content_id, result.style_id))
        reviewer = _reviewer(terminal, images, weights, device) if measures else None
        with counting(terminal, "results", len(results)) as count:
            entries = []
            for result in results:
                entries.append(_entry(result, images, reviewer))
                count(f"result {result.id}")
        batches = sorted(group(entries), key=lambda batch: min(entry.result.id for entry in batch.entries))
        report = Report(
            tuple(batches), f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", metadata.version("stylegram"),
            reviewer.weights_sha256 if reviewer else None, unsaid())
        written = write_report(report, target)
    return _tell(terminal, report, written)


def _reviewer(terminal: Terminal, images: dict[int, Image], weights: str, device: Device) -> "Reviewer":
    terminal.say("loading the network ...")
    from stylizer.evaluation.review import Reviewer

    return Reviewer(images, weights, find_device(device))


def _entry(result: Result, images: dict[int, Image], reviewer: "Reviewer | None") -> Entry:
    record = result.record
    entry = Entry(
        result, images[result.content_id], images[result.style_id], by_scale=evaluations(record.details),
        problem=_problem(result), notes=_reduced(record.details))
    if reviewer is None or entry.problem is not None:
        return entry
    try:
        review = reviewer.review(result)
    except (PictureRefused, OSError) as error:
        return dataclasses.replace(entry, problem=f"the picture cannot be read: {error}")
    mixed = ("the measures compare with its main style alone",) if review.measures and record.details.get("mix") else ()
    return dataclasses.replace(
        entry,
        content_layers=review.losses.content if review.losses else {},
        style_layers=review.losses.style if review.losses else {},
        measures=review.measures,
        notes=(*entry.notes, *review.notes, *mixed),
    )


def _reduced(details: Mapping[str, Any]) -> tuple[str, ...]:
    """What a result was made with where memory did not hold what its recipe asks for."""
    words = {"history": "an L-BFGS memory of {} steps", "tile_px": "tiles of {} px"}
    less = [words[name].format(value) for name, value in (details.get("reduced") or {}).items() if name in words]
    return (f"memory held no more than {' and '.join(less)}",) if less else ()


def _problem(result: Result) -> str | None:
    """Why there is no picture, from the catalog and a look at the disk."""
    if result.record.status is not ResultStatus.DONE or result.path is None:
        return result.record.reason or "no reason recorded"
    return None if result.path.is_file() else f"its picture is gone: {result.path}"


def _tell(terminal: Terminal, report: Report, written: Path) -> int:
    entries = [entry for batch in report.batches for entry in batch.entries]
    lost = [entry for entry in entries if entry.problem and entry.result.record.status is ResultStatus.DONE]
    failed = sum(entry.result.record.status is ResultStatus.FAILED for entry in entries)
    for entry in entries:
        terminal.record("pair", **pair(entry))
    for entry in lost:
        terminal.warn(f"result {entry.result.id}: {entry.problem}")
    terminal.record(
        "report", path=written, batches=len(report.batches), pairs=len(entries), failed=failed, lost=len(lost))
    terminal.answer(
        f"{counted(len(entries), 'result')} of {counted(len(report.batches), 'recipe')}"
        + (f", {failed} failed" if failed else "") + (f", {len(lost)} without their picture" if lost else "")
        + f": {written}")
    return 3 if lost else 0
