"""How long pictures will take, from how long others took on the machine that made the newest of them.

Invariant: nothing is promised that no earlier picture speaks for; what is told is the range of what was seen.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from db.records import Result, ResultStatus

NEWEST = 60         # so many results are looked at


@dataclass(frozen=True)
class Estimate:
    """Seconds for all of them, at least and at most as the middle of the earlier ones took; how many those are."""

    least_s: float
    most_s: float
    seen: int
    where: str

    def in_words(self) -> str:
        """Such as "6 to 9 min, by 40 pictures made here before"."""
        low, high = duration(self.least_s), duration(self.most_s)
        span = high if low == high else f"{low} to {high}"
        return f"about {span}, going by {self.seen} made before on {self.where}"


def estimate(results: Iterable[Result], recipe: str, work: float, count: int) -> Estimate | None:
    """Of so many pictures with that much work each; None where nothing speaks for it.

    `results` with their details, the newest first.
    """
    known = [(result, rate) for result in results if (rate := _rate(result)) is not None]
    if not known or work <= 0:
        return None
    here = _machine(known[0][0])
    of_machine = [(result, rate) for result, rate in known if _machine(result) == here]
    alike = [rate for result, rate in of_machine if result.record.recipe == recipe]
    rates = alike or [rate for _, rate in of_machine]
    low, high = _middle(rates)
    return Estimate(low * work * count, high * work * count, len(rates), here or "this machine")


def _rate(result: Result) -> float | None:
    """Seconds for one evaluation of a million pixels."""
    record, details = result.record, result.record.details
    if record.status is not ResultStatus.DONE or not record.seconds or details.get("time_budget_s"):
        return None
    scales = (details.get("recipe") or {}).get("scales") or [1.0]
    counts = details.get("evaluations_by_scale") or []
    if len(scales) != len(counts):
        return None
    work = sum(count * (scale * record.size) ** 2 for count, scale in zip(counts, scales, strict=True)) / 1e6
    return record.seconds / work if work > 0 and math.isfinite(record.seconds) else None


def _machine(result: Result) -> str:
    details = result.record.details
    processor = details.get("processor") or {}
    return str(processor.get("name") or details.get("device") or "")


def _middle(rates: Sequence[float]) -> tuple[float, float]:
    """The middle half of them."""
    if len(rates) < 4:
        return min(rates), max(rates)
    low, _, high = quantiles(rates, n=4)
    return low, high


def duration(seconds: float) -> str:
    """In the words of a clock that is not exact."""
    if seconds < 90:
        return f"{max(1, seconds):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
