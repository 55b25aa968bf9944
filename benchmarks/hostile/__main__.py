"""Hostile images and pages, through the real program: `python -m benchmarks.hostile images|pages [--seed 1]`.

Images go to `add`, each alone in a process (a fork, which begins at once); pages to visits in a real Chromium. Each is
taken or refused, within bounds of memory and time, and `check` is clean after it; what is not so is told, and the exit
code is 1.
"""

import argparse
import resource
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.hostile.images import hostile_images
from benchmarks.hostile.pages import hostile_pages
from benchmarks.hostile.taking import take
from benchmarks.hostile.visiting import visits


def main() -> int:
    """Runs what is asked for; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("images", "pages"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="those in whose name this stands")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each")
    asked = parser.parse_args()
    return (images if asked.what == "images" else pages)(asked.seed, asked.only, verbose=asked.verbose)


def images(seed: int, only: str, *, verbose: bool) -> int:
    """All hostile images."""
    counts, longest_s, peak, wrong = Counter[str](), 0.0, 0, 0
    for name, data in hostile_images(seed):
        if only not in name:
            continue
        folder = Path(tempfile.mkdtemp(prefix="hostile-"))      # a TemporaryDirectory would go with a fork
        taken = take(folder, name, data)
        shutil.rmtree(folder)
        counts[taken.status] += 1
        longest_s, peak = max(longest_s, taken.seconds), max(peak, taken.peak_bytes)
        wrong += bool(taken.wrong)
        if verbose or taken.wrong:
            problems = f" WRONG: {'; '.join(taken.wrong)}" if taken.wrong else ""
            print(f"{name}: {taken.status} {taken.reason} ({taken.seconds:.1f} s, {taken.peak_bytes >> 20} MiB)"
                  f"{problems}", flush=True)
    print(f"{counts.total()} images: {counts['added']} taken, {counts['failed']} refused, {wrong} wrong; "
          f"the longest {longest_s:.1f} s, the most memory {peak >> 20} MiB")
    return int(bool(wrong))


def pages(seed: int, only: str, *, verbose: bool) -> int:
    """All hostile pages, one library and one browser for all of them."""
    chosen = [page for page in hostile_pages(seed) if only in page.name]
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        visited = list(visits(Path(folder), chosen, print if verbose else lambda _: None))
    wrong = [visit for visit in visited if visit.wrong]
    for visit in wrong:
        print(f"{visit.name}: WRONG: {'; '.join(visit.wrong)}")
    endings = ", ".join(f"{count} {reason}" for reason, count in Counter(each.reason for each in visited).most_common())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{len(visited)} pages: {endings}; {len(wrong)} wrong; the longest "
          f"{max(each.seconds for each in visited):.1f} s, the most memory without Chromium {peak} MiB")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
