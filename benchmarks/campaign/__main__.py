"""Faults by the hundred, done to real commands on small libraries: what survived, what was lost.

    python -m benchmarks.campaign [--kinds KIND,...] [--subjects SUBJECT,...] [--trials N] [--minutes M] [--seed S]
                                  [-o FOLDER]

A kind is named by the beginning of its name, or by any part of it. Each trial is noted in FOLDER/outcomes.jsonl when it
is over; the same command again leaves out what is noted there, and one after Ctrl-C or `--minutes` goes on. At the end
FOLDER/table.md has a row for each kind, and the exit code is 1 if anything was lost: what a trial that lost
something left behind is kept in FOLDER/lost. To try what was lost once more, delete its lines.
"""

import argparse
import shutil
import sys
import time
import traceback
from pathlib import Path
from random import Random

from filelock import FileLock, Timeout

from benchmarks.campaign.kinds import KINDS
from benchmarks.campaign.record import Outcome, Record, table
from benchmarks.campaign.trials import Plan, Trial
from db.exit_codes import ExitCode


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default="", metavar="KIND,...", help=f"of {', '.join(KINDS)}; all of them")
    parser.add_argument("--subjects", default="", metavar="SUBJECT,...", help="such as add; all of them")
    parser.add_argument("--trials", type=int, metavar="N", help="of each kind whose number is a matter of taste")
    parser.add_argument("--minutes", type=float, default=float("inf"), metavar="M")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("-o", "--out", type=Path, default=Path("build/campaign"), metavar="FOLDER")
    asked = parser.parse_args(arguments)
    words = [word for word in asked.kinds.split(",") if word]
    if unknown := [word for word in words if not any(word in kind for kind in KINDS)]:
        parser.error(f"no kind {', '.join(unknown)}: there is {', '.join(KINDS)}")
    wanted = [kind for kind in KINDS if not words or any(word in kind for word in words)]
    subjects = frozenset(word for word in asked.subjects.split(",") if word)
    out = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + asked.minutes * 60
    lock = FileLock(out / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        parser.exit(ExitCode.TRY_LATER, f"another campaign is at work in {out}\n")
    record = Record(out / "outcomes.jsonl")
    try:
        for kind in wanted:
            chance = Random(f"{asked.seed} {kind}")
            plan = Plan(fresh(out / "prepared"), out / "here", chance, asked.trials, subjects)
            run_kind(kind, plan, record, deadline)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command again goes on", file=sys.stderr)
    finally:
        lock.release()
    told = table(record.outcomes.values(), KINDS)
    (out / "table.md").write_text(told, encoding="utf-8")
    print(told, end="")
    return int(any(outcome.lost for outcome in record.outcomes.values()))


def run_kind(kind: str, plan: Plan, record: Record, deadline: float) -> None:
    """Every trial of a kind that is not noted yet, as long as there is time."""
    for number, trial in enumerate(KINDS[kind](plan), start=1):
        if (kind, trial.subject, trial.name) in record.outcomes or not plan.wants(trial.subject):
            continue
        if time.monotonic() > deadline:
            print(f"{kind}: no time for the rest; the same command again goes on", file=sys.stderr)
            return
        outcome = run_trial(kind, trial, plan.here)
        record.note(outcome)
        if sys.stderr.isatty():
            print(f"\r{kind}: {number} {trial.subject}, {trial.name}\033[K", end="", file=sys.stderr, flush=True)
        if outcome.lost:
            print(f"\n{kind}: {trial.subject}, {trial.name}: lost\n  " + "\n  ".join(outcome.lost), file=sys.stderr)
    print(f"\r{kind}: done\033[K" if sys.stderr.isatty() else f"{kind}: done", file=sys.stderr)


def run_trial(kind: str, trial: Trial, here: Path) -> Outcome:
    """One trial in a folder that is always at the same place; it is kept if anything was lost."""
    fresh(here)
    began = time.monotonic()
    try:
        lost = trial.run(here)
    except Exception:   # noqa: BLE001 - a trial that cannot be done proves nothing, and the others go on
        lost = [traceback.format_exc()]
    seconds = time.monotonic() - began
    if lost:
        kept = fresh(here.parent / "lost" / f"{kind}, {trial.subject}, {trial.name}".replace("/", "-"))
        here.rename(kept)
    return Outcome(kind, trial.subject, trial.name, tuple(lost), round(seconds, 3))


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
