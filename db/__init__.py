"""The catalog: tables, queries and files on disk. Knows no other package.

The door for programs (docs/python.md): `from db import Library`.
"""

TYPE_CHECKING = False   # typing takes longer to load than all else here, and Ctrl-C is taken over only after it
if TYPE_CHECKING:
    from db.api import Library
    from db.errors import DbError
    from db.records import Image, Result, ResultRecord, Role

__all__ = ["DbError", "Image", "Library", "Result", "ResultRecord", "Role"]

_HOMES = {
    "DbError": "db.errors", "Image": "db.records", "Library": "db.api", "Result": "db.records",
    "ResultRecord": "db.records", "Role": "db.records",
}


def __getattr__(name: str) -> object:
    """What is told above, when it is asked for: SQLAlchemy takes a moment to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
