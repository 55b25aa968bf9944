"""What a report tells of: results with what was found of them, by the settings that they were made with.

Pure values. Invariant: what was found is told as it was found; nothing is computed from a picture here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from db.records import Image, Result
from gallery.curves import Curve
from gallery.drawing import name_of
from gallery.fonts import drawable
from gallery.labels import label, plain
from gallery.settings import Setting, Words, fields_of, told_apart

# The measures in the order of the docs, by their names here and in a table.
MEASURES = {
    "score": "score", "effectiveness": "E", "coherence": "C", "strength": "strength", "palette": "palette",
    "lattice": "lattice", "border": "border", "clipped": "clipped", "content_loss": "content", "style_loss": "style",
    "cf": "CF", "ge": "GE", "lp": "LP", "cfsd": "CFSD", "ssim": "SSIM", "tv_ratio": "TV ratio",
}


# Those that are taken when a picture is made, and kept with the result.
MEASURES_AT_ONCE = tuple(MEASURES)[:8]


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
    def drawn_name(self) -> str:
        """Content and style in two lines, as they can be drawn."""
        return f"{name_of(self.content)}\nx {drawable(self.style_name, f'image {self.style.id}')}"

    @property
    def losses(self) -> tuple[float, ...]:
        """Of each evaluation."""
        return tuple(self.result.record.details.get("trace") or ())

    def curve(self, name: str = "") -> Curve:
        """Its losses, under this name."""
        return Curve(name, self.losses, self.by_scale or (len(self.losses),))


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
    """Batches in the order of their first results, and what measured them (None: no network was used).

    `defaults` are the fields of a recipe that a result does not say where they are as ever.
    """

    batches: tuple[Batch, ...]
    made_at: str
    version: str
    measured_with: str | None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> tuple[Words, ...]:
        """What each batch is called: no two are called the same."""
        return told_apart([
            Setting(batch.title, batch.recipe_hash, fields_of(batch.details, self.defaults)) for batch in self.batches
        ])


def group(entries: Iterable[Entry]) -> tuple[Batch, ...]:
    """The entries by their recipe hash."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.result.record.key.recipe_hash, []).append(entry)
    return tuple(Batch(tuple(of_one)) for of_one in found.values())
