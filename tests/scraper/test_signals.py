"""Interrupts held over a block."""

import signal
import threading

import pytest

from scraper.signals import interrupts_held


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
            assert came == [number] * 2
        signal.raise_signal(number)
        assert came == [number] * 3
    finally:
        signal.signal(number, before)


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
