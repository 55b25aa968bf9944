"""One HTTP answer as a value, byte ranges of a file, and the ways an answer can go wrong on the wire.

The headers of a file describe the whole file whichever part of it is sent.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from demo.behaviour import ImageFault
from demo.renditions import File

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
PUBLISHED = formatdate(1_700_000_000, usegmt=True)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>0</script></svg>'


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    announced_length: int | None = None  # a Content-Length that is not the body's
    reset_after: int | None = None  # bytes of the body after which the connection is reset; 0: at once
    drip_s: float = 0.0  # pause between pieces of the body
    delay_s: float = 0.0  # pause before the first byte


def page(body: str, status: int = 200) -> Reply:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Reply(status, body.encode(), headers)


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": location})


def text(status: int, body: str, content_type: str = "text/plain") -> Reply:
    return Reply(status, body.encode(), {"Content-Type": content_type})


def file_reply(file: File, requested: dict[str, str], ignores_ranges: bool = False) -> Reply:
    """A file or the one range of it that is asked for, `If-Range` minded (RFC 9110, 13.1.5 and 14)."""
    etag = f'"{hashlib.sha256(file.body).hexdigest()[:32]}"'
    headers = {
        "Content-Type": file.content_type,
        "ETag": etag,
        "Last-Modified": PUBLISHED,
        "Cache-Control": "max-age=1209600, no-transform",
    }
    whole = Reply(200, file.body, headers)
    if ignores_ranges:
        return whole
    headers["Accept-Ranges"] = "bytes"
    match = RANGE.fullmatch(requested.get("range", ""))
    if not match or match.groups() == ("", "") or requested.get("if-range", etag) not in (etag, PUBLISHED):
        return whole
    size = len(file.body)
    if match[1]:
        start, end = int(match[1]), min(int(match[2] or size - 1), size - 1)
    else:  # the last bytes
        start, end = max(0, size - int(match[2])), size - 1
    if start > end:
        return Reply(416, b"", headers | {"Content-Range": f"bytes */{size}"})
    part = headers | {"Content-Range": f"bytes {start}-{end}/{size}"}
    return Reply(206, file.body[start : end + 1], part)


def faulty(reply: Reply, fault: ImageFault) -> Reply:
    """The reply as a fault leaves it. A fault never mends a file that is refused already."""
    if reply.status >= 400:
        return reply
    body = reply.body
    match fault.kind:
        case "expired":
            return text(403, "URL signature expired")
        case "missing":
            return text(404, "Not Found")
        case "forbidden":
            return text(403, "Forbidden")
        case "undecodable":
            return Reply(200, HEIC, {"Content-Type": "image/heic"})
        case "server_error":
            return text(500, "Internal Server Error")
        case "busy":
            wait = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return Reply(fault.status, b"", wait)
        case "truncated":
            return replace(reply, body=body[: len(body) // 2], announced_length=len(body))
        case "html":
            return page("<!DOCTYPE html><title>Instagram</title><p>Please log in.")
        case "svg":
            return Reply(200, SVG, {"Content-Type": "image/svg+xml"})
        case "slow":
            return replace(reply, drip_s=fault.drip_s)
        case "reset":
            return replace(reply, reset_after=len(body) // 2)
        case "redirect":
            return redirect("http://192.0.2.1/elsewhere.jpg")
        case "wrong_range":
            moved = {"Content-Range": f"bytes 1-{len(body)}/{len(body) + 1}"}
            return replace(reply, status=206, headers=reply.headers | moved)
        case "no_index":
            return replace(reply, headers=reply.headers | {"X-Robots-Tag": "noindex, noimageai"})
