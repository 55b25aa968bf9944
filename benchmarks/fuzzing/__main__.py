"""Fuzzing of everything that reads what others wrote: `python -m benchmarks.fuzzing [TARGET ...] [--seconds 60]`.

Needs `pip install atheris` (libFuzzer for Python), which nothing else of the project does. Each target runs in a
process of its own, for so many seconds, from honest inputs on; what it has come upon is kept in `--corpus` and gone on
from. An input that ends a target is kept in `build/fuzzing/findings`, and the target begun again; the exit code is 1
then. Such an input belongs in `tests/fuzzing/cases`, which every run of the tests reads.

    python -m benchmarks.fuzzing recipes --seconds 600
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzzing.targets import TARGETS
from benchmarks.fuzzing.targets.target import Target

_PLACE = Path("build/fuzzing")
_LONGEST_RUN_S, _MOST_MIB = 120, 2_500     # by the clock on the wall, on a machine that is busy
_MOST_RESTARTS = 20
_TOLD = re.compile(r"^#(\d+)\t.*cov: (\d+) ft: \d+ corp: (\d+)", re.MULTILINE)


@dataclass
class Figures:
    """What one target's run has come to."""

    cpu_s: float = 0.0
    executions: int = 0
    branches: int = 0
    corpus: int = 0
    findings: list[str] = field(default_factory=list)


def main() -> int:
    """Runs the targets, prints the table; 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all without")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each target, by the clock on the wall (60)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at the same time (1)")
    parser.add_argument("--corpus", type=Path, default=_PLACE / "corpus")
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}: there is {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        print("this needs atheris: pip install atheris", file=sys.stderr)
        return 78
    names = asked.targets or list(TARGETS)
    with ThreadPoolExecutor(asked.jobs) as pool:
        runs = pool.map(lambda name: fuzzed(TARGETS[name], asked.seconds, asked.corpus), names)
        told = dict(zip(names, runs, strict=True))
    print("| target | CPU seconds | executions | branches | corpus | findings |\n|---|---|---|---|---|---|")
    for name, of_it in told.items():
        print(f"| {name} | {of_it.cpu_s:.0f} | {of_it.executions:,} | {of_it.branches:,} | {of_it.corpus:,} "
              f"| {len(of_it.findings)} |")
    for name, of_it in told.items():
        for finding in of_it.findings:
            print(f"{name}: {finding}")
    return int(any(of_it.findings for of_it in told.values()))


def fuzzed(target: Target, seconds: float, corpora: Path) -> Figures:
    """One target for so long; begun again after a finding."""
    corpus, found_at = corpora / target.name, _PLACE / "findings" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    found_at.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    dictionary = _PLACE / f"{target.name}.dict"
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words or (target.name.encode(),)))
    figures, until = Figures(), time.monotonic() + seconds
    for _ in range(_MOST_RESTARTS):
        left_s = int(until - time.monotonic())
        if left_s < 1:
            break
        _run(target, [
            f"-max_total_time={left_s}", f"-timeout={_LONGEST_RUN_S}", f"-rss_limit_mb={_MOST_MIB}",
            f"-max_len={target.longest_bytes}", f"-artifact_prefix={found_at}/", f"-dict={dictionary}", str(corpus),
        ], figures)
    return figures


def _run(target: Target, options: list[str], figures: Figures) -> None:
    """One run of libFuzzer: what it tells, and what ended it if that was not the time."""
    command = [sys.executable, "-m", "benchmarks.fuzzing.worker", target.name, *options]
    with (_PLACE / f"{target.name}.log").open("w+", errors="replace") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        file.seek(0)
        log = file.read()
    figures.cpu_s += usage.ru_utime + usage.ru_stime
    told = [[int(number) for number in found.groups()] for found in _TOLD.finditer(log)]
    if told:
        figures.executions += told[-1][0]
        figures.branches, figures.corpus = max(figures.branches, told[-1][1]), told[-1][2]
    if status != 0:
        kept = re.search(r"Test unit written to (\S+)", log)
        raised = re.search(r"Uncaught Python exception: ===\n(.*)", log) or re.search(r"ERROR: (.*)", log)
        said = raised[1] if raised else log[-300:]
        figures.findings.append(f"{said[:300]} ({kept[1] if kept else 'no input kept'})")


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    sys.exit(main())
