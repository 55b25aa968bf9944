"""The image files of the site: found by path, rendered once, and served to whoever holds a good address.

The bytes at an address never change, whichever order the renditions are asked for in.
"""

import threading

from demo import replies
from demo.accounts import Account, Picture, Slide
from demo.cdn import MISMATCH, Cdn, avatar_path
from demo.plates import plate
from demo.renditions import File, original, rendition, stp_is_unsized
from demo.replies import Reply

AVATAR_SIDE_PX = 320


class Pictures:
    """Every picture of every account by its path, with its renditions once they were asked for."""

    def __init__(self, cdn: Cdn):
        self._cdn = cdn
        self._slides: dict[str, tuple[Account, Slide]] = {}
        self._files: dict[tuple[str, str], File] = {}
        self._lock = threading.Lock()

    def add(self, account: Account) -> None:
        people = {account.user, *(post.owner for post in account.posts)}
        people.update(user for post in account.posts for user in post.coauthors)
        for user in people:
            avatar = plate(user.pk, AVATAR_SIDE_PX, AVATAR_SIDE_PX)
            self._slides[avatar_path(user)] = (account, Slide(avatar))
        for post in account.posts:
            for frame in post.frames:
                self._slides[frame.path] = (account, frame.slide)

    def account_of(self, path: str) -> Account | None:
        found = self._slides.get(path)
        return found[0] if found else None

    def reply(self, path: str, query: dict[str, str], headers: dict[str, str], body: str, load: int) -> Reply:
        """The file at an address; `load` counts the requests for this path, from 1."""
        found = self._slides.get(path)
        if found is None:
            return replies.text(403, MISMATCH)  # an address of ours names a file of ours
        account, slide = found
        if refusal := self._cdn.refusal(path, query):
            return replies.text(403, refusal)
        stp = query.get("stp", "")
        file = self.file(path, slide.picture, stp)
        reply = replies.file_reply(file, headers, account.behaviour.ignores_ranges)
        fault = slide.fault
        if fault is None or (fault.on_originals_only and not stp_is_unsized(stp)):
            return reply
        return reply if fault.times is not None and load > fault.times else replies.faulty(reply, fault)

    def file(self, path: str, picture: Picture, stp: str) -> File:
        with self._lock:
            if (path, "") not in self._files:
                self._files[path, ""] = original(picture)
            if (path, stp) not in self._files:
                self._files[path, stp] = rendition(self._files[path, ""], stp)
            return self._files[path, stp]
