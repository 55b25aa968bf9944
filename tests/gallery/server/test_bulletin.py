"""What has happened is told in order, and nothing is left out in silence."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from gallery.server.bulletin import MOST_KEPT, Bulletin


def test_of_more_than_is_kept_nothing_is_left_out_in_silence() -> None:
    async def after_many() -> bytes:
        bulletin = Bulletin()
        bulletin.open()
        first = bulletin.last_id
        for number in range(MOST_KEPT + 1):
            bulletin.tell("change", number=number)
        stream = bulletin.stream(first)
        await anext(stream)
        return await anext(stream)

    with ThreadPoolExecutor() as thread:    # the loop of an open browser is in this one
        assert b"event: reset" in thread.submit(asyncio.run, after_many()).result()
