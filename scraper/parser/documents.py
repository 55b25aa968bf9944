"""A page's HTML or a response's body -> plain JSON values, and bounded walks over them.

Broken blocks are skipped, depth and size are capped: no page can stop or stall the reader.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from db.values import mapping, sequence

LARGEST_TEXT = 24 * 1024 * 1024
_LARGEST_TAG = 4_000
_MOST_BLOCKS = 2_000
_MOST_LINES = 500
_MOST_PARTS = 500       # of a list that is streamed
_MOST_NODES = 400_000
_DEEPEST = 200
_GUARD = "for (;;);"
# Pictures under these keys are covers of stories and what others have posted: no sign of a changed shape.
ASIDE = ("highlight", "reel_media", "suggest")
# In scripts each slash may have a backslash before it.
_PICTURE = re.compile(r"/t51\.\d{1,6}-(?!19\b)\d{1,3}\\?/([A-Za-z0-9_.-]{5,200})", re.ASCII)

Json = Any


def scripts(html: str) -> Iterator[tuple[str, str]]:
    """(opening tag, content) of every script in `html`. Linear in its length, whatever it holds."""
    html = html[:LARGEST_TEXT]
    position = 0
    for _ in range(_MOST_BLOCKS):
        start = html.find("<script", position)
        tag_end = html.find(">", start, start + _LARGEST_TAG) if start >= 0 else -1
        if start < 0:
            return
        if tag_end < 0:
            position = start + len("<script")
            continue
        end = html.find("</script", tag_end)
        if end < 0:
            return
        yield html[start : tag_end + 1], html[tag_end + 1 : end]
        position = end


def blocks(html: str) -> list[Json]:
    """The JSON data blocks of a page, in order, whatever kind of script they are; not what it tells search engines."""
    found = (_parsed(content) for tag, content in scripts(html) if "ld+json" not in tag)
    return [value for value in found if value is not None]


def body(content: str) -> list[Json]:
    """The JSON documents of a response: one, or one a line, with streamed parts put in their places."""
    content = content[:LARGEST_TEXT].lstrip()
    while content.startswith(_GUARD):
        content = content[len(_GUARD) :].lstrip()
    whole = _parsed(content)
    if whole is not None:
        return [whole]
    # Not by splitlines(): JSON may hold U+2028 and its like as they are.
    lines = (_parsed(line.strip().removeprefix(_GUARD)) for line in islice(content.split("\n"), _MOST_LINES))
    return _assembled([value for value in lines if value is not None])


def objects(document: Json, stop: Callable[[dict[str, Json]], bool] | None = None) -> Iterator[dict[str, Json]]:
    """Every JSON object in `document`, outer before inner, in its order; inside one that `stop`s, none."""
    for value in values(document, stop):
        if isinstance(value, dict):
            yield value


def arrays(document: Json, stop: Callable[[dict[str, Json]], bool] | None = None) -> Iterator[list[Json]]:
    """Every JSON array in `document`, outer before inner, in its order; inside an object that `stop`s, none."""
    for value in values(document, stop):
        if isinstance(value, list):
            yield value


def media_addresses(documents: Iterable[Json]) -> int:
    """How many different picture files of posts (no avatars, no highlights) the documents name, in whatever shape."""
    files = set()
    for document in documents:
        for value in values(document, aside=ASIDE):
            if isinstance(value, str) and value.startswith(("https://", "http://")):
                segments = value[:500].partition("?")[0].split("/")
                if any(part.startswith("t51.") and not part.endswith("-19") for part in segments):
                    files.add(segments[-1])
    return len(files)


def pictures_named(html: str) -> int:
    """How many different picture files of posts (no avatars) a page names anywhere, data or not."""
    return len({found[1] for found in _PICTURE.finditer(html[:LARGEST_TEXT])})


def values(
    document: Json, stop: Callable[[dict[str, Json]], bool] | None = None, aside: tuple[str, ...] = ()
) -> Iterator[Json]:
    """Every value in `document`; none inside one that `stop`s, nor under a key that holds one of the words `aside`."""
    stack: list[tuple[Json, int]] = [(document, 0)]
    budget = _MOST_NODES
    while stack and budget > 0:
        value, depth = stack.pop()
        budget -= 1
        yield value
        if depth >= _DEEPEST or (isinstance(value, dict) and stop is not None and stop(value)):
            continue
        if isinstance(value, dict) and aside:
            value = {key: child for key, child in value.items() if not any(word in key.lower() for word in aside)}
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        stack.extend((child, depth + 1) for child in reversed(list(islice(children, budget))))


def _parsed(content: str) -> Json:
    content = content.strip()
    if not content.startswith(("{", "[")):
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _assembled(documents: list[Json]) -> list[Json]:
    """Put the later parts of a streamed answer, {"path": [...], "data": ...}, into the first one."""
    if len(documents) < 2:
        return documents
    first = mapping(documents[0])
    kept = [documents[0]]
    for part in documents[1:]:
        path = sequence(mapping(part).get("path"))
        if not (path and _placed(first.get("data"), path, part.get("data"))):
            kept.append(part)
    return kept


def _placed(root: Json, path: list[Json], data: Json) -> bool:
    for step in path[:-1]:
        root = _child(root, step)
    last = path[-1]
    existing = _child(root, last)
    if isinstance(existing, dict) and isinstance(data, dict):
        existing.update(data)
    elif isinstance(root, dict) and isinstance(last, str):
        root[last] = data
    elif isinstance(root, list) and isinstance(last, int) and len(root) <= last < _MOST_PARTS:
        # A part that was broken leaves its place, as something that nobody understands.
        root.extend({} for _ in range(last - len(root)))
        root.append(data)
    else:
        return False
    return True


def _child(parent: Json, step: Json) -> Json:
    if isinstance(parent, dict) and isinstance(step, str):
        return parent.get(step)
    if isinstance(parent, list) and isinstance(step, int) and 0 <= step < len(parent):
        return parent[step]
    return None
