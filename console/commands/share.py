"""The command by which what is chosen leaves the library as a set for others."""

from pathlib import Path
from typing import Annotated

import typer

from console.commands.parameters import LARGEST, JsonOption, takes_groups, terminal_of
from console.filter_options import IMAGES_HELP, ImageFilterOptions, check_words
from exporting.collector import without_collector
from exporting.request import PER_SHARD, Copying, Crop, Form, Request, Subject, parse_split

LARGEST_SIDE_PX = 16_384


@takes_groups
def export(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or an earlier export.")],
    narrowed: ImageFilterOptions,
    words: Annotated[list[str] | None, typer.Argument(metavar="IMAGE", help=IMAGES_HELP)] = None,
    form: Annotated[Form, typer.Option("--as", help="A folder of files, or tables and shards.")] = Form.IMAGEFOLDER,
    results: Annotated[bool, typer.Option("--results", help="The stylised pictures instead of the images.")] = False,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="The same, each in one row with its content and its style.")
    ] = False,
    split: Annotated[
        str | None,
        typer.Option(metavar="90,5,5", help="Percent of train, validation and test.  [default: all is train]"),
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(
            min=8, max=LARGEST_SIDE_PX, metavar="PX", help="Copies of this size, in sRGB, not the bytes as they are."),
    ] = None,
    crop: Annotated[
        Crop, typer.Option(help="With --side: its longer side is at most that, or a square is cut from its middle.")
    ] = Crop.NONE,
    exif: Annotated[
        bool, typer.Option("--exif", help="Put caption, date, link and author into the files, as EXIF and XMP.")
    ] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Parquet with paths into the library, not bytes.")] = False,
    per_shard: Annotated[
        int, typer.Option(min=1, max=LARGEST, metavar="N", help="Rows of a Parquet or tar file at most.")
    ] = PER_SHARD,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Hand over images as a set.

    A folder for each split with readable names and metadata.jsonl, Parquet, WebDataset's shards, or the table alone;
    with a card, croissant.json and SHA256SUMS. It is what datasets.load_dataset reads. Run again, only what is new or
    changed is written, and what is no longer chosen, or was forgotten, is taken out. docs/export.md has the columns.
    """
    with without_collector():   # a tenth of an export's start is spent on it otherwise
        from console.errors import BadRequest
        from console.export import Choice, run_export

        if results and pairs:
            raise BadRequest("--pairs has the results already: leave out --results")
        subject = Subject.PAIRS if pairs else Subject.RESULTS if results else Subject.IMAGES
        request = Request(
            form, subject, None if split is None else parse_split(split), Copying(side, crop, exif), paths, per_shard)
        check_words(words or ())
        choice = Choice(words or (), narrowed.filters())
        return run_export(
            terminal_of(context, as_json), context.obj["library"], target, choice, request, dry_run=dry_run)
