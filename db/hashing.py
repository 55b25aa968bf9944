"""SHA-256 in hexadecimal: what files, recipes and results are known by."""

import hashlib
from pathlib import Path


def sha256_of(data: bytes | str) -> str:
    """The hash of these bytes, or of the text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """The hash of the file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
