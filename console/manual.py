"""docs/commands.md, written from the help texts of the program itself (`make manual`)."""

import os
import re
import subprocess
import sys
from pathlib import Path

from db.exit_codes import table

HEAD = """# The command line

`stylegram` and `python cli.py` are the same program. This page is written by `make manual` from its help texts.

The answer is on stdout, everything else on stderr. With `--json` every line of stdout is one object with a
`type`; the last is `{"type": "summary", "exit_code": N}`. Paths in them are absolute, times are UTC. The global
options may stand anywhere on the line, and `--content` and `--style` take several ids: `--content 1 2 --style 7`.

{exit_codes}

Your shell completes commands, options and their values after `stylegram --install-completion`, called in bash, zsh or
fish, or by a line in the file that your shell reads at its start:

```console
eval "$(_STYLEGRAM_COMPLETE=source_bash stylegram)"     # bash; in zsh, after compinit, source_zsh
_STYLEGRAM_COMPLETE=source_fish stylegram | source      # fish
```
"""


def manual() -> str:
    """The page as Markdown."""
    overview = _help()
    parts = [HEAD.replace("{exit_codes}", table()), _block("stylegram --help", overview)]
    parts += [f"## {name}\n\n" + _block(f"stylegram {name} --help", _help(name)) for name in _names(overview)]
    return "\n".join(parts)


def _names(overview: str) -> list[str]:
    """The commands, in the order of the overview: the words that its list is indented by."""
    listed = overview.partition("Commands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines() if re.match(r"  \S", line)]


def _help(*command: str) -> str:
    cli = Path(__file__).parents[1] / "cli.py"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("STYLEGRAM_")}
    done = subprocess.run(
        [sys.executable, cli, *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=plain | {"COLUMNS": "100", "TERMINAL_WIDTH": "100"},
    )
    return done.stdout.rstrip()


def _block(command: str, text: str) -> str:
    return f"```console\n$ {command}\n{text}\n```\n"


if __name__ == "__main__":
    print(manual(), end="")     # noqa: T201 - its output is the page
