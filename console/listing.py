"""The commands that look things up: images, results, status."""

from pathlib import Path

from console.terminal import Terminal
from db.library import read_library
from db.records import Image, Result, Role

TOLD = ("mix",)     # of what a result says of how it was made


def run_images(terminal: Terminal, root: Path, role: Role | None) -> int:
    """List the images."""
    with read_library(root) as library:
        found = library.images.find(role)
    for image in found:
        terminal.record("image", **image_fields(image))
    terminal.table(
        ("id", "role", "size", "from", "taken", "file in the library"),
        (
            (
                image.id,
                image.role,
                f"{image.width}x{image.height}",
                image_source(image),
                _day(image),
                image.path.relative_to(library.root),
            )
            for image in found
        ),
        kept=("id",), spare="file in the library",
    )
    return 0


def run_results(terminal: Terminal, root: Path) -> int:
    """List the results, as they are read: there may be more of them than memory holds."""
    with read_library(root) as library:
        if terminal.as_json:
            for result in library.results.each(details=TOLD):
                terminal.record("result", **result_fields(result))
            return 0
        terminal.table(
            ("id", "content", "style", "recipe", "size", "steps", "status", "loss", "seconds", "file in the library"),
            (_result_row(result, library.root) for result in library.results.each(details=TOLD)),
            kept=("id", "content", "style"), spare="file in the library",
        )
    return 0


def _result_row(result: Result, root: Path) -> tuple[object, ...]:
    record = result.record
    return (
        result.id,
        result.content_id,
        record.details.get("mix") or result.style_id,
        record.recipe,
        record.size,
        record.steps,
        record.status,
        _number(record.total_loss, "{:,.0f}"),
        _number(record.seconds, "{:.1f}"),
        result.path.relative_to(root) if result.path else record.reason,
    )


def run_status(terminal: Terminal, root: Path) -> int:
    """Counts, and the last runs."""
    with read_library(root) as library:
        counts = library.posts.counts()
        counts |= {f"images_{role}": count for role, count in library.images.counts().items()}
        counts |= {f"results_{status}": count for status, count in library.results.counts().items()}
        runs = library.runs.latest(5)
    terminal.record("status", library=root.absolute(), **counts)
    for run in runs:
        terminal.record("run", **vars(run))
    terminal.answer(f"library {root.absolute()}")
    terminal.table(("what", "count"), ((name.replace("_", " "), count) for name, count in counts.items()))
    if runs:
        terminal.answer("last runs")
        terminal.table(
            ("started (UTC)", "command", "target", "outcome"),
            ((f"{run.started_at:%Y-%m-%d %H:%M}", run.command, run.target, run.outcome or "cut short") for run in runs),
            kept=("outcome",),
        )
    return 0


def image_fields(image: Image) -> dict[str, object]:
    """An image as `images --json` tells it; the path is absolute."""
    return {
        "id": image.id,
        "sha256": image.sha256,
        "path": image.path,
        "role": image.role,
        "width": image.width,
        "height": image.height,
        "profile": image.profile,
        "post_code": image.post_code,
        "slide": image.slide,
        "taken_at": image.taken_at,
        "caption": image.caption,
        "source_url": image.source_url,
        "is_full_size": image.is_full_size,
    }


def result_fields(result: Result) -> dict[str, object]:
    """A result as `results --json` tells it; the path is absolute."""
    record = result.record
    return {
        "id": result.id,
        "content_id": result.content_id,
        "style_id": result.style_id,
        "recipe": record.recipe,
        "size": record.size,
        "steps": record.steps,
        "seed": record.seed,
        "status": record.status,
        "path": result.path,
        "content_loss": record.content_loss,
        "style_loss": record.style_loss,
        "total_loss": record.total_loss,
        "seconds": record.seconds,
        "reason": record.reason,
        "mix": record.details.get("mix"),
    }


def image_source(image: Image) -> str:
    """Where an image came from, in a few characters."""
    return image.source


def _day(image: Image) -> str:
    return "" if image.taken_at is None else f"{image.taken_at:%Y-%m-%d}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
