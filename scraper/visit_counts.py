"""The counts of a visit in progress, under the names that the report gives them."""

from dataclasses import dataclass


@dataclass
class VisitCounts:
    """Right at every moment, however the visit ends."""

    posts_seen: int = 0
    posts_new: int = 0
    images_new: int = 0
    images_known: int = 0
    images_failed: int = 0
    images_withheld: int = 0
    posts_unread: int = 0
    nodes_unread: int = 0
    videos_skipped: int = 0
