"""The command `export`: what is chosen is handed over as a set, and what was left out or taken out by it is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from console.alike import measured
from console.errors import BadRequest
from console.progress import counting
from console.terminal import Terminal
from console.words import counted, listed
from db.errors import BadSelection
from db.exported import exported_images, exported_results
from db.forgotten import Kind as Forgettable
from db.hashing import sha256_of
from db.library import Library, read_library
from db.records import Result
from db.selection.filters import NO_FILTERS, Filters
from db.selection.terms import Kind, parse_term, split
from exporting import manifest
from exporting.copies import extension_of
from exporting.export import Exported, Plan, plan, rehearse, was_chosen, write
from exporting.request import Form, Request, Subject
from exporting.words import takes_words

_EXCLUDED = "made of an excluded image (`include` lets it in)"


@dataclass(frozen=True)
class Choice:
    """Which images, or the results of which: words that name them, and what holds of each."""

    words: Sequence[str] = ()
    filters: Filters = NO_FILTERS

    def identity(self) -> str:
        """A hash, for an export outlives what it may be asked to forget, and must not tell its name."""
        return sha256_of(json.dumps([list(self.words), asdict(self.filters)], default=str))


@dataclass(frozen=True)
class _Chosen:
    """Images by number or results; `excluded` are results that are no part of it."""

    images: Sequence[int] = ()
    results: Sequence[Result] = ()
    excluded: Mapping[int, str] = field(default_factory=dict)


def run_export(
    terminal: Terminal, root: Path, target: Path, choice: Choice, request: Request, *, dry_run: bool
) -> int:
    """Write the set; 3 if something that is chosen could not be read."""
    request.check()
    with read_library(root) as library:
        is_export, is_again = manifest.is_export(target), was_chosen(choice.identity(), target)
        there, gone = _still_there(library, choice, request, is_again=is_again) if is_export else (choice, ())
        if gone:
            terminal.say(f"forgotten or gone since, and taken out: {listed(gone)}")
        chosen = _Chosen() if there is None else _chosen(library, there, request)
        hashes = measured(terminal, library) if request.subject is Subject.IMAGES or request.split else None
        is_emptied = bool(gone) or is_again or (is_export and not any(library.images.counts().values()))
        _tell_left_out(terminal, request, chosen.excluded)
        planned = plan(
            library, chosen.images, chosen.results, request, hashes, may_be_empty=is_emptied, choice=choice.identity())
        _tell_left_out(terminal, request, planned.left_out)
        _tell_silent(terminal, planned)
        if dry_run:
            new, kept = rehearse(planned, library, target)
            terminal.record("plan", path=target, form=request.form, rows=len(planned.rows), new=new, there=kept)
            rows = _rows(planned, len(planned.rows))
            copied = f"{counted(new, 'file')} of pictures to write, {kept} there already"
            terminal.answer(f"{rows}; {'a table of paths to write' if request.form is Form.CSV else copied}")
            return 0
        with counting(terminal, "files", len(planned.items)) as tell:
            done = write(planned, library, target.absolute(), tell)
    _tell(terminal, planned, done)
    return 3 if done.failed else 0


def _still_there(
    library: Library, choice: Choice, request: Request, *, is_again: bool
) -> tuple[Choice | None, Sequence[str]]:
    """What is left of a choice that an earlier export may have been made by, and the words that name nothing any more:
    a profile or a post that was forgotten, and where the same was asked for before whatever is gone. None if that was
    all.
    """
    def is_gone(word: str) -> bool:
        if _names(library, word, request.subject):
            return False
        term = parse_term(word)
        kind = Forgettable.PROFILE if term.kind is Kind.PROFILE else Forgettable.POST
        name = term.name if term.kind in (Kind.PROFILE, Kind.POST, Kind.NAME) else ""
        return is_again or (bool(name) and library.forgotten.has(kind, name))

    kept, gone = list[str](), list[str]()
    for word in choice.words:
        for part in [word] if _names(library, word, request.subject) else split(word):
            (gone if is_gone(part) else kept).append(part)
    profiles = choice.filters.profiles
    lost = [name for name in profiles if is_gone(f"@{name}")]
    found = [*gone, *(f"@{name}" for name in lost)]
    is_empty = bool(gone) and not any(map(_is_named, kept))     # what is left out is no way to name the rest
    if (is_empty and any(map(_is_named, gone))) or (profiles and len(lost) == len(profiles)):
        return None, found
    filters = replace(choice.filters, profiles=tuple(name for name in profiles if name not in lost))
    return Choice(kept, filters), found


def _is_named(word: str) -> bool:
    """Whether it names something, and does not leave it out."""
    return any(not part.startswith("-") for part in split(word))


def _names(library: Library, word: str, subject: Subject) -> bool:
    """Whether a word names something that there is."""
    selections = library.selections
    try:
        return bool((selections.image_ids if subject is Subject.IMAGES else selections.result_ids)([word]))
    except BadSelection:
        return False


def _chosen(library: Library, choice: Choice, request: Request) -> _Chosen:
    """What is named; what is excluded is part of nothing that means several, unless it is asked for."""
    if request.subject is Subject.IMAGES:
        return _Chosen(exported_images(library, choice.words, choice.filters))
    if choice.filters.status is not None:
        raise BadRequest("--status is of images, and results are exported where they have a picture")
    found, excluded = exported_results(library, choice.words, choice.filters)
    return _Chosen((), found, dict.fromkeys(excluded, _EXCLUDED))


def _tell_left_out(terminal: Terminal, request: Request, left_out: Mapping[int, str]) -> None:
    """What was chosen and is not in it, by the reasons why."""
    noun = _noun(request)
    for reason in dict.fromkeys(left_out.values()):
        ids = sorted(row_id for row_id, why in left_out.items() if why == reason)
        for row_id in ids:
            terminal.record("left_out", id=row_id, reason=reason)
        terminal.warn(f"{counted(len(ids), noun)} left out, {reason}: {listed(ids)}")


def _tell_silent(terminal: Terminal, planned: Plan) -> None:
    copying = planned.request.copying
    if copying.exif:
        pictures = {
            picture.sha256: extension_of(picture, copying)
            for row in planned.rows for picture in row.pictures.values() if picture.about is not None}
        silent = sum(not takes_words(extension) for extension in pictures.values())
        if silent:
            terminal.warn(f"{counted(silent, 'picture')} of formats that words cannot be put into, copied as they are")


def _tell(terminal: Terminal, planned: Plan, done: Exported) -> None:
    for row_id, reason in sorted(done.failed.items()):
        terminal.record("failed", id=row_id, reason=reason)
        terminal.error(f"{_noun(planned.request)} {row_id}: {reason}")
    rows = len(planned.rows) - len(done.failed)
    terminal.record(
        "export", path=done.path, form=planned.request.form, subject=planned.request.subject, rows=rows,
        splits=done.splits, written=done.written, kept=done.kept, taken_out=done.taken_out, failed=len(done.failed),
        left_out=len(planned.left_out), changed=done.changed)
    splits = ", ".join(f"{count} {split}" for split, count in done.splits.items()) if len(done.splits) > 1 else ""
    gone = f", {done.taken_out} taken out" if done.taken_out else ""
    failed = f", {len(done.failed)} failed" if done.failed else ""
    terminal.answer(f"{_rows(planned, rows)}{f' ({splits})' if splits else ''}{failed}: {done.path}")
    terminal.say(
        f"{counted(done.written, 'file')} written, {done.kept} there already{gone}" if done.changed
        else "nothing was new; the export is as it was")
    if planned.request.form is Form.CSV or planned.request.paths:
        terminal.say("no picture was copied: the paths lead into the library on this machine")


def _noun(request: Request) -> str:
    return "image" if request.subject is Subject.IMAGES else "result"


def _rows(planned: Plan, number: int) -> str:
    return counted(number, {"images": "image", "results": "result", "pairs": "pair"}[planned.request.subject])
