"""What a wall of 1,000 x 100 costs before a picture is made: `python -m benchmarks.hundred_thousand` prints it as JSON.

A library of small real files is made once for each set of sizes, its rows in bulk, and kept in the system's folder for
temporary files. Half of the pairs have a result in a second one. Each command runs in a process of its own; seconds are
those of the whole process from its start, memory is its highest resident set.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from benchmarks.scrape_ten_thousand import figure
from console.transfer_options import RecipeOptions
from db.library import CATALOG, open_library
from db.records import Role
from db.schema import AdditionRow, FileRow, ImageRow, ResultRow
from stylizer.network.published import PUBLISHED_SHA256
from stylizer.recipe.model import recipe_hash

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHAPES = ((64, 48), (48, 64), (64, 64), (64, 80), (80, 64), (64, 36), (36, 64), (96, 64))
PICTURES = 64           # files of results, which many results share
TRACE = 170             # evaluations of a result at standard quality
ROWS_AT_ONCE = 5_000


def main() -> None:
    """Make the libraries, run the commands, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contents", type=int, default=1_000)
    parser.add_argument("--styles", type=int, default=100)
    options = parser.parse_args()
    empty = wall_library(options.contents, options.styles, results=0)
    half = wall_library(options.contents, options.styles, results=options.contents * options.styles // 2)
    with tempfile.TemporaryDirectory() as folder:
        figures = {
            f"{name}, {' '.join(command)}": figure(root, [part.replace("FOLDER", folder) for part in command])
            for name, root in (("no results", empty), ("half of them made", half))
            for command in COMMANDS
            if root is half or command[0] == "stylize"
        }
    load = {"load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps({"contents": options.contents, "styles": options.styles, **load, "commands": figures}, indent=2))


COMMANDS = (
    ["stylize", "--all", "--dry-run"],
    ["stylize", "--all", "--dry-run", "--json"],
    ["images"],
    ["results"],
    ["results", "--json"],
    ["status"],
    ["matrix", "-o", "FOLDER/matrix.png"],
)


def wall_library(contents: int, styles: int, *, results: int) -> Path:
    """A library of so many images and results, from an earlier call where there was one."""
    root = Path(tempfile.gettempdir()) / f"stylegram-wall-{contents}-{styles}-{results}"
    if (root / CATALOG).is_file():
        return root
    building = root.with_suffix(".part")
    shutil.rmtree(building, ignore_errors=True)
    with open_library(building):
        pass
    engine = create_engine(f"sqlite:///{building / CATALOG}")
    with Session(engine) as session, session.begin():
        for table, rows in tables(building, contents, styles, results):
            for first in range(0, len(rows), ROWS_AT_ONCE):
                session.execute(insert(table), rows[first : first + ROWS_AT_ONCE])
    engine.dispose()
    building.replace(root)
    return root


def tables(root: Path, contents: int, styles: int, results: int) -> Iterator[tuple[type, list[dict[str, Any]]]]:
    """The rows by table, their files written."""
    images = contents + styles
    files = [{"id": number, **file(root, number, "jpg")} for number in range(1, images + 1)]
    pictures = [{"id": number, **file(root, number, "png")} for number in range(images + 1, images + 1 + PICTURES)]
    yield FileRow, files + (pictures if results else [])
    yield ImageRow, [{"id": each["id"], "file_id": each["id"]} for each in files]
    yield AdditionRow, [
        {"file_id": each["id"], "origin": f"/pictures/{each['id']:05d}.jpg", "added_at": NOW,
         "role": Role.CONTENT if each["id"] <= contents else Role.STYLE}
        for each in files
    ]
    recipe = RecipeOptions().resolve()
    key = recipe_hash(recipe, seed=0, weights_sha256=PUBLISHED_SHA256)
    details = {"trace": [1e6 / (step + 1) for step in range(TRACE)], "recipe": json.loads(recipe.canonical_json()),
               "start_loss": 1e7}
    pairs = ((1 + place // styles, contents + 1 + place % styles) for place in range(results))
    rows = [
        {"content_id": content, "style_id": style, "recipe_hash": key, "recipe": recipe.name, "steps": recipe.steps,
         "size": recipe.extent.side_px, "seed": 0, "status": "done", "attempts": 1,
         "file_id": pictures[(content + style) % PICTURES]["id"], "content_loss": 1.0, "style_loss": 2.0,
         "total_loss": 3.0, "seconds": 14.0, "details": details, "created_at": NOW}
        for content, style in pairs
    ]
    yield ResultRow, rows


def file(root: Path, number: int, kind: str) -> dict[str, Any]:
    """The row of a small picture that is written here; every number has another."""
    width, height = SHAPES[number % len(SHAPES)]
    noise = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    picture = Pillow.fromarray(noise).resize((width, height), Pillow.Resampling.BICUBIC)
    held = io.BytesIO()
    picture.save(held, "JPEG" if kind == "jpg" else "PNG")
    sha256 = hashlib.sha256(held.getvalue()).hexdigest()
    path = root / "files" / sha256[:2] / f"{sha256}.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held.getvalue())
    return {"sha256": sha256, "path": path.relative_to(root).as_posix(), "size_bytes": len(held.getvalue()),
            "media_type": "image/jpeg" if kind == "jpg" else "image/png", "width": width, "height": height,
            "added_at": NOW}


if __name__ == "__main__":
    main()
