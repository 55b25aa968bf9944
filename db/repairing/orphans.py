"""Files of the store without a row, taken in again where their hash proves what they are, else set aside.

A picture that says how it was made becomes its result's again. Of any other image nobody can say which post it was of:
it is known by its hash, so that a visit which meets it again, or `add`, has it at once.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from db.checking.finding import Finding, Kind
from db.checking.strays import hash_in
from db.repairing.proofs import Proofs
from db.repairing.provenance import details_in
from db.repairing.quarantine import Quarantine
from db.repairing.rows import mending

Told = TypeVar("Told")


def take_in(
    root: Path, catalog: sqlite3.Connection, proofs: Proofs, quarantine: Quarantine, findings: Sequence[Finding],
    told: Callable[[Finding, str], Told],
) -> Iterator[Told]:
    """Every file that has no row yet."""
    wanted = {finding.path: finding for finding in findings if finding.kind is Kind.ORPHAN_FILE and finding.path}
    known = {path for (path,) in catalog.execute("SELECT path FROM files WHERE id NOT IN "
                                                 "(SELECT file_id FROM lost_files)")}
    found: list[tuple[Finding, dict[str, Any] | None]] = []
    for path, finding in wanted.items():
        if path in known:
            yield told(finding, "it has its row again")
            continue
        whole = proofs.whole.get(hash_in(path) or "")
        if whole is None or whole.path != path:
            if quarantine.set_aside(path, finding.what):
                yield told(finding, "it was set aside")
            continue
        found.append((finding, details_in(root / path)))
    # What results were made from first: without it they could not come back.
    for finding, details in sorted(found, key=lambda each: each[1] is not None):
        whole = proofs.whole[hash_in(finding.where) or ""]
        with mending(root, catalog, proofs, quarantine, f"{finding.where} is taken in again") as rows:
            file_id = rows.adopt(**whole.values())
            result = None if details is None else rows.attach(details, file_id)
        if result is not None:
            yield told(finding, f"it is the picture of result {result} again")
        else:
            yield told(finding, "it is whole and known again; `stylegram add` of it makes it an image of your own")
