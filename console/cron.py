"""The command `cron`: the lines that make this installation refresh this library every night."""

import os
import shlex
import sys
from pathlib import Path

from console.terminal import Terminal
from db.errors import LibraryUnusable

_SPREAD_MIN, _MOST_MIN = 30, 180
# Settings of the user's shell that a cron job does not have.
_ENVIRONMENT = ("STYLEGRAM_BROWSER",)


def run_cron(terminal: Terminal, root: Path) -> int:
    """Print crontab and systemd lines; nothing is installed. Raises LibraryUnusable where no library can be."""
    if root.exists() and not root.is_dir():
        raise LibraryUnusable(f"{root} is not a folder")
    words = command(Path(os.path.abspath(root)))     # noqa: PTH100 - resolve() would follow the user's links
    settings = {name: os.environ[name] for name in _ENVIRONMENT if os.environ.get(name)}
    log = Path(os.path.abspath(root)) / "refresh.log"       # noqa: PTH100
    line, service, timer = crontab(words, settings, log), systemd_service(words, settings), systemd_timer()
    terminal.record("cron", crontab=line, service=service, timer=timer)
    if not terminal.as_json:
        terminal.answer_block(f"# crontab -e\n{line}\n")
        terminal.answer_block(f"# ~/.config/systemd/user/stylegram.service\n{service}")
        terminal.answer_block(f"# ~/.config/systemd/user/stylegram.timer\n{timer}")
        terminal.answer_block("# systemctl --user daemon-reload && systemctl --user enable --now stylegram.timer")
    return 0


def command(library: Path) -> list[str]:
    """The words of the nightly run, every path absolute."""
    cli = Path(__file__).parents[1] / "cli.py"
    python = os.path.abspath(sys.executable)    # noqa: PTH100 - the interpreter of a virtual environment is a link
    limits = ["--spread", str(_SPREAD_MIN), "--max-minutes", str(_MOST_MIN)]
    return [python, str(cli), "--library", str(library), "--quiet", "refresh", *limits]


def crontab(words: list[str], settings: dict[str, str], log: Path) -> str:
    """One line: what it says goes to a log, so that cron mails nothing but trouble."""
    set_first = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    line = " ".join([*set_first, shlex.join(words), ">>", shlex.quote(str(log))])
    return f"17 3 * * * {line}".replace("%", r"\%")     # cron ends the command at a bare percent sign


def systemd_service(words: list[str], settings: dict[str, str]) -> str:
    """A oneshot unit; "try later" is no failure of it."""
    environment = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in settings.items())
    return (
        "[Unit]\nDescription=stylegram: visit the followed profiles\n\n"
        f"[Service]\nType=oneshot\n{environment}"
        f"ExecStart={' '.join(_quoted(word, command=True) for word in words)}\nSuccessExitStatus=75\n"
    )


def systemd_timer() -> str:
    """Every night, and after a night that the machine slept through."""
    return (
        "[Unit]\nDescription=stylegram every night\n\n"
        "[Timer]\nOnCalendar=*-*-* 03:17:00\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _quoted(word: str, *, command: bool = False) -> str:
    """A word as systemd.syntax(7) wants it; `$` means something in command lines only."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word.replace("$", "$$") if command else word}"'
