"""The matrix as a folder that opens from disk in any browser: `index.html` and `images/`, nothing from the network.

The folder is whole or absent, and only one that holds nothing but an earlier page of ours is ever replaced.
Results are copied byte for byte, with the text that tells how they were made; originals are written anew, so that
no place or owner from a photograph's metadata travels along and every browser can show them.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow

from db.atomic import whole_folder
from db.errors import PictureRefused
from db.library import Library
from db.records import Image
from gallery.matrix import EVERYTHING, Matrix, Selection, arrange, has_picture
from gallery.matrix_page import GENERATOR, Copies, Copy, page_of
from gallery.own_folder import OwnFolder
from gallery.rendition import at_most, encoded, open_rendition

INDEX, IMAGES = "index.html", "images"
THUMBNAIL_PX = 640      # twice the widest cell of the page on a fine screen, nearly
OURS = OwnFolder(
    INDEX, f'<meta name="generator" content="{GENERATOR}">', IMAGES,
    re.compile(r"(image|result)-\d+(-small)?\.(jpg|png|webp)"),
)


@dataclass(frozen=True)
class PageReport:
    """What was written. `cells` hold a picture, `failed` have a result but none to show."""

    folder: Path
    index: Path
    rows: int
    columns: int
    cells: int
    failed: int


def write_page(library: Library, folder: Path, *, selection: Selection = EVERYTHING) -> PageReport:
    """Write the library's results as a page into `folder`, replacing an earlier page.

    Raises NothingToShow, OutputRefused, LibraryBusy or StorageFailed.
    """
    with library.lock("matrix"):
        matrix = arrange(library.images.find(), library.results.find(), selection)
        with whole_folder(folder, OURS.check) as building:
            copies = _copy(matrix, building)
            (building / INDEX).write_text(page_of(matrix, copies), encoding="utf-8", newline="\n")
    return PageReport(
        folder=folder,
        index=folder / INDEX,
        rows=len(matrix.contents),
        columns=len(matrix.styles),
        cells=len(copies.results),
        failed=sum(1 for _ in matrix.results()) - len(copies.results),
    )


def _copy(matrix: Matrix, building: Path) -> Copies:
    (building / IMAGES).mkdir()
    copies = Copies({}, {}, {})
    for image in {image.id: image for image in (*matrix.contents, *matrix.styles)}.values():
        try:
            copies.originals[image.id] = _copy_original(image, building)
        except PictureRefused as error:
            copies.unreadable[image.id] = f"the picture cannot be shown: {error}"
    for result in matrix.results():
        if result.path is None or not has_picture(result):
            copies.reasons[result.id] = result.record.reason or "no reason recorded"
            continue
        try:
            copies.results[result.id] = _copy_result(result.id, result.path, building)
        except PictureRefused as error:
            copies.reasons[result.id] = f"the picture cannot be shown: {error}"
    return copies


def _copy_original(image: Image, building: Path) -> Copy:
    picture = open_rendition(image.path)
    full = f"{IMAGES}/image-{image.id}.jpg"
    small = _thumbnail(picture, building, f"image-{image.id}")
    (building / full).write_bytes(encoded(picture, "JPEG", quality=92, subsampling=0))
    return Copy(full, small, *picture.size)


def _copy_result(result_id: int, path: Path, building: Path) -> Copy:
    picture = open_rendition(path)
    full = f"{IMAGES}/result-{result_id}{path.suffix}"
    small = _thumbnail(picture, building, f"result-{result_id}")
    shutil.copyfile(path, building / full)
    return Copy(full, small, *picture.size)


def _thumbnail(picture: Pillow.Image, building: Path, name: str) -> str:
    small = f"{IMAGES}/{name}-small.webp"
    (building / small).write_bytes(encoded(at_most(picture, THUMBNAIL_PX), "WEBP", quality=84))
    return small
