"""Interrupts held over a block."""

import signal
import subprocess
import sys
import threading

import pytest

from db.signals import handlers_kept, interrupts_held, interrupts_kept_from_children


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_first_comes_after_the_block_and_the_second_in_its_middle(number):
    came = []
    before = signal.signal(number, lambda *arguments: came.append(arguments[0]))
    try:
        with interrupts_held():
            signal.raise_signal(number)
            assert came == []
        assert came == [number]
        with interrupts_held():
            signal.raise_signal(number)
            signal.raise_signal(number)
            assert came == [number] * 3
        assert came == [number] * 3
        signal.raise_signal(number)
        assert came == [number] * 4
    finally:
        signal.signal(number, before)


def test_the_second_ends_the_program_at_once():
    code = (
        "import signal\n"
        "from db.signals import interrupts, interrupts_held\n"
        "interrupts.install()\n"
        "with interrupts_held():\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    print('held', flush=True)\n"
        "    try: signal.raise_signal(signal.SIGTERM)\n"
        "    finally: print('still here', flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "held\n", "")


def test_an_alarm_is_held_too_and_gives_way_to_an_interrupt():
    came = []
    numbers = signal.SIGALRM, signal.SIGINT
    before = {number: signal.signal(number, lambda *arguments: came.append(arguments[0])) for number in numbers}
    try:
        with interrupts_held():
            signal.raise_signal(signal.SIGALRM)
            assert came == []
        assert came == [signal.SIGALRM]
        for first, second in (numbers, reversed(numbers)):
            came.clear()
            with interrupts_held():
                signal.raise_signal(first)
                signal.raise_signal(second)
                assert came == []
            assert came == [signal.SIGINT]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@interrupts_held()
def fail(number=None):
    if number:
        signal.raise_signal(number)
    raise OSError("the driver got the signal too")


def test_an_interrupt_takes_the_place_of_what_went_wrong_because_of_it():
    with pytest.raises(KeyboardInterrupt):
        fail(signal.SIGINT)


def test_without_a_signal_nothing_changes():
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(OSError, match="the driver"):
        fail()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_another_thread_may_use_it():
    entered = threading.Event()

    def other():
        with interrupts_held():
            entered.set()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert entered.is_set()


def test_signals_that_a_library_takes_for_itself_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    with handlers_kept():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_child_that_is_started_meanwhile_does_not_hear_ctrl_c():
    code = "import signal, sys; signal.raise_signal(signal.SIGINT); print('still here')"
    with interrupts_kept_from_children():
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.communicate(timeout=30)[0] == "still here\n"
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
