"""A call by which a command touches its folder goes wrong: it ends in order, and the same command again heals all.

A call of each sort for each command here; all of them, and more commands, in `python -m benchmarks.campaign`.
"""

import errno
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pytest

from benchmarks.campaign.calls import Fault, disturbed, kill, no_room, once
from benchmarks.campaign.commands import Command
from benchmarks.campaign.healing import Ground
from benchmarks.campaign.scenarios import SCENARIOS
from benchmarks.campaign.system_calls import GROWING, IN_PART, READS, WRITES, Call, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="calls are answered through seccomp, which is Linux's")
Grounds = Callable[[str], Ground]
_SPARE = 2      # calls that a run may make fewer than another


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    """Each command that is asked for, with its folder as it begins."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "starts").mkdir()
    return lambda name: Ground(SCENARIOS[name], folder / "starts", folder / "here")


def calls_of(ground: Ground, *, reads: bool = False) -> list[Call]:
    seen: list[Call] = []
    ground.lay()
    assert watched(ground.begin, ground.here, lambda _, call: seen.append(call), reads=reads).code == 0
    return seen


def one_of_each(calls: list[Call]) -> Iterator[tuple[int, Call]]:
    """A late call of each name, which comes after most of the work; of none the very last ones, for not every run makes
    as many."""
    last = {call.name: number for number, call in enumerate(calls[:-_SPARE], start=1)}
    for number in last.values():
        yield number, calls[number - 1]


def lost(ground: Ground, number: int, fault: Fault, *, reads: bool = False) -> list[str]:
    return disturbed(ground, number, fault, ground.here, reads=reads)


@pytest.mark.parametrize("command", ["export", "migration"])
def test_a_call_that_fails_is_healed_by_the_same_command(command: str, grounds: Grounds) -> None:
    ground = grounds(command)
    tried = [*one_of_each(calls_of(ground))]
    assert {call.name for _, call in tried} > {"openat", "mkdir", "unlink", "rename", "fsync", "pwrite64"}
    for number, call in tried:
        assert lost(ground, number, once((errno.ENOSPC, errno.EIO)[number % 2])) == [], f"{number} {call}"


def test_a_write_that_is_done_in_part_is_gone_on_with(grounds: Grounds) -> None:
    ground = grounds("export")
    writes = {call: number for number, call in enumerate(calls_of(ground), start=1) if call.name in WRITES}
    assert {PurePath(call.path).suffix for call in writes} > {".part", ".json", ".png"}
    for call, number in writes.items():
        assert lost(ground, number, once(IN_PART)) == [], f"{number} {call}"


@pytest.mark.parametrize("command", ["forget", "check --repair"])
def test_a_disk_that_is_full_from_a_call_on_is_healed_once_there_is_room(command: str, grounds: Grounds) -> None:
    ground = grounds(command)
    tried = [(number, call) for number, call in enumerate(calls_of(ground), start=1) if call.name in GROWING]
    assert tried
    for number, call in tried[::9]:
        assert lost(ground, number, no_room) == [], f"{number} {call}"


def test_a_kill_before_a_call_is_healed_by_the_same_command(grounds: Grounds) -> None:
    ground = grounds("migration")
    for number, call in [*one_of_each(calls_of(ground))][1::2]:
        assert lost(ground, number, kill) == [], f"{number} {call}"


@pytest.mark.parametrize("command", ["export", "restore"])
def test_a_read_that_fails_is_told_and_harms_nothing(command: str, grounds: Grounds) -> None:
    ground = grounds(command)
    tried = [(number, call) for number, call in enumerate(calls_of(ground, reads=True), start=1) if call.name in READS]
    pictures = [(number, call) for number, call in tried if call.path.endswith(".png")]
    assert pictures
    for number, call in (*tried[::12], *pictures[::4]):
        assert lost(ground, number, once(errno.EIO), reads=True) == [], f"{number} {call}"


def test_what_is_lost_is_told(grounds: Grounds) -> None:
    """A campaign that cannot lose anything proves nothing."""
    ground = grounds("export")

    def steal(left: int, command: Command, call: Call) -> None:
        if left == 0:
            next(iter(ground.here.glob("library/files/??/*"))).unlink()

    told = lost(ground, 5, steal)
    assert [line for line in told if line.startswith("check: missing-file")]
    assert [line for line in told if line.startswith("missing in files: ('library/files/")]

    def die(left: int, command: Command, call: Call) -> None:
        if left == 0:
            command.signal(signal.SIGUSR1, group=False)     # of which the runner's own faulthandler says nothing

    assert [line for line in lost(ground, 5, die) if line.startswith("a crash: `export set` ended with -10")]


def test_half_of_a_write_is_done_and_told(tmp_path: Path) -> None:
    said = tmp_path / "said"

    def write() -> None:
        file = said.open("ab", buffering=0)
        sizes = file.write(b"0123456789"), file.write(b"abc")
        said.with_name("sizes").write_text(repr(sizes))

    def answer(command: Command, call: Call) -> int | None:
        return IN_PART if call.name == "write" and call.path == "said" else None

    watched(lambda first: Command(tmp_path, ("--version",), first=lambda: (first(), write())), tmp_path, answer)
    assert said.read_bytes() == b"01234a"
    assert (tmp_path / "sizes").read_text() == "(5, 1)"
