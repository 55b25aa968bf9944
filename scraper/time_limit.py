"""A limit for calls of Playwright's that have none: a script of the page that never ends keeps them waiting for ever.

The call is given up, and what it waited for is left as it is. Nothing is asked of the page, the browser or the driver
for that, which may all be stuck.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from greenlet import getcurrent
from playwright.sync_api import TimeoutError as PlaywrightTimeout


@contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Raises Playwright's TimeoutError in the block when it takes longer; it has to wait in calls of Playwright's.

    A synchronous call is a greenlet that sleeps while Playwright's event loop runs in the same thread, and an
    exception wakes it as the answer would.
    """
    waiting = getcurrent()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:        # the driver has gone, and every call says so at once
        yield
        return
    timer = loop.call_later(limit_s, lambda: waiting.throw(PlaywrightTimeout(f"no answer within {limit_s:g} s")))
    try:
        yield
    finally:
        timer.cancel()
