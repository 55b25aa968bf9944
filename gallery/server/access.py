"""Who may look: the token of the first address, and the cookie that takes its place.

Invariant: neither can be told from the other or guessed. The token is new with every start; the cookie is the
library's own, so that a page which was open goes on after the server was started again. Its key is a file that only
the user can read, and removing it shuts everyone out.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from db.atomic import whole_file
from db.errors import DbError

KEY_FILE = "gallery-key"
_BYTES = 32


class Access:
    """What is asked of a visitor."""

    def __init__(self, key: bytes) -> None:
        self.token = secrets.token_urlsafe(_BYTES)
        self._cookie = hmac.new(key, b"cookie of the gallery", hashlib.sha256).hexdigest()

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return self._cookie

    def is_token(self, said: str) -> bool:
        """Whether this is the token, in a time that tells nothing."""
        return hmac.compare_digest(said.encode(), self.token.encode())

    def is_cookie(self, said: str) -> bool:
        """Whether this is the cookie, in a time that tells nothing."""
        return hmac.compare_digest(said.encode(), self._cookie.encode())


def key_in(folder: Path) -> bytes:
    """The key that is kept in this folder, made where there is none; a new one where it cannot be kept."""
    path = folder / KEY_FILE
    with suppress(OSError):
        key = path.read_bytes()
        if len(key) == _BYTES and not path.stat().st_mode & 0o077:
            return key
    key = secrets.token_bytes(_BYTES)
    with suppress(OSError, DbError), whole_file(path) as part:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        part.write_bytes(key)
    return key
