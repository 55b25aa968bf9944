"""A report of batches in a folder: Markdown to read, JSON and CSV to compute with, the curves as pictures.

Invariant: names come from strangers and stay text: no Markdown, HTML or formula of theirs is one here. The folder is
replaced as a whole. What is told was found before; nothing is computed here.
"""

import csv
import io
import json
import re
import string
from pathlib import Path
from typing import Any

from db.atomic import whole_file, whole_folder
from db.errors import OutputRefused
from db.records import Image
from gallery import plots
from gallery.curves import Curve, save
from gallery.entries import MEASURES, Batch, Entry, Report
from gallery.labels import finite, label, plain
from gallery.own_folder import OwnFolder
from gallery.report_text import CURVES, GENERATOR, markdown
from gallery.settings import Words

MARKDOWN, JSON, PAIRS = "report.md", "report.json", "pairs.csv"
OURS = OwnFolder(
    MARKDOWN, GENERATOR, CURVES,
    re.compile(r"(result-\d+\.(csv|json)|(batch-\d+|pair-\d+-\d+)(-part-\d+)?\.(png|svg))"),
    others=frozenset({JSON, PAIRS}),
    advice="; name a folder, or a file that ends in .md or .json",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_report(report: Report, target: Path) -> Path:
    """Writes it: as .md or .json alone, else as a folder with all of it. Returns the file to open.

    Raises OutputRefused or StorageFailed.
    """
    match target.suffix.lower():
        case ".md":
            text = markdown(report, with_curves=False)
        case ".json":
            text = json.dumps(document(report), indent=1, allow_nan=False)
        case _:
            with whole_folder(target, OURS.check) as building:
                _fill(building, report)
            return target / MARKDOWN
    with whole_file(target) as part:
        part.write_text(text + "\n", encoding="utf-8", newline="\n")
    return target


def check_target(target: Path) -> None:
    """Raise OutputRefused where a report could not be written, before one is made."""
    suffix = target.suffix.lower()
    if suffix in (".md", ".json"):
        return
    if target.exists():
        OURS.check(target)
    elif suffix.strip(string.digits + "."):     # such as .pdf; a folder may be called 2026.11
        raise OutputRefused(f"{target.name}: a report is a folder, or one file that ends in .md or .json; for a folder "
                            "of this name make it first")


def _fill(folder: Path, report: Report) -> None:
    curves = folder / CURVES
    curves.mkdir()
    of_pairs, _ = plots.of_pairs(report)
    of_settings = [
        plot for number, (batch, words) in enumerate(zip(report.batches, report.words, strict=True), start=1)
        for plot in plots.of_setting(number, batch, words)
    ]
    for plot in (*of_pairs, *of_settings):
        save(plot.curves, plot.title, curves / plot.name, plot.scales)
    for entry in (entry for batch in report.batches for entry in batch.entries):
        name = f"result-{entry.result.id}"
        (curves / f"{name}.csv").write_text(_curve_csv(entry.curve()), encoding="utf-8", newline="")
        (curves / f"{name}.json").write_text(_curve_json(entry) + "\n", encoding="utf-8", newline="\n")
    (folder / MARKDOWN).write_text(markdown(report) + "\n", encoding="utf-8", newline="\n")
    (folder / JSON).write_text(json.dumps(document(report), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / PAIRS).write_text(_pairs_csv(report), encoding="utf-8", newline="")


def document(report: Report) -> dict[str, Any]:
    """All of it as plain JSON."""
    return {
        "made_at": report.made_at,
        "stylegram": report.version,
        "measured_with": report.measured_with and {"network": "VGG19", "sha256": report.measured_with},
        "batches": [_batch(batch, words) for batch, words in zip(report.batches, report.words, strict=True)],
    }


def _batch(batch: Batch, words: Words) -> dict[str, Any]:
    return {
        "recipe_hash": batch.recipe_hash,
        "title": batch.title,
        "differences": list(words.differences),
        **{name: batch.details.get(name) for name in (
            "recipe", "weights", "seed", "device", "processor", "precision", "time_budget_s", "besides", "versions")},
        "pairs": [pair(entry) for entry in batch.entries],
    }


def pair(entry: Entry) -> dict[str, Any]:
    """One result as plain JSON."""
    record, details = entry.result.record, entry.result.record.details
    return {
        "result_id": entry.result.id,
        "content": _image(entry.content),
        "style": _image(entry.style),
        "mix": details.get("mix"),
        "status": record.status,
        "reason": entry.problem,
        "path": str(entry.result.path) if entry.result.path else None,
        "recipe_hash": record.key.recipe_hash,
        "total_loss": finite(record.total_loss),
        "content_loss": finite(record.content_loss),
        "style_loss": finite(record.style_loss),
        "tv_loss": finite(details.get("tv_loss")),
        "start_loss": finite(details.get("start_loss")),
        "layers": {"content": dict(entry.content_layers), "style": dict(entry.style_layers)},
        "measures": dict(entry.measures),
        "seconds": record.seconds,
        "evaluations": details.get("evaluations"),
        "evaluations_by_scale": list(entry.by_scale),
        "restarts": details.get("restarts"),
        "tiles": details.get("tiles"),
        "made_at": entry.result.created_at.isoformat(),
        "notes": list(entry.notes),
    }


def _curve_csv(curve: Curve) -> str:
    """Evaluation, scale (1 is the coarsest) and loss; numbers alone."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("evaluation", "scale", "loss"))
    for scale, (before, losses) in enumerate(curve.parts(), start=1):
        rows.writerows((before + place, scale, repr(loss)) for place, loss in enumerate(losses, start=1))
    return out.getvalue()


def _curve_json(entry: Entry) -> str:
    return json.dumps({
        "result_id": entry.result.id,
        "content_sha256": entry.content.sha256,
        "style_sha256": entry.style.sha256,
        "evaluations_by_scale": list(entry.by_scale),
        "losses": [finite(loss) for loss in entry.losses],
    }, allow_nan=False)


def _pairs_csv(report: Report) -> str:
    """A line a result, for spreadsheets."""
    out = io.StringIO()
    rows = csv.writer(out)
    figures = (
        "total_loss", "start_loss", "content_loss", "style_loss", "tv_loss", "evaluations", "restarts", "seconds")
    rows.writerow(("result", "recipe", "recipe_hash", "content", "style", "status", *figures,
                   *(f"measure_{name}" for name in MEASURES)))
    for batch in report.batches:
        for entry in batch.entries:
            found = pair(entry)
            texts = (plain(entry.result.record.recipe), batch.recipe_hash, label(entry.content), entry.style_name,
                     str(entry.result.record.status))
            rows.writerow((
                entry.result.id, *map(_cell, texts), *(found[name] for name in figures),
                *(entry.measures.get(name) for name in MEASURES),
            ))
    return out.getvalue()


def _cell(text: str) -> str:
    """Text that a spreadsheet takes for text: one that looks like a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _image(image: Image) -> dict[str, Any]:
    return {"id": image.id, "sha256": image.sha256, "name": label(image)}
