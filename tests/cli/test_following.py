"""Following profiles, and the lines for cron, through the command line."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from console import cron
from tests.cli.conftest import CLI, Run


def test_profiles_are_followed_listed_and_unfollowed(here: Run) -> None:
    assert here("follow", "@Ana", "https://www.instagram.com/ben/?hl=en", "--role", "style", "--limit", "9").code == 0
    listed = here("following", "--json").lines
    assert [(line["profile"], line["role"], line["limit"]) for line in listed[:-1]] == [
        ("ana", "style", 9), ("ben", "style", 9),
    ]
    again = here("follow", "ana", "--json").lines
    assert (again[0]["new"], again[0]["limit"]) == (False, None)
    assert here("unfollow", "ana", "--json").lines[0]["followed"] is True
    assert here("unfollow", "ana", "--json").lines[0]["followed"] is False
    assert here("following").out.splitlines()[1:] == ["ben\tstyle\t9\t\t"]


def test_a_post_cannot_be_followed(here: Run) -> None:
    done = here("follow", "https://www.instagram.com/p/DcvZZqTktaH/")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_the_lines_name_this_installation_and_library_by_absolute_paths(run: Run, tmp_path: Path) -> None:
    lines, summary = run("--library", "my lib", "cron", "--json").lines
    assert summary["exit_code"] == 0
    job, _, log = lines["crontab"].removeprefix("17 3 * * * ").partition(" >> ")
    words = shlex.split(job)
    assert words[:2] == [sys.executable, str(CLI)]
    assert words[words.index("--library") + 1] == str(tmp_path / "my lib")
    assert shlex.split(log) == [str(tmp_path / "my lib/refresh.log")]
    assert f'"{tmp_path / "my lib"}"' in lines["service"]
    assert "OnCalendar=" in lines["timer"]
    assert lines["crontab"] in run("--library", "my lib", "cron").out
    (tmp_path / "a file").touch()
    refused = run("--library", str(tmp_path / "a file"), "cron")
    assert (refused.code, refused.out) == (78, "")


@pytest.mark.parametrize("name", ["plain", "with space", "it's", 'a "b"', "50% of $HOME", "back\\slash", "ümlaut"])
def test_the_shell_of_cron_gets_every_path_as_it_is(name: str, tmp_path: Path) -> None:
    line = cron.crontab(["printf", "%s", name], {"SETTING": name}, tmp_path / name)
    job = line.split(maxsplit=5)[5].replace(r"\%", "%")     # what crond does before the shell sees it
    subprocess.run(["/bin/sh", "-c", job.replace("printf", "/usr/bin/printf", 1)], check=True, timeout=20)
    assert (tmp_path / name).read_text() == name


def test_systemd_gets_every_special_character_escaped() -> None:
    service = cron.systemd_service(["/bin/x", 'a "b" 5% $c \\'], {"SETTING": "$5 %"})
    assert 'ExecStart="/bin/x" "a \\"b\\" 5%% $$c \\\\"' in service
    assert 'Environment="SETTING=$5 %%"' in service


def test_without_a_library_there_is_nothing_to_refresh(here: Run) -> None:
    done = here("refresh")
    assert (done.code, done.err.count("\n")) == (78, 1)
    assert "follow" in done.err
