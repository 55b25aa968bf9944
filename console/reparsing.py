"""The command `reparse`: read the samples of pages that were not understood again, after an update."""

from pathlib import Path

from console.terminal import Terminal
from db.library import open_library
from scraper.errors import PageChanged
from scraper.reparse import reparse


def run_reparse(terminal: Terminal, root: Path) -> int:
    """Read each sample again; 76 if one of them is still not understood."""
    understood = others = 0
    with open_library(root, create=False) as library:
        for reread in reparse(library):
            terminal.record(
                "reparse",
                what=reread.subject.kind,
                name=reread.subject.name,
                kept_at=reread.kept_at,
                understood=reread.understood,
                posts_seen=reread.posts_seen,
                posts_new=reread.posts_new,
                message=reread.message,
            )
            line = f"{reread.subject} ({reread.kept_at}): {reread.message}"
            if reread.understood:
                understood += 1
                terminal.answer(line)
            else:
                others += 1
                terminal.error(line)
    if not understood + others:
        terminal.answer("no samples are kept: every page so far was understood")
    return PageChanged.exit_code if others else 0
