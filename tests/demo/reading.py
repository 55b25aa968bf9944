"""What the tests read from the site's pages: by the documented nesting, or wherever it stands."""

import json
import re
from typing import Any


def results_in(html: str) -> dict[str, Any]:
    """The prefetched answers of a page by the name of their query, found by the documented nesting."""
    results: dict[str, Any] = {}
    for text in re.findall(r'<script type="application/json"[^>]* data-sjs>(.*?)</script>', html, re.S):
        try:
            block = json.loads(text)
        except ValueError:
            continue
        for _, _, _, bboxes in block.get("require", []):
            for bbox in filter(None, (item["__bbox"] for item in bboxes)):
                for name, _, _, (preloader, entry) in bbox["require"]:
                    assert name == "RelayPrefetchedStreamCache"
                    query = preloader.removeprefix("adp_").partition("RelayPreloader_")[0]
                    results[query] = entry["__bbox"]["result"]
    return results


def values_of(document: Any, name: str) -> list[Any]:
    """Every value under a name, wherever it stands."""
    if isinstance(document, list):
        return [found for item in document for found in values_of(item, name)]
    if not isinstance(document, dict):
        return []
    here = [document[name]] if name in document else []
    return here + [found for item in document.values() for found in values_of(item, name)]


def route_in(html: str) -> str:
    match = re.search(r'"canonicalRouteName"\s*:\s*"comet\.igweb\.(\w+)"', html)
    return match[1] if match else ""
