"""What a result's picture says of itself: the JSON that was written into it, to put it back in the catalog.

Invariant: the file was decoded by `db.imaging` before; what is read is bounded, and is used only where its hashes are
those of files that are there.
"""

import json
import re
from pathlib import Path
from typing import Any

from db.imaging import own_words

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def details_in(path: Path) -> dict[str, Any] | None:
    """How the picture says that it was made, with the hashes of a content, a style and a recipe; None for any other."""
    try:
        text = own_words.read(path)
        found = json.loads(text) if 0 < len(text) <= own_words.LONGEST else None
    except Exception:  # noqa: BLE001 - decoders of untrusted bytes raise anything
        return None
    is_ours = isinstance(found, dict) and all(
        isinstance(found.get(name), str) and _SHA256.fullmatch(found[name])
        for name in ("content_sha256", "style_sha256", "recipe_hash")) and isinstance(found.get("recipe"), dict)
    return found if is_ours else None
