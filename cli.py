"""The stylegram command line, begun: Ctrl-C is taken over first, for loading the program takes a moment.

How it ends, as a number: `db/exit_codes.py`.
"""

import gc
import sys

import stylegram_start  # noqa: F401 - before any other of ours: from here on they are found beside this file

# isort: split
from db.signals import interrupts


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
