"""What the answer of an image's server says of itself, before its bytes are looked at.

Pure reading of headers; whether the bytes are an image, they alone tell.
"""

import re
from email.utils import parsedate_to_datetime

import requests
import urllib3

from scraper.errors import FormRefused

# Types that are no picture's. Others say too little (octet-stream, and whatever a server calls what it does not know).
_OTHER = re.compile(
    r"(?:text|video|audio|font|multipart|message|model)/.*"
    r"|application/(?:.*\+)?(?:json|xml|javascript|ecmascript|x-javascript|pdf|x-www-form-urlencoded)",
    re.ASCII,
)
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
_ROBOTS_WORDS = frozenset({"noai", "noimageai", "noindex", "none"})


def check_type(response: requests.Response) -> None:
    """Raise FormRefused for an answer that calls itself something else than a picture."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if _OTHER.fullmatch(kind):
        raise FormRefused(f"the answer is {kind[:60]!r}, not an image")


def announced_bytes(response: requests.Response) -> int:
    """The length that is announced; 0 where none is, or no number."""
    length = response.headers.get("Content-Length", "")
    return int(length[:30]) if length.isascii() and length.isdigit() else 0


def is_compressed(response: requests.Response) -> bool:
    """Whether a file was compressed for its way, although nobody asked for that. Raises FormRefused if unknown how."""
    words = {word.strip().lower() for word in response.headers.get("Content-Encoding", "").split(",")} & _COMPRESSIONS
    unknown = words - set(urllib3.HTTPResponse.CONTENT_DECODERS)
    if unknown:
        raise FormRefused(f"it was sent compressed ({', '.join(sorted(unknown))}), which was not asked for")
    return bool(words)


def validator(response: requests.Response) -> str | None:
    """What tells that a later answer is the same file: a strong ETag, else its date."""
    etag = response.headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")


def robots_directives(response: requests.Response) -> list[str]:
    """The words by which the server asks machines in general to leave a file alone."""
    # Each header by itself: a line that begins with a robot's name is meant for that robot.
    lines = response.raw.headers.getlist("X-Robots-Tag")
    words = {word.strip().lower() for line in lines if ":" not in line for word in line.split(",")}
    return sorted(words & _ROBOTS_WORDS)


def retry_after_s(response: requests.Response, now: float) -> float:
    """The seconds that a Retry-After asks for, written as a number or as a date (RFC 9110, 10.2.3); 0 for neither."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit() and len(value) < 9:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
