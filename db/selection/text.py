"""Words of captions and alternative texts -> a condition on images, through the index of migration 0006.

Every word has to be there, in any order, whatever its accents and capitals; `sun*` is every word that begins so. What
the index does not tell apart (scripts without spaces, emoji) is looked for as it stands.
"""

import unicodedata

from sqlalchemy import ColumnElement, String, and_, column, func, literal, literal_column, or_, select, table

from db.errors import BadSelection
from db.schema import ImageRow

# A virtual table is none that SQLAlchemy could declare.
_TEXTS = table("image_texts", column("rowid"), column("caption", String), column("alt_text", String))
_INDEX: ColumnElement[str] = literal_column("image_texts")
_WITHOUT_SPACES = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "TIBETAN ")


def text_condition(text: str) -> ColumnElement[bool]:
    """Images of which all these words are told. Raises BadSelection where there are none."""
    words = text.replace("\0", " ").encode("utf-8", "replace").decode().split()
    if not words:
        raise BadSelection("no words to look for in captions and alternative texts")
    indexed = [word for word in words if _is_indexed(word)]
    conditions: list[ColumnElement[bool]] = []
    if indexed:
        conditions.append(_INDEX.op("MATCH", is_comparison=True)(literal(" AND ".join(map(_phrase, indexed)))))
    conditions += [
        or_(*(func.instr(told, word) > 0 for told in (_TEXTS.c.caption, _TEXTS.c.alt_text)))
        for word in words if word not in indexed
    ]
    return ImageRow.id.in_(select(_TEXTS.c.rowid).where(and_(*conditions)))


def _is_indexed(word: str) -> bool:
    """Whether it has letters or digits, all of scripts that put spaces between words."""
    letters = [letter for letter in word if letter.isalnum()]
    return bool(letters) and not any(unicodedata.name(letter, "").startswith(_WITHOUT_SPACES) for letter in letters)


def _phrase(word: str) -> str:
    """A word as the index takes it, whatever is in it."""
    beginning = word.rstrip("*")
    quoted = beginning.replace('"', '""')
    return f'"{quoted}"' + ("*" if beginning != word else "")
