"""Ours beside the peers: the `pastiche` command and a plain loop, on a matrix of photographs and paintings.

    python -m benchmarks.peers [--contents A.png B.png] [--styles C.jpg D.jpg] [--sizes 256,384] [-o FOLDER]

`pastiche` runs once a pair as its users run it, `stylegram stylize --all` once for the whole matrix; both timed from
the start of the process to its end. All get the images at the size already: every tool resizes otherwise, and what is
left of a painting's grain decides where a loss can end. Their sides are multiples of 16, cut from the middle, where all
tools mean the same loss; `--own-shapes` leaves them as they are. `benchmarks.judge` says how good a saved picture is:
the published formula on the picture as it is, as a share of that of the content itself, in code that is none of ours.

The plain loop of `benchmarks.plain`, a process for each pair, minimises the same loss with a penalty for its bounds.
What is told is when its saved picture was as good as ours, from the start of the process. `benchmarks.rates` has the
parts.

Writes peers.json and peers.md. The processes run one after the other; let the machine be idle.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import processes
from benchmarks.judge import Judge, read
from benchmarks.rates import rates
from db.imaging.pictures import open_picture
from demo import photographs
from demo.accounts import Picture
from demo.paintings import PAINTINGS
from stylizer.pictures.encode import encode
from stylizer.pictures.load import load_scales
from stylizer.recipe.formats import Format
from stylizer.recipe.presets import GATYS
from stylizer.recipe.quality import Quality, at_quality
from stylizer.recipe.size import Size

ROOT = Path(__file__).parents[1]
MULTIPLE = 16       # of the sides: four poolings


@dataclass(frozen=True)
class Run:
    """One process, or several of one peer: what they took, and the losses of what they saved as shares of the start."""

    who: str
    size: int
    seconds: float
    peak_mb: float
    shares: dict[str, float]


@dataclass(frozen=True)
class Match:
    """When the plain loop's picture was as good as one of ours; with `done` False it was not by then."""

    who: str
    size: int
    pair: str
    done: bool
    seconds: float
    evaluations: int


def share(content: Path, style: Path, picture: Path) -> float:
    """The loss of a saved picture over that of the content, by the judge."""
    return Judge(read(content), read(style)).share(read(picture))


def main() -> None:
    """Run all, one after the other, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contents", type=Path, nargs="+", help="by default two photographs of scikit-image")
    parser.add_argument("--styles", type=Path, nargs="+", help="by default two of the demo's painted ones")
    parser.add_argument("--sizes", default="256,384")
    parser.add_argument("--own-shapes", action="store_true", help="also sides that are no multiples of 16")
    parser.add_argument("--steps", type=int, default=500, help="of pastiche")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--qualities", default=",".join(Quality))
    parser.add_argument("--plain", type=int, default=300, help="evaluations of the plain loop at most; 0 for none")
    parser.add_argument("-o", "--output", type=Path, default=Path("build/bench"))
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)
    given_contents, given_styles = images(asked.contents, asked.styles, asked.output)
    qualities = [Quality(word) for word in asked.qualities.split(",")]
    found: dict[str, list[Any]] = {"runs": [], "matches": [], "rates": []}

    def keep(kind: str, value: dict[str, Any]) -> None:
        found[kind].append(value)
        print(json.dumps({"type": kind, **value}), flush=True)
        (asked.output / "peers.json").write_text(
            json.dumps({"machine": machine(), "steps": asked.steps, **found}, indent=1))

    runs: list[Run] = []
    matches: list[Match] = []
    for size in map(int, asked.sizes.split(",")):
        multiple = 1 if asked.own_shapes else MULTIPLE
        contents, styles = (sized(paths, size, asked.output, multiple) for paths in (given_contents, given_styles))
        for _ in range(asked.repeats):
            keep("rates", rates(contents[0], styles[0]))
            for run in _runs(contents, styles, size, asked.steps, qualities):
                runs.append(run)
                keep("runs", asdict(run))
        for match in _matches(contents, styles, runs, size, asked.plain):
            matches.append(match)
            keep("matches", asdict(match))
    tables = f"{table(runs)}\n{plain_table(runs, matches)}" if matches else table(runs)
    (asked.output / "peers.md").write_text(tables)
    print(tables)


def images(
    contents: Sequence[Path] | None, styles: Sequence[Path] | None, folder: Path
) -> tuple[list[Path], list[Path]]:
    """The contents and styles that were named, or two photographs and two of the demo's paintings, drawn here."""
    own = {"coffee": photographs.COFFEE, "chelsea": photographs.CHELSEA}
    contents = contents or drawn(own, folder)
    styles = styles or drawn({"a": PAINTINGS[0].picture, "b": PAINTINGS[1].picture}, folder)
    return [path.absolute() for path in contents], [path.absolute() for path in styles]


def drawn(pictures: dict[str, Picture], folder: Path) -> list[Path]:
    """The pictures as files."""
    paths = [folder / f"{name}.png" for name in pictures]
    for path, picture in zip(paths, pictures.values(), strict=True):
        picture.draw().save(path)
    return paths


def sized(paths: Sequence[Path], size: int, folder: Path, multiple: int = MULTIPLE) -> list[Path]:
    """The images with this longest side, cut from the middle so that both sides are such multiples."""
    targets = [(folder / str(size) / f"{path.stem}.png").absolute() for path in paths]
    for path, target in zip(paths, targets, strict=True):
        target.parent.mkdir(exist_ok=True)
        with open_picture(path) as picture:
            pixels = load_scales(picture, Size(size), (1.0,))[0][0]
        for axis in (1, 2):
            left = pixels.shape[axis] % multiple
            pixels = pixels.narrow(axis, left // 2, pixels.shape[axis] - left)
        target.write_bytes(encode(pixels, Format.PNG, quality=0))
    return targets


def _runs(
    contents: Sequence[Path], styles: Sequence[Path], size: int, steps: int, qualities: Sequence[Quality],
) -> Iterator[Run]:
    with tempfile.TemporaryDirectory() as folder:
        for quality in qualities:
            yield _ours(contents, styles, size, quality, Path(folder) / quality)
        yield _pastiche(contents, styles, size, steps, Path(folder))


def _ours(contents: Sequence[Path], styles: Sequence[Path], size: int, quality: Quality, library: Path) -> Run:
    made, saved = ours(contents, styles, size, quality, library)
    shares = {name_of(*pair): share(*pair, picture) for pair, picture in saved.items()}
    return Run(f"stylegram {quality}", size, made.seconds, made.peak_mb, shares)


def ours(
    contents: Sequence[Path], styles: Sequence[Path], size: int, quality: Quality, library: Path,
    recipe: str = GATYS.name, steps: int | None = None,
) -> tuple[processes.Ended, dict[tuple[Path, Path], Path]]:
    """What a wall in a new library took, as a process, and its saved pictures by content and style."""
    command = [sys.executable, str(ROOT / "cli.py"), "--library", str(library), "-q"]
    for role, paths in (("content", contents), ("style", styles)):
        for path in paths:      # one by one, so that their ids are known
            processes.run([*command, "add", str(path), "--role", role])
    made = processes.run([
        *command, "stylize", "--all", "--recipe", recipe, "--size", str(size), "--quality", quality,
        *(["--steps", str(steps)] if steps else [])])
    lines = processes.run([*command, "results", "--json"]).out
    images = [*contents, *styles]
    results = [line for line in map(json.loads, lines.splitlines()) if line["type"] == "result"]
    return made, {
        (images[line["content_id"] - 1], images[line["style_id"] - 1]): Path(line["path"]) for line in results}


def _pastiche(contents: Sequence[Path], styles: Sequence[Path], size: int, steps: int, folder: Path) -> Run:
    total_s = peak_mb = 0.0
    shares = {}
    for content in contents:
        for style in styles:
            saved = folder / f"{name_of(content, style)}.png"
            made = processes.run_peer([
                sys.executable, "-m", "pastiche", "--no-verbose", "--content", str(content), "--styles", str(style),
                "--size", str(size), "--style-size", str(size), "--num-steps", str(steps), "--output", str(saved)])
            total_s, peak_mb = total_s + made.seconds, max(peak_mb, made.peak_mb)
            shares[name_of(content, style)] = share(content, style, saved)
    return Run(f"pastiche, {steps} steps", size, total_s, peak_mb, shares)


def _matches(
    contents: Sequence[Path], styles: Sequence[Path], runs: Sequence[Run], size: int, steps: int
) -> Iterator[Match]:
    """The plain loop on every pair, until its picture is as good as the best of ours or it has had its evaluations."""
    own = [run for run in runs if run.size == size and run.who.startswith("stylegram")]
    for content in contents if steps else ():
        for style in styles:
            name = name_of(content, style)
            wanted = {run.who: run.shares[name] for run in own}
            lines = processes.run_peer([
                sys.executable, "-m", "benchmarks.plain", str(content), str(style), "--steps", str(steps),
                "--wanted", ",".join(map(str, wanted.values())), "--began", str(time.monotonic())]).out
            reached = {line["share"]: line for line in map(json.loads, lines.splitlines())}
            for who, share in wanted.items():
                line = reached[share]
                yield Match(who, size, name, line["done"], line["seconds"], line["evaluations"])


def table(runs: Sequence[Run]) -> str:
    """The figures as Markdown: for each size everyone's time and losses beside those of pastiche."""
    lines = ["| size | tool | seconds, all pairs | times as fast as pastiche | loss, share of the start | "
             "of pastiche's loss, worst pair | peak MB |", "|---|---|---|---|---|---|---|"]
    for size in sorted({run.size for run in runs}):
        at_size = [run for run in runs if run.size == size]
        peers = [run for run in at_size if run.who.startswith("pastiche")]
        peer_s = statistics.median(run.seconds for run in peers)
        for who in dict.fromkeys(run.who for run in at_size):
            own = [run for run in at_size if run.who == who]
            seconds = [run.seconds for run in own]
            worst = max(own[0].shares[pair] / peers[0].shares[pair] for pair in own[0].shares)
            low, high = min(own[0].shares.values()), max(own[0].shares.values())
            spread = f" ({min(seconds):.0f} to {max(seconds):.0f})" if len(own) > 1 else ""
            middle = statistics.median(seconds)
            lines.append(
                f"| {size} | {who} | {middle:.0f}{spread} | {peer_s / middle:.1f} | "
                f"{low:.2%} to {high:.2%} | {worst:.2f} | {max(run.peak_mb for run in own):.0f} |")
    return "\n".join(lines) + "\n"


def plain_table(runs: Sequence[Run], matches: Sequence[Match]) -> str:
    """How long the plain loop needs for pictures as good as ours, all pairs, beside our whole process."""
    lines = ["| size | as good as | plain loop, seconds, all pairs | evaluations | ours, seconds | times as fast |",
             "|---|---|---|---|---|---|"]
    for size, who in dict.fromkeys((match.size, match.who) for match in matches):
        own = [match for match in matches if (match.size, match.who) == (size, who)]
        ours_s = statistics.median(run.seconds for run in runs if (run.size, run.who) == (size, who))
        plain_s, counts = sum(match.seconds for match in own), [match.evaluations for match in own]
        more = "" if all(match.done for match in own) else "more than "
        lines.append(f"| {size} | {who} | {more}{plain_s:.0f} | {min(counts)} to {max(counts)} | {ours_s:.0f} | "
                     f"{more}{plain_s / ours_s:.1f} |")
    return "\n".join(lines) + "\n"


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")] if Path("/proc/cpuinfo").exists() else [platform.processor()]
    steps = {quality: recipe.shares for quality in Quality
             for recipe in [at_quality(GATYS, quality, 256)]}
    return {
        "cpu": names[0], "cores": os.cpu_count(), "threads": torch.get_num_threads(),
        "capability": torch.backends.cpu.get_cpu_capability(), "python": platform.python_version(),
        "torch": torch.__version__, "evaluations at 256 px": steps,
    }


def name_of(content: Path, style: Path) -> str:
    """What a pair is called in the tables."""
    return f"{content.stem} x {style.stem}"


if __name__ == "__main__":
    main()
