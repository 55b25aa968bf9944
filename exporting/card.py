"""The card of a set, as Hugging Face shows it: front matter for programs, and the same for people.

Invariant: no word of a stranger is Markdown, YAML or a link here. Of theirs only profiles' names are told, which are
letters, digits, dots and underscores.
"""

import json
from collections.abc import Iterator

from exporting.columns import COLUMNS, PICTURES, file_column, picture_column
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
    yield f"pretty_name: {json.dumps(f'{summary.what} from a stylegram library')}"
    yield "license: unknown"
    yield f"task_categories: {json.dumps([_TASKS[request.subject]])}"
    yield f"size_categories: {json.dumps([size])}"
    yield 'tags: ["stylegram", "image"]'
    yield f"configs: {json.dumps([{'config_name': 'default', 'data_files': files}])}"
    yield "---"


def _text(summary: Summary) -> Iterator[str]:
    request = summary.request
    yield f"# {summary.what}"
    yield ""
    yield f"{summary.description} Written by stylegram {summary.version}."
    yield ""
    yield f"- Splits: {', '.join(f'{split} {count}' for split, count in summary.splits.items()) or 'none'}."
    if request.split is not None:
        yield f"  {_drawn(request)}"
    yield f"- Pictures: {_pictures(request)}"
    if summary.taken:
        yield f"- Posted from {summary.taken[0]} to {summary.taken[1]}, where that is known."
    if summary.fetched:
        verb = "Collected" if request.subject is Subject.IMAGES else "Made"
        yield f"- {verb} from {summary.fetched[0]} to {summary.fetched[1]}."
    yield from ("", "## Sources", "")
    if request.subject is not Subject.IMAGES:
        yield from ("Of contents and styles: a row counts for each profile that they are from.", "")
    yield from ("| from | rows |", "|---|---|")
    for name, count in summary.sources.items():
        source = f"`@{name}` ([profile](https://www.instagram.com/{name}/))" if name else "no profile: added as files"
        yield f"| {source} | {count} |"
    yield from ("", "## Columns", "", *_columns(request))
    yield from _rights()


def _drawn(request: Request) -> str:
    shares = ", ".join(f"{share:g}" for share in request.split or ())
    what = "content" if request.subject is not Subject.IMAGES else "image"
    found = (f"Drawn by {shares} percent, by a hash of each group: a post with its near-copies. No {what} has a "
             "near-copy or another picture of its post in another split")
    return f"{found}." if what == "image" else f"{found}; a style may be in several."


def _columns(request: Request) -> Iterator[str]:
    """What a row holds, in this form."""
    pictures = PICTURES[request.subject]
    match request.form:
        case Form.WEBDATASET:
            others = "".join(f", `.{name}.jpg` the {name}" for name in pictures[1:])
            yield f"A row is the files of one name: `.jpg` (or another format) is the picture{others}, `.txt` a text,"
            yield "`.json` the columns below, in which what is not known is an empty text, a 0 or null."
            yield ""
        case Form.IMAGEFOLDER:
            yield "What is not known is an empty text, a 0 or null: readers tell a type by the first lines."
            yield ""
    yield from ("| column | type | what |", "|---|---|---|")
    if request.form is Form.CSV:
        yield "| split | string | train, validation or test |"
    for name in pictures:
        if request.form in (Form.IMAGEFOLDER, Form.PARQUET):
            yield f"| {picture_column(name)} | image | the {name or 'picture'} |"
        else:
            yield f"| {file_column(name)} | string | the file of the {name or 'picture'} |"
    for column in COLUMNS[request.subject]:
        yield f"| {column.name} | {column.kind.value} | {column.meaning} |"


def _pictures(request: Request) -> str:
    side, crop = request.copying.side_px, request.copying.crop
    if request.form is Form.CSV or request.paths:
        return "paths into the library on the machine where this was written."
    told = ", with caption, date, address and author put into those that take them" if request.copying.exif else ""
    if side is None:
        made = "" if request.subject is Subject.IMAGES else "; what was made, as stylegram wrote it"
        again = ", as JPEG where a set has several formats" if request.form is Form.WEBDATASET else ""
        return f"the bytes as they came{again}{made}{told}."
    how = f"{side} x {side} px, cut from the middle" if crop is Crop.CENTRE else f"{side} px at most on the longer side"
    return f"copies of {how}, in sRGB, by Lanczos{told}."


def _rights() -> Iterator[str]:
    yield from (
        "", "## Licence", "",
        "Unknown. The pictures belong to the people who made them; ask each author before you publish, share or train",
        "on one. That a picture could be collected is no permission to use it.",
        "", "## To have something removed", "",
        "Ask whoever gave you this set, with the address of the post or the name of the profile. They run",
        "`stylegram forget` with it (`stylegram remove` for a file that is of no post) and export again into the same",
        "folder: the pictures, and what was made of them, are then taken out, and a post is not fetched again. Copies",
        "that others made have to be asked for where they are.",
    )
