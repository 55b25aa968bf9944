"""A report in Markdown, to read.

Invariant: names come from strangers and stay text: no Markdown and no HTML of theirs is one here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from gallery import plots
from gallery.entries import MEASURES, Batch, Entry, Report
from gallery.labels import label, number, plain

CURVES = "curves"       # the folder beside it
GENERATOR = "<!-- written by stylegram report -->"


def markdown(report: Report, *, with_curves: bool = True) -> str:
    """The report to read."""
    lines = [GENERATOR, "# Report", "", f"Made {report.made_at} by stylegram {report.version}."]
    if report.measured_with:
        lines.append(f"Measured by VGG19 with the weights {report.measured_with[:12]}; what the measures are is told "
                     "in docs/report.md of stylegram.")
    if len(report.batches) > 1:
        lines += ["", "## Settings", "", *_settings(report)]
        lines += _of_pairs(report) if with_curves else []
    for place, (batch, words) in enumerate(zip(report.batches, report.words, strict=True), start=1):
        lines += ["", f"## {place}. {_text(str(words))}", "", *_how(batch), "", *_losses(batch)]
        lines += [*_layers(batch), *_measures(batch), *_remarks(batch)]
        lines += _shown(plots.of_setting(place, batch, words)) if with_curves else []
    return "\n".join(lines)


def _settings(report: Report) -> Iterator[str]:
    yield from _table(
        ("", "setting", "pairs", "without a picture", "of the start, on average", "seconds a pair"),
        [
            (place, words, len(batch.entries), sum(entry.problem is not None for entry in batch.entries) or "",
             _mean([entry.result.record.share_of_start for entry in batch.entries], "{:.3%}"),
             _mean([entry.result.record.seconds for entry in batch.entries], "{:.1f}"))
            for place, (batch, words) in enumerate(zip(report.batches, report.words, strict=True), start=1)
        ],
    )


def _of_pairs(report: Report) -> Iterator[str]:
    shown, others = plots.of_pairs(report)
    yield from _shown(shown)
    if others:
        yield from ("", f"{others} more pairs were made by several settings; their losses are in {CURVES}/.")


def _shown(of: Iterable[plots.Plot]) -> Iterator[str]:
    for plot in of:
        yield from ("", f"![losses over the evaluations: {_text(plot.title)}]({CURVES}/{plot.name}.png)")


def _how(batch: Batch) -> Iterator[str]:
    details = batch.details
    weights, versions = details.get("weights") or {}, details.get("versions") or {}
    processor = details.get("processor") or {}
    facts = {
        "recipe hash": batch.recipe_hash,
        "model": f"{weights.get('network', '?')}, weights {str(weights.get('sha256', '?'))[:12]}",
        "device": details.get("device"),
        "processor": f"{processor.get('name')}, {processor.get('instructions')}" if processor else None,
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
        return ("failed", "", "", "", "", details.get("evaluations") or len(entry.losses), "",
                _seconds(record.seconds))
    share = record.share_of_start
    return (number(record.total_loss), "" if share is None else f"{share:.3%}", number(record.content_loss),
            number(record.style_loss), number(details.get("tv_loss")), details.get("evaluations", ""),
            details.get("restarts", ""), _seconds(record.seconds))


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
                number((entry.content_layers if kind == "content" else entry.style_layers).get(name))
                for kind, name in columns))
            for entry in entries
        ],
    )


def _measures(batch: Batch) -> Iterator[str]:
    entries = [entry for entry in batch.entries if entry.measures]
    if not entries:
        return
    yield from ("", "Measures (score, E, C, CF, GE, LP and SSIM are better high, palette, clipped, content, style and "
                "CFSD low, lattice and border near 1):", "")
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


def measure(value: float | None) -> str:
    """A measure in three digits; a dash where it does not exist."""
    return "-" if value is None else f"{value:.3g}"


def _mean(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    return form.format(sum(known) / len(known)) if known else ""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
