"""The stylegram command line, begun: Ctrl-C is taken over first, for loading the program takes a moment.

Exit codes: 0 done · 1 a bug · 2 usage · 3 finished, some items failed · 69 not there · 74 disk full or
read-only · 75 try later · 76 the page is no longer understood · 78 configuration · 130 / 143 interrupted ·
141 whoever read the answer has gone.
"""

import gc
import sys

import stylegram_start  # noqa: F401 - before any other of ours: from here on they are found beside this file

# isort: split
from console.interrupts import interrupts


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors are one line on stderr."""
    try:
        from console import program
    except KeyboardInterrupt:
        return interrupts.exit_code or 130
    return program.run(arguments)


def main() -> None:
    """The console script."""
    interrupts.install()
    try:
        from console.streams import take_over

        take_over(interrupts)
        code = run(sys.argv[1:])
        interrupts.leave()
    except KeyboardInterrupt:   # in the moment between the last line and here
        code = interrupts.exit_code or 130
        interrupts.leave()
    gc.freeze()     # on the way out nobody needs the cycles among PyTorch's objects found: half a second
    sys.exit(code)


if __name__ == "__main__":
    main()
