"""The command line in a process that kills itself at one moment: `python -m tests.cli.dying MOMENT TIME ARGUMENT...`.

The program has no switch for this. One method of it is wrapped here, in this process alone: the TIMEth call of it
does its work, and before its caller learns of that the process is gone, as by kill -9.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import cli
from db.posts import Posts
from db.store import FileStore
from scraper.page import Tab

MOMENTS: dict[str, tuple[type, str]] = {
    "page read": (Tab, "open"),
    "renamed": (FileStore, "commit"),
    "row written": (Posts, "slide_saved"),
}


def die_after(moment: str, time: int) -> None:
    """Let the process die when the moment has come for the `time`th time."""
    owner, name = MOMENTS[moment]
    work: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    def work_and_die(*arguments: Any, **options: Any) -> Any:
        result = work(*arguments, **options)
        if next(calls) == time:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, work_and_die)


if __name__ == "__main__":
    die_after(sys.argv[1], int(sys.argv[2]))
    sys.exit(cli.run(sys.argv[3:]))
