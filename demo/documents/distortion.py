"""What may be wrong with a document: renamed, retyped or missing parts, as its account's behaviour asks.

Only names and types change here; a document that nobody distorts passes through as it is.
"""

from typing import Any

from demo.behaviour import Behaviour, OddNodes, OddShape

Json = dict[str, Any]

NEW_NAMES = {
    "xig_user_by_username": "xpg_handle",
    "polaris_ordered_timeline_connection": "shelf",
    "xig_polaris_media": "xpg_item",
    "if_not_gated_logged_out": "open_item",
    "edges": "rows",
    "node": "cell",
    "page_info": "more",
    "end_cursor": "mark",
    "has_next_page": "continues",
    "pk": "key",
    "id": "key2",
    "code": "slug",
    "user": "by",
    "username": "handle",
    "caption": "words",
    "display_uri": "poster",
    "media_type": "form",
    "product_type": "sort",
    "image_versions2": "prints",
    "candidates": "offers",
    "carousel_media": "leaves",
    "taken_at": "moment",
    "url": "at",
    "original_width": "w",
    "original_height": "h",
    "accessibility_caption": "described",
    "__isXIGPolarisMedia": "__isItem",
}
NEW_TYPENAME = "XPGItem"


def distorted(value: Any, behaviour: Behaviour, on: str = "profile") -> Any:
    """The document as the behaviour wants it on this kind of page; the input is left as it is."""
    if isinstance(value, list):
        return [distorted(item, behaviour, on) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = behaviour.renamed and behaviour.renamed_only in (None, on)
    odd = behaviour.odd_nodes
    if odd is not None and on != "post" and odd.on in (None, on) and isinstance(value.get("edges"), list):
        value = value | {"edges": with_odd_nodes(value["edges"], odd)}
    changed: Json = {}
    name: str
    for name, item in value.items():
        if name == "page_info" and behaviour.without_page_info:
            continue
        if name == "edges" and behaviour.null_edges:
            changed[name] = None
        elif name == "media_type" and behaviour.media_type_as_text:
            changed[name] = str(item)
        elif name == "pk" and behaviour.ids_as_int and isinstance(item, str):
            changed[name] = int(item)
        elif name == "__typename" and renamed:
            changed["__kind"] = NEW_TYPENAME
        else:
            changed[NEW_NAMES.get(name, name) if renamed else name] = distorted(item, behaviour, on)
    return changed


def with_odd_nodes(edges: list[Any], odd: OddNodes) -> list[Any]:
    """The edges of a timeline with each n-th one in another shape; edges of other things as they are."""
    if not all(isinstance(edge, dict) and {"code", "shortcode"} & edge.get("node", {}).keys() for edge in edges):
        return edges
    return [edge if number % odd.every else in_shape(edge, odd.shape) for number, edge in enumerate(edges)]


def in_shape(edge: Json, shape: OddShape) -> Any:
    node = edge["node"]
    match shape:
        case "wrapped":
            return edge | {"node": {"__typename": "XIGFeedUnit", "media": node}}
        case "renamed_node":
            return {"cell": node, "cursor": edge.get("cursor")}
        case "renamed_code":
            return edge | {"node": {NEW_NAMES["code"] if name in ("code", "shortcode") else name: item
                                    for name, item in node.items()}}
        case "list":
            return [node]
        case "text":
            return str(node["id"])
        case "unit":
            return edge | {"node": {"__typename": "XIGSuggestedUnit", "title": "Suggested for you", "id": "1"}}
