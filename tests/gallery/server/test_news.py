"""What is watched is looked at, and not read again and again."""

import io
import sys
import time
from pathlib import Path

import pytest

from db.library import open_library
from gallery.server.news import Work

DONE = (sys.executable, "-c", "print('{\"type\": \"summary\", \"exit_code\": 0}')")


def test_where_nothing_goes_on_and_nothing_changes_no_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_library(tmp_path) as library:
        library.errands.begin([], "an export", DONE)
        library.jobs.add([], "a batch")
        with library.live.tell("gatys", 1, [(1, 2)].__getitem__):
            pass
        work = Work(library, DONE)
        assert work.other_run() is not None
        assert work.has_other_jobs()
        until = time.monotonic() + 20
        while not all(job.is_over for job in (*library.jobs.all(), *library.errands.all())):
            assert time.monotonic() < until
            work.has_other_jobs()
        work.has_other_jobs()
        with monkeypatch.context() as patched:
            patched.setattr(io, "open", lambda *_, **__: pytest.fail("a file was opened"))
            assert work.other_run() is None
            assert not work.has_other_jobs()
        library.jobs.resume(1)
        assert work.has_other_jobs()
        with library.live.tell("again", 1, [(1, 2)].__getitem__):
            run = work.other_run()
            assert run is not None
            assert run.goes_on
        run = work.other_run()
        assert run is not None
        assert not run.goes_on
        assert work.other_run() is None
