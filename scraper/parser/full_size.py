"""Which of the offered addresses is the picture as it was uploaded.

A crop is never taken while something whole is offered, and nothing is called an original unless its address
says so. Candidate lists may carry no sizes and may begin with crops, so neither order nor numbers come first.
"""

from collections.abc import Mapping
from typing import Any

from db.records import SavedSlide
from db.values import mapping, sequence, side_px
from scraper.parser.addresses import Rendition, rendition
from scraper.posts import Candidate, Fit
from scraper.site import Site

# What older generations call their display form may be the upload itself, where its address says so.
_OLDER_KEYS = ("display_url", "display_src")
_PREVIEW_KEYS = (*_OLDER_KEYS, "display_uri", "thumbnail_src")
_MOST_CANDIDATES = 100


def forms_of(node: Mapping[str, Any], site: Site) -> tuple[Candidate, ...]:
    """The addresses of a picture in a media node of any generation, best first: all whole ones, or crops where none is.

    Empty when it offers none on the site's image hosts.
    An original before anything resized; then by the size that is declared or written in the address.
    """
    versions = mapping(node.get("image_versions2"))
    listed = [
        candidate
        for entry in sequence(versions.get("candidates"))[:_MOST_CANDIDATES]
        if (candidate := _candidate(mapping(entry), site)) is not None
    ]
    offered: dict[str, Candidate] = {}
    widths = {entry.get("src"): side_px(entry.get("config_width")) or 0 for entry in _resources(node)}
    ranked = sorted(
        [*listed, *_previews(node, site)],
        key=lambda each: (each.fit is not Fit.ORIGINAL, -(_area(each) or widths.get(each.url, 0) ** 2)),
    )
    for candidate in ranked:
        offered.setdefault(candidate.url, candidate)
    whole = [each for each in offered.values() if rendition(each.url).fit is not Fit.CROPPED]
    return tuple(whole or offered.values())


def is_full_size(
    width: int, height: int, original_width: int | None, original_height: int | None
) -> bool | None:
    """Whether a decoded picture is as large as the document says the upload was. None when it does not say.

    Sides are compared by length, since one may be given before and the other after EXIF orientation.
    """
    if original_width is None or original_height is None:
        return None
    short, long = sorted((width, height))
    original_short, original_long = sorted((original_width, original_height))
    return short >= original_short and long >= original_long


def offers_more(candidate: Candidate, saved: SavedSlide) -> bool:
    """Whether an address may lead to a larger picture than the one that is saved."""
    if saved.is_full_size or candidate.fit in (Fit.PREVIEW, Fit.CROPPED):
        return False
    was = rendition(saved.source_url) if saved.source_url else Rendition(Fit.PREVIEW, None)
    if candidate.fit is Fit.ORIGINAL and was.fit is not Fit.ORIGINAL:
        return True
    if was.box is not None and was == rendition(candidate.url):
        return False    # a box says how large a picture may be, not how large it is
    return _area(candidate) > saved.width * saved.height


def _candidate(entry: Mapping[str, Any], site: Site) -> Candidate | None:
    url = entry.get("url")
    if not isinstance(url, str) or not site.serves_images(url):
        return None
    return Candidate(url, rendition(url).fit, side_px(entry.get("width")), side_px(entry.get("height")))


def _area(candidate: Candidate) -> int:
    if candidate.width and candidate.height:
        return candidate.width * candidate.height
    width, height = rendition(candidate.url).box or (0, 0)
    return width * height


def _previews(node: Mapping[str, Any], site: Site) -> list[Candidate]:
    """What the page itself shows, the largest first, each called a preview unless it is the upload."""
    resources = _resources(node)
    resources.sort(key=lambda entry: side_px(entry.get("config_width")) or 0, reverse=True)
    shown = [("", entry.get("src")) for entry in resources] + [(key, node.get(key)) for key in _PREVIEW_KEYS]
    return [
        Candidate(url, Fit.ORIGINAL if key in _OLDER_KEYS and rendition(url).fit is Fit.ORIGINAL else Fit.PREVIEW)
        for key, url in shown
        if isinstance(url, str) and site.serves_images(url)
    ]


def _resources(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(entry) for entry in sequence(node.get("display_resources"))[:_MOST_CANDIDATES]]
