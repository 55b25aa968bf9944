"""P23, P9: the process that decodes keeps to its limits, and never outlives who started it."""

import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from db.errors import DecoderFailed, PictureRefused
from db.imaging import child, process
from db.imaging.limits import MEBIBYTE, Limits
from db.imaging.process import Decoder
from tests.db.imaging.making import encoded, png

ROOT = Path(__file__).parents[3]


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    own = Decoder()
    yield own
    own.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded("JPEG"))
    return path


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A BMP that takes seconds."""
    side, path = 3_000, tmp_path / "slow.bmp"
    runs = (b"\1\7" * side + bytes(2)) * side       # of one pixel each, which are read by Python, two million a second
    header = b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078)
    header += struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(runs), 0, 0, 256, 0) + bytes(1024)
    path.write_bytes(header + runs)
    return path


def pid_of(decoder: Decoder) -> int:
    assert decoder._process is not None
    return decoder._process.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return state[:1] not in ("Z", "")       # one that has ended and is waited for by nobody is gone


def gone(pid: int, within_s: float = 10) -> bool:
    until = time.monotonic() + within_s
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


def test_one_process_decodes_image_after_image(decoder: Decoder, photo: Path, tmp_path: Path) -> None:
    first = decoder.ask(photo, Limits(), pixels=True)
    pid = pid_of(decoder)
    assert first.picture is not None
    with Image.open(photo) as expected:
        assert first.picture.tobytes() == expected.tobytes()
    (tmp_path / "none.png").write_bytes(b"<html>")
    with pytest.raises(PictureRefused, match="web page"):
        decoder.ask(tmp_path / "none.png", Limits(), pixels=True)
    assert decoder.ask(photo, Limits(), pixels=False).picture is None
    assert pid_of(decoder) == pid != os.getpid()


def test_a_large_picture_comes_in_pieces_and_is_the_same(decoder: Decoder, tmp_path: Path) -> None:
    whole = Image.linear_gradient("L").resize((2_400, 5_001)).convert("RGB")
    whole.save(tmp_path / "large.bmp")
    answer = decoder.ask(tmp_path / "large.bmp", Limits(), pixels=True)
    assert answer.picture is not None
    assert answer.picture.tobytes() == whole.tobytes()


def test_an_image_that_takes_too_long_ends_its_process_and_not_the_next_image(
    decoder: Decoder, photo: Path, slow: Path
) -> None:
    decoder.ask(photo, Limits(), pixels=False)
    pid = pid_of(decoder)
    with pytest.raises(PictureRefused, match=r"takes more than 0\.2 s"):
        decoder.ask(slow, Limits(wall_s=0.2), pixels=True)
    assert gone(pid)
    assert decoder.ask(photo, Limits(), pixels=False).width == 48


def test_an_image_that_takes_too_much_of_the_processor_is_ended_by_the_system(decoder: Decoder, slow: Path) -> None:
    with pytest.raises(PictureRefused, match="processor time"):
        decoder.ask(slow, Limits(cpu_s=0), pixels=True)


def test_time_of_earlier_images_is_not_counted_and_a_limit_of_the_system_s_own_is_kept(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: dict[int, tuple[int, int]] = {}
    used = SimpleNamespace(ru_utime=100.5, ru_stime=20.7)
    hard = {resource.RLIMIT_CPU: resource.RLIM_INFINITY, resource.RLIMIT_AS: resource.RLIM_INFINITY}
    monkeypatch.setattr(child.resource, "getrusage", lambda _: used)
    monkeypatch.setattr(child.resource, "getrlimit", lambda what: (0, hard[what]))
    monkeypatch.setattr(child.resource, "setrlimit", bounds.__setitem__)
    child._bound(Limits(cpu_s=7))
    assert bounds[resource.RLIMIT_CPU] == (129, resource.RLIM_INFINITY)
    hard[resource.RLIMIT_CPU] = 125
    child._bound(Limits(cpu_s=7))
    assert bounds[resource.RLIMIT_CPU] == (125, 125)


@pytest.mark.skipif(sys.platform != "linux", reason="macOS knows no such limit: there the bound of raw bytes is all")
def test_an_image_that_takes_too_much_memory_is_refused(decoder: Decoder, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "vast.png").write_bytes(png((9_000, 9_000), 8, 0, bytes(9_000 * 9_001)))
    with pytest.raises(PictureRefused, match="memory"):
        decoder.ask(tmp_path / "vast.png", Limits(memory_bytes=100 * MEBIBYTE), pixels=True)
    assert decoder.ask(photo, Limits(), pixels=False).width == 48


def test_a_process_that_was_killed_is_replaced(decoder: Decoder, photo: Path) -> None:
    decoder.ask(photo, Limits(), pixels=False)
    os.kill(pid_of(decoder), signal.SIGKILL)
    assert decoder._process is not None
    decoder._process.wait(10)
    assert decoder.ask(photo, Limits(), pixels=False).width == 48


def test_ctrl_c_of_a_terminal_does_not_reach_it(decoder: Decoder, photo: Path) -> None:
    decoder.ask(photo, Limits(), pixels=False)
    pid = pid_of(decoder)
    os.kill(pid, signal.SIGINT)
    assert decoder.ask(photo, Limits(), pixels=False).width == 48
    assert pid_of(decoder) == pid


def test_an_interrupt_in_the_middle_leaves_no_answer_behind(decoder: Decoder, photo: Path, slow: Path) -> None:
    decoder.ask(photo, Limits(), pixels=False)
    pid, main = pid_of(decoder), threading.main_thread().ident
    assert main is not None
    threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        decoder.ask(slow, Limits(), pixels=False)
    assert not is_alive(pid)
    assert decoder.ask(photo, Limits(), pixels=False).width == 48


STARTER = """
import sys, threading, time
from pathlib import Path
from types import SimpleNamespace
from db.imaging import child, process
from db.imaging.limits import Limits
process.ask(Path({photo!r}), Limits(), pixels=False)
print(process.decoder._process.pid, flush=True)
{then}
"""


@pytest.fixture
def starter(photo: Path) -> Callable[[str], tuple["subprocess.Popen[str]", int]]:
    def run(then: str) -> tuple["subprocess.Popen[str]", int]:
        started = subprocess.Popen(
            [sys.executable, "-c", STARTER.format(photo=str(photo), then=then)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        assert started.stdout is not None
        return started, int(started.stdout.readline())

    return run


def test_ctrl_c_in_the_middle_of_an_image_leaves_no_process(
    starter: Callable[[str], tuple["subprocess.Popen[str]", int]], slow: Path
) -> None:
    started, pid = starter(f"process.ask(Path({str(slow)!r}), Limits(), pixels=True)")
    time.sleep(0.3)
    os.killpg(started.pid, signal.SIGINT)
    began = time.monotonic()
    _, complaint = started.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert "KeyboardInterrupt" in complaint
    assert gone(pid)


@pytest.mark.parametrize("then", ["time.sleep(60)", "sys.exit()"])
def test_it_ends_with_its_starter_whatever_becomes_of_that(
    starter: Callable[[str], tuple["subprocess.Popen[str]", int]], then: str
) -> None:
    started, pid = starter(then)
    if "sleep" in then:
        started.kill()
    assert started.communicate(timeout=20)[1] == ""
    assert gone(pid)


def test_a_fork_gets_a_process_of_its_own(photo: Path, in_child: Callable[..., int]) -> None:
    process.ask(photo, Limits(), pixels=False)
    ours = pid_of(process.decoder)

    def forked() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)        # ends it where it waits for ever
        assert process.ask(photo, Limits(), pixels=False).width == 48
        assert pid_of(process.decoder) != ours

    with process.decoder._lock:     # as of a thread that the fork has not
        assert in_child(forked) == 0
    assert process.ask(photo, Limits(), pixels=False).width == 48
    assert pid_of(process.decoder) == ours


def test_without_any_process_it_is_no_fault_of_the_image(
    decoder: Decoder, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DecoderFailed, match="No such file"):
        decoder.ask(photo, Limits(), pixels=False)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DecoderFailed, match="does not start"):
        decoder.ask(photo, Limits(), pixels=False)
    assert DecoderFailed.exit_code == 75


def test_a_module_of_the_user_s_own_is_not_taken_for_one_of_ours(
    decoder: Decoder, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "db.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert decoder.ask(Path(photo.name), Limits(), pixels=False).width == 48
