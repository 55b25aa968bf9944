"""The command `export`: what is chosen is handed over as a set, and what was left out or taken out by it is told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.alike import measured
from console.errors import BadRequest
from console.progress import counting
from console.terminal import Terminal
from console.words import counted
from db.exported import exported_images, exported_results
from db.forgotten import Kind as Forgettable
from db.library import Library, read_library
from db.records import Result
from db.selection.filters import NO_FILTERS, Filters
from db.selection.terms import Kind, parse_term, split
from exporting import manifest
from exporting.copies import extension_of
from exporting.export import Exported, Plan, plan, rehearse, write
from exporting.request import Form, Request, Subject
from exporting.words import takes_words

_NAMED = 8      # ids of what is left out


@dataclass(frozen=True)
class Choice:
    """Which images, or the results of which: words that name them, and what holds of each."""

    words: Sequence[str] = ()
    filters: Filters = NO_FILTERS


def run_export(
    terminal: Terminal, root: Path, target: Path, choice: Choice, request: Request, *, dry_run: bool
) -> int:
    """Write the set; 3 if something that is chosen could not be read."""
    request.check()
    with read_library(root) as library:
        forgotten = _forgotten(library, choice) if manifest.is_export(target) else frozenset[str]()
        if forgotten:
            terminal.say(f"forgotten since, and taken out: {', '.join(sorted(forgotten))}")
        chosen = _chosen(library, choice, request, forgotten)
        hashes = measured(terminal, library) if request.subject is Subject.IMAGES or request.split else None
        is_emptied = bool(forgotten) or (manifest.is_export(target) and not any(library.images.counts().values()))
        planned = plan(library, *chosen, request, hashes, may_be_empty=is_emptied)
        _tell_left_out(terminal, planned)
        if dry_run:
            new, there = rehearse(planned, library, target)
            terminal.record("plan", path=target, form=request.form, rows=len(planned.rows), new=new, there=there)
            rows = _rows(planned, len(planned.rows))
            terminal.answer(f"{rows}; {counted(new, 'file')} to write, {there} there already")
            return 0
        with counting(terminal, "files", len(planned.items)) as tell:
            done = write(planned, library, target.absolute(), tell)
    _tell(terminal, planned, done)
    return 3 if done.failed else 0


def _forgotten(library: Library, choice: Choice) -> frozenset[str]:
    """Of the words those that name a profile or a post that was forgotten: an earlier export may still hold it."""
    def is_forgotten(word: str) -> bool:
        term = parse_term(word)
        kind = Forgettable.PROFILE if term.kind is Kind.PROFILE else Forgettable.POST
        name = term.name if term.kind in (Kind.PROFILE, Kind.POST, Kind.NAME) else ""
        return bool(name) and not library.selections.names(word) and library.forgotten.has(kind, name)

    words = [each for word in choice.words for each in split(word)]
    return frozenset(word for word in words if is_forgotten(word))


def _chosen(
    library: Library, choice: Choice, request: Request, forgotten: Collection[str]
) -> tuple[Sequence[int], Sequence[Result]]:
    """What is named; what is excluded is part of nothing that means several, unless it is asked for."""
    words = [word for word in choice.words if not {*split(word)} & {*forgotten}]
    if forgotten and not words:
        return (), ()
    if request.subject is Subject.IMAGES:
        return exported_images(library, words, choice.filters), ()
    if choice.filters.status is not None:
        raise BadRequest("--status is of images, and results are exported where they have a picture")
    return (), exported_results(library, words, choice.filters)


def _tell_left_out(terminal: Terminal, planned: Plan) -> None:
    if planned.between:
        ids = sorted(planned.between)
        for image_id in ids:
            terminal.record("left_out", id=image_id, between=planned.between[image_id])
        named = ", ".join(map(str, ids[:_NAMED])) + (", ..." if len(ids) > _NAMED else "")
        terminal.warn(f"{counted(len(ids), 'image')} left out, near-copies of images in different splits: {named}")
    if planned.request.copying.exif:
        silent = sum(
            not takes_words(extension_of(picture, planned.request.copying))
            for row in planned.rows for picture in row.pictures.values() if picture.about is not None)
        if silent:
            terminal.warn(f"{counted(silent, 'picture')} of formats that words cannot be put into, copied as they are")


def _tell(terminal: Terminal, planned: Plan, done: Exported) -> None:
    for row_id, reason in sorted(done.failed.items()):
        terminal.record("failed", id=row_id, reason=reason)
        terminal.error(f"{_noun(planned)} {row_id}: {reason}")
    rows = len(planned.rows) - len(done.failed)
    terminal.record(
        "export", path=done.path, form=planned.request.form, subject=planned.request.subject, rows=rows,
        splits=done.splits, written=done.written, kept=done.kept, taken_out=done.taken_out, failed=len(done.failed),
        left_out=len(planned.between), changed=done.changed)
    splits = ", ".join(f"{count} {split}" for split, count in done.splits.items()) if len(done.splits) > 1 else ""
    gone = f", {done.taken_out} taken out" if done.taken_out else ""
    failed = f", {len(done.failed)} failed" if done.failed else ""
    terminal.answer(f"{_rows(planned, rows)}{f' ({splits})' if splits else ''}{failed}: {done.path}")
    terminal.say(
        f"{counted(done.written, 'file')} written, {done.kept} there already{gone}" if done.changed
        else "nothing was new; the export is as it was")
    if planned.request.form is Form.CSV or planned.request.paths:
        terminal.say("no picture was copied: the paths lead into the library on this machine")


def _noun(planned: Plan) -> str:
    return "image" if planned.request.subject is Subject.IMAGES else "result"


def _rows(planned: Plan, number: int) -> str:
    return counted(number, {"images": "image", "results": "result", "pairs": "pair"}[planned.request.subject])
