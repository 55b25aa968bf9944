"""A running site for each test that asks for one, under a clock that the test moves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from demo.accounts import Account
from demo.site import ReplicaSite

NOW = 1_788_300_000.0

Serve = Callable[..., ReplicaSite]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(clock: Clock) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(*accounts: Account) -> ReplicaSite:
            return stack.enter_context(ReplicaSite(accounts, clock))

        yield start
