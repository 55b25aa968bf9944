"""The JSON documents of the site's pages, in each of the three generations Instagram has used.

A document holds what the real one holds and no more: what a grid does not tell, it does not tell here.
"""

from typing import Any, Protocol

from demo.accounts import Account, Post
from demo.cdn import Easel
from demo.documents import legacy, xdt, xig
from demo.documents.distortion import distorted
from demo.timeline import Page

Json = dict[str, Any]


class Generation(Protocol):
    """What every generation can write. Query names are those of the page's own preloaders."""

    PROFILE_QUERY: str
    TIMELINE_QUERY: str
    POST_QUERY: str
    ENDPOINT: str

    def profile(self, account: Account, easel: Easel) -> Json: ...
    def timeline(self, account: Account, page: Page, easel: Easel) -> Json: ...
    def next_page(self, account: Account, page: Page, easel: Easel) -> Json: ...
    def post(self, account: Account, post: Post, easel: Easel) -> Json: ...
    def missing_post(self) -> Json: ...


GENERATIONS: dict[str, Generation] = {"xig": xig, "xdt": xdt, "legacy": legacy}


def generation_of(account: Account) -> Generation:
    return GENERATIONS[account.behaviour.generation]


__all__ = ["Generation", "Json", "distorted", "generation_of"]
