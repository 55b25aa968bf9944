"""The card of a set, as Hugging Face shows it: front matter for programs, and the same for people.

Invariant: no word of a stranger is Markdown, YAML or a link here. Of theirs only profiles' names are told, which are
letters, digits, dots and underscores.
"""

import json
from collections.abc import Iterator

from exporting.columns import COLUMNS, PICTURES, picture_column
from exporting.request import Crop, Form, Request, Subject
from exporting.summary import Summary

NAME = "README.md"
_DATA_FILES = {
    Form.IMAGEFOLDER: "{split}/**", Form.PARQUET: "data/{split}-*.parquet", Form.WEBDATASET: "data/{split}-*.tar",
    Form.CSV: "table.csv",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TASKS = {Subject.IMAGES: "unconditional-image-generation", Subject.RESULTS: "unconditional-image-generation",
          Subject.PAIRS: "image-to-image"}


def card_of(summary: Summary) -> bytes:
    """The whole file."""
    return ("\n".join((*_front(summary), "", *_text(summary))) + "\n").encode()


def _front(summary: Summary) -> Iterator[str]:
    request = summary.request
    size = next((name for most, name in _SIZES if summary.rows < most), "n>1M")
    # a table of all splits is one file, which its column tells apart
    splits = ["train"] if request.form is Form.CSV else list(summary.splits)
    files = [{"split": split, "path": _DATA_FILES[request.form].format(split=split)} for split in splits]
    yield "---"
    yield f"pretty_name: {json.dumps(f'{summary.rows} {summary.what} from a stylegram library')}"
    yield "license: unknown"
    yield f"task_categories: {json.dumps([_TASKS[request.subject]])}"
    yield f"size_categories: {json.dumps([size])}"
    yield 'tags: ["stylegram", "image"]'
    yield f"configs: {json.dumps([{'config_name': 'default', 'data_files': files}])}"
    yield "---"


def _text(summary: Summary) -> Iterator[str]:
    yield f"# {summary.rows} {summary.what}"
    yield ""
    yield f"{summary.description} Written by stylegram {summary.version}."
    yield ""
    yield f"- Splits: {', '.join(f'{split} {count}' for split, count in summary.splits.items()) or 'none'}."
    if summary.request.split is not None:
        shares = ", ".join(f"{share:g}" for share in summary.request.split)
        yield (f"  They were drawn by {shares} percent, by the hash of each group: a post and its near-copies are "
               "never in two of them.")
    yield f"- Pictures: {_pictures(summary.request)}"
    if summary.taken:
        yield f"- Posted from {summary.taken[0]} to {summary.taken[1]}."
    if summary.fetched:
        verb = "Collected" if summary.request.subject is Subject.IMAGES else "Made"
        yield f"- {verb} from {summary.fetched[0]} to {summary.fetched[1]}."
    yield from ("", "## Sources", "", "| from | rows |", "|---|---|")
    for name, count in summary.sources.items():
        source = f"`@{name}` ([profile](https://www.instagram.com/{name}/))" if name else "added from disk"
        yield f"| {source} | {count} |"
    yield from ("", "## Columns", "", "| column | type | what |", "|---|---|---|")
    if summary.request.form is not Form.CSV:
        for name in PICTURES[summary.request.subject]:
            yield f"| {picture_column(name)} | image | the {name or 'picture'} |"
    for column in COLUMNS[summary.request.subject]:
        yield f"| {column.name} | {column.kind.value} | {column.meaning} |"
    yield from _rights()


def _pictures(request: Request) -> str:
    side, crop = request.copying.side_px, request.copying.crop
    if request.form is Form.CSV or request.paths:
        return "paths into the library on the machine where this was written."
    if side is None:
        return "the bytes as they were published" + (
            ", with caption, date, address and author put into the files." if request.copying.exif else ".")
    how = f"{side} x {side} px, cut from the middle" if crop is Crop.CENTRE else f"{side} px at most on the longer side"
    return f"copies of {how}, in sRGB, by Lanczos."


def _rights() -> Iterator[str]:
    yield from (
        "", "## Licence", "",
        "Unknown. The pictures belong to the people who made them; ask each author before you publish, share or train",
        "on one. That a picture could be collected is no permission to use it.",
        "", "## To have something removed", "",
        "Ask whoever gave you this set, with the address of the post or the name of the profile. They run",
        "`stylegram forget` with it and export again into the same folder: the pictures, and what was made of them,",
        "are then taken out, and are not fetched again. Copies that others made have to be asked for where they are.",
    )
