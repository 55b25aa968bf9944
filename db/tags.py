"""Tags as they are kept: the same word in one form."""

import re
import unicodedata

from db.errors import BadQuery

LONGEST = 60
_TAG = re.compile(r"\w[\w.\-]*")


def parse_tag(text: str) -> str:
    """A tag in small letters, without its #. Raises BadQuery for what is none."""
    tag = unicodedata.normalize("NFC", text.removeprefix("#").casefold())
    if not _TAG.fullmatch(tag) or len(tag) > LONGEST:
        raise BadQuery(
            f"{text[:80]!r} is no tag: letters and digits, with . _ - between them, {LONGEST} of them at most")
    return tag
