"""Pages that were not understood -> scrubbed samples in the library, for `reparse` to read after an update.

A sample says what it is of and whose, so that reading it needs neither a browser nor a request.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from db.library import Library
from db.records import Role
from db.samples import LARGEST_BYTES
from scraper.errors import PageChanged
from scraper.parser.documents import Json
from scraper.parser.scrubbing import scrubbed
from scraper.posts import Profile, Subject
from scraper.site import Site

FORMAT = 1
_ROOM_BYTES = LARGEST_BYTES - 4096      # beside the documents, for what is said of them


def keep_sample(
    library: Library, site: Site, changed: PageChanged, role: Role | None, owner: Profile | None
) -> Path | None:
    """Keep the documents of a page that was not understood; None when there is nothing to keep."""
    return keep_documents(library, site, changed.subject, changed.documents, role, owner)


def keep_documents(
    library: Library,
    site: Site,
    subject: Subject,
    documents: Sequence[Json],
    role: Role | None = None,
    owner: Profile | None = None,
) -> Path | None:
    """Keep what is left of the documents after scrubbing, as many as there is room for, the largest left out first.

    `owner` is the profile on whose page a post or timeline was seen. Raises StorageFailed.
    """
    kept = _as_many_as_fit([scrubbed(document) for document in documents])
    if not kept:
        return None
    content = {
        "format": FORMAT,
        "kind": subject.kind,
        "name": subject.name,
        "base_url": site.base_url,
        "role": None if role is None else role.value,
        "owner": None if owner is None else {"pk": owner.pk, "username": owner.username},
        "kept_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "documents": kept,
    }
    return library.samples.keep(subject.kind, subject.name, content)


def _as_many_as_fit(documents: Sequence[Json]) -> list[Json]:
    sizes = [len(json.dumps(document, separators=(",", ":"))) + 1 for document in documents]
    chosen, room = set(), _ROOM_BYTES
    for number in sorted(range(len(documents)), key=lambda number: sizes[number]):
        room -= sizes[number]
        if room >= 0:
            chosen.add(number)
    return [document for number, document in enumerate(documents) if number in chosen]
