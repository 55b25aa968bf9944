"""A report of batches in a folder: Markdown to read, JSON and CSV to compute with, the curves as pictures.

Invariant: names come from strangers and stay text: no Markdown, HTML or formula of theirs is one here. The folder is
replaced as a whole. What is told was found before; nothing is computed here.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.records import Image, Result
from gallery.curves import Curve, draw, has_losses
from gallery.errors import BadTarget
from gallery.labels import label, plain
from gallery.page import CLUTTER
from gallery.publish import whole_file, whole_folder

MARKDOWN, JSON, PAIRS, CURVES = "report.md", "report.json", "pairs.csv", "curves"
GENERATOR = "<!-- written by stylegram report -->"
OURS = re.compile(r"(result-\d+\.(csv|json)|batch-\d+\.png)")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# The measures in the order of the docs, by their names here and in a table.
MEASURES = {
    "score": "score", "content_loss": "content", "style_loss": "style", "cf": "CF", "ge": "GE", "lp": "LP",
    "cfsd": "CFSD", "ssim": "SSIM", "tv_ratio": "TV ratio", "clipped": "clipped",
}


@dataclass(frozen=True)
class Entry:
    """One result with what was found of it. Losses by layer have their weights included."""

    result: Result
    content: Image
    style: Image
    by_scale: tuple[int, ...] = ()
    content_layers: Mapping[str, float] = field(default_factory=dict)
    style_layers: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: str | None = None      # why there is no picture to tell of

    @property
    def name(self) -> str:
        """Content and style in a line."""
        return f"{label(self.content)} x {self.style_name}"

    @property
    def style_name(self) -> str:
        """The style, or the ids and weights of those that are mixed."""
        mix = self.result.record.details.get("mix")
        return f"styles {plain(str(mix))}" if mix else label(self.style)

    @property
    def curve(self) -> Curve:
        """Its losses over its evaluations."""
        trace = tuple(self.result.record.details.get("trace") or ())
        name = f"{self.result.id}: {label(self.content)}\nx {self.style_name}"
        return Curve(name, trace, self.by_scale or (len(trace),))


@dataclass(frozen=True)
class Batch:
    """The results of one recipe hash, by id."""

    entries: tuple[Entry, ...]

    @property
    def recipe_hash(self) -> str:
        return self.entries[0].result.record.key.recipe_hash

    @property
    def details(self) -> Mapping[str, Any]:
        """How they were made; that of a result with a picture where there is one."""
        done = [entry for entry in self.entries if entry.problem is None]
        return (done or self.entries)[0].result.record.details

    @property
    def title(self) -> str:
        """Such as "gatys, 256 px, 300 steps"."""
        record = self.entries[0].result.record
        return f"{plain(record.recipe)}, {record.size} px, {record.steps} steps"


@dataclass(frozen=True)
class Report:
    """Batches in the order of their first results, and what measured them (None: no network was used)."""

    batches: tuple[Batch, ...]
    made_at: str
    version: str
    measured_with: str | None


def group(entries: Iterable[Entry]) -> tuple[Batch, ...]:
    """The entries by their recipe hash."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.result.record.key.recipe_hash, []).append(entry)
    return tuple(Batch(tuple(of_one)) for of_one in found.values())


def write_report(report: Report, target: Path) -> Path:
    """Writes it: as .md or .json alone, else as a folder with all of it. Returns the file to open.

    Raises BadTarget or StorageFailed.
    """
    match target.suffix.lower():
        case ".md":
            text = markdown(report, with_curves=False)
        case ".json":
            text = json.dumps(document(report), indent=1, allow_nan=False)
        case _:
            with whole_folder(target, check_ours) as building:
                _fill(building, report)
            return target / MARKDOWN
    with whole_file(target) as part:
        part.write_text(text + "\n", encoding="utf-8", newline="\n")
    return target


def check_target(target: Path) -> None:
    """Raise BadTarget where a report could not be written, before one is made."""
    if target.suffix.lower() not in (".md", ".json") and target.exists():
        check_ours(target)


def check_ours(folder: Path) -> None:
    """Raise BadTarget unless `folder` is empty or holds an earlier report and nothing else."""
    if not folder.is_dir():
        raise BadTarget(f"{folder} is not a folder; name a folder, or a file that ends in .md or .json")
    names = {path.name for path in folder.iterdir()} - CLUTTER
    if not names:
        return
    page = folder / MARKDOWN
    if not page.is_file() or GENERATOR not in page.read_text(encoding="utf-8", errors="replace"):
        raise BadTarget(f"{folder} holds other things; name a new or empty folder")
    strangers = names - {MARKDOWN, JSON, PAIRS, CURVES}
    if (folder / CURVES).is_dir():
        curves = {path.name for path in (folder / CURVES).iterdir()} - CLUTTER
        strangers |= {f"{CURVES}/{name}" for name in curves if not OURS.fullmatch(name)}
    if strangers:
        raise BadTarget(f"{folder} holds files that are not ours ({min(strangers)}); move them, or name another folder")


def _fill(folder: Path, report: Report) -> None:
    (folder / CURVES).mkdir()
    for number, batch in enumerate(report.batches, start=1):
        curves = [entry.curve for entry in batch.entries]
        drawn = [curve for curve in curves if has_losses(curve)]
        if drawn:
            scales = (batch.details.get("recipe") or {}).get("scales") or [1.0]
            draw(drawn, batch.title, scales).save(folder / CURVES / f"batch-{number}.png", "PNG")
        for entry in batch.entries:
            name = f"{CURVES}/result-{entry.result.id}"
            (folder / f"{name}.csv").write_text(_curve_csv(entry.curve), encoding="utf-8", newline="")
            (folder / f"{name}.json").write_text(_curve_json(entry) + "\n", encoding="utf-8", newline="\n")
    (folder / MARKDOWN).write_text(markdown(report) + "\n", encoding="utf-8", newline="\n")
    (folder / JSON).write_text(json.dumps(document(report), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / PAIRS).write_text(_pairs_csv(report), encoding="utf-8", newline="")


def document(report: Report) -> dict[str, Any]:
    """All of it as plain JSON."""
    return {
        "made_at": report.made_at,
        "stylegram": report.version,
        "measured_with": report.measured_with and {"network": "VGG19", "sha256": report.measured_with},
        "batches": [
            {
                "recipe_hash": batch.recipe_hash,
                "title": batch.title,
                **{name: batch.details.get(name) for name in
                   ("recipe", "weights", "seed", "device", "precision", "time_budget_s", "besides", "versions")},
                "pairs": [pair(entry) for entry in batch.entries],
            }
            for batch in report.batches
        ],
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
        "total_loss": _finite(record.total_loss),
        "content_loss": _finite(record.content_loss),
        "style_loss": _finite(record.style_loss),
        "tv_loss": _finite(details.get("tv_loss")),
        "start_loss": _finite(details.get("start_loss")),
        "layers": {"content": dict(entry.content_layers), "style": dict(entry.style_layers)},
        "measures": dict(entry.measures),
        "seconds": record.seconds,
        "evaluations": details.get("evaluations"),
        "evaluations_by_scale": list(entry.by_scale),
        "restarts": details.get("restarts"),
        "made_at": entry.result.created_at.isoformat(),
        "notes": list(entry.notes),
    }


def markdown(report: Report, *, with_curves: bool = True) -> str:
    """The report to read."""
    lines = [GENERATOR, "# Report", "", f"Made {report.made_at} by stylegram {report.version}."]
    if report.measured_with:
        lines.append(f"Measured by VGG19 with the weights {report.measured_with[:12]}; what the measures are is told "
                     "in docs/report.md of stylegram.")
    for number, batch in enumerate(report.batches, start=1):
        lines += ["", f"## {number}. {_text(batch.title)}", "", *_how(batch), "", *_losses(batch)]
        lines += [*_layers(batch), *_measures(batch), *_remarks(batch)]
        if with_curves and any(has_losses(entry.curve) for entry in batch.entries):
            lines += ["", f"![losses over the evaluations]({CURVES}/batch-{number}.png)"]
    return "\n".join(lines)


def _how(batch: Batch) -> Iterator[str]:
    details = batch.details
    weights, versions = details.get("weights") or {}, details.get("versions") or {}
    facts = {
        "recipe hash": batch.recipe_hash,
        "model": f"{weights.get('network', '?')}, weights {str(weights.get('sha256', '?'))[:12]}",
        "device": details.get("device"),
        "precision": details.get("precision"),
        "seed": details.get("seed"),
        "time budget": f"{details['time_budget_s']:g} s a pair" if details.get("time_budget_s") else None,
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    yield from (f"- {name}: {_text(str(value))}" for name, value in facts.items() if value not in (None, ""))
    if details.get("recipe"):
        lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in sorted(details["recipe"].items())]
        yield from ("", "```json", "{" + ",\n ".join(lines) + "}", "```")     # ASCII, and no line begins with a fence


def _losses(batch: Batch) -> Iterator[str]:
    yield from _table(
        ("result", "content", "style", "loss", "of the start", "content loss", "style loss", "variation",
         "evaluations", "restarts", "seconds"),
        [
            (entry.result.id, label(entry.content), entry.style_name, *_figures(entry)) for entry in batch.entries
        ],
    )


def _figures(entry: Entry) -> tuple[object, ...]:
    record, details = entry.result.record, entry.result.record.details
    if entry.problem is not None and record.total_loss is None:
        return ("failed", "", "", "", "", details.get("evaluations") or len(entry.curve.losses), "",
                _seconds(record.seconds))
    start = _finite(details.get("start_loss"))
    share = f"{record.total_loss / start:.3%}" if start and record.total_loss is not None else ""
    return (_number(record.total_loss), share, _number(record.content_loss), _number(record.style_loss),
            _number(details.get("tv_loss")), details.get("evaluations", ""), details.get("restarts", ""),
            _seconds(record.seconds))


def _layers(batch: Batch) -> Iterator[str]:
    entries = [entry for entry in batch.entries if entry.content_layers or entry.style_layers]
    if not entries:
        return
    yield from ("", "Losses by layer, weights included, of the files as they are read back:", "")
    columns = [*(("content", name) for name in entries[0].content_layers),
               *(("style", name) for name in entries[0].style_layers)]
    yield from _table(
        ("result", *(f"{kind} {name}" for kind, name in columns)),
        [
            (entry.result.id, *(
                _number((entry.content_layers if kind == "content" else entry.style_layers).get(name))
                for kind, name in columns))
            for entry in entries
        ],
    )


def _measures(batch: Batch) -> Iterator[str]:
    entries = [entry for entry in batch.entries if entry.measures]
    if not entries:
        return
    yield from ("", "Measures (score, content, style and CFSD are better low, CF, GE, LP and SSIM high):", "")
    yield from _table(
        ("result", *MEASURES.values()),
        [(entry.result.id, *(measure(entry.measures.get(name)) for name in MEASURES)) for entry in entries],
    )


def _remarks(batch: Batch) -> Iterator[str]:
    remarks = [
        f"- result {entry.result.id}: {_text(remark)}"
        for entry in batch.entries for remark in (*filter(None, [entry.problem]), *entry.notes)
    ]
    if remarks:
        yield ""
        yield from remarks


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(_text(str(cell)) for cell in row)} |"


def _text(text: str) -> str:
    """`text` with nothing in it that Markdown or HTML would take for more."""
    safe = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#!|~])", r"\\\1", safe)


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
        "losses": [_finite(loss) for loss in entry.curve.losses],
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


def measure(value: float | None) -> str:
    """A measure in three digits; a dash where it does not exist."""
    return "-" if value is None else f"{value:.3g}"


def _number(value: object) -> str:
    number = _finite(value)
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _finite(value: object) -> float | None:
    """A number as JSON can hold it."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
