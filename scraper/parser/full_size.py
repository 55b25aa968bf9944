"""Which of the offered addresses is the picture as it was uploaded.

A crop is never taken while something whole is offered, and nothing is called an original unless its address
says so. Candidate lists may carry no sizes and may begin with crops, so neither order nor numbers come first.
"""

from collections.abc import Mapping
from typing import Any

from db.records import SavedSlide
from scraper.parser.addresses import rendition
from scraper.parser.values import mapping, sequence, side_px
from scraper.posts import Candidate, Fit
from scraper.site import Site

_PREVIEW_KEYS = ("display_url", "display_uri", "thumbnail_src")
_MOST_CANDIDATES = 100


def largest_image(node: Mapping[str, Any], site: Site) -> Candidate | None:
    """The best address in a media node of any generation; None when it offers none on the site's image hosts."""
    versions = mapping(node.get("image_versions2"))
    candidates = [
        candidate
        for entry in sequence(versions.get("candidates"))[:_MOST_CANDIDATES]
        if (candidate := _candidate(mapping(entry), site)) is not None
    ]
    return best(candidates) or _preview(node, site)


def best(candidates: list[Candidate]) -> Candidate | None:
    """An original before anything resized, anything whole before a crop; then by declared or written size."""
    for fit in (Fit.ORIGINAL, Fit.SIZED, Fit.CROPPED):
        offered = [candidate for candidate in candidates if candidate.fit is fit]
        if offered:
            return max(offered, key=_area)
    return None


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
    was = rendition(saved.source_url).fit if saved.source_url else Fit.PREVIEW
    if candidate.fit is Fit.ORIGINAL and was is not Fit.ORIGINAL:
        return True
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


def _preview(node: Mapping[str, Any], site: Site) -> Candidate | None:
    resources = [mapping(entry) for entry in sequence(node.get("display_resources"))[:_MOST_CANDIDATES]]
    resources.sort(key=lambda entry: side_px(entry.get("config_width")) or 0, reverse=True)
    for url in [entry.get("src") for entry in resources] + [node.get(key) for key in _PREVIEW_KEYS]:
        if isinstance(url, str) and site.serves_images(url):
            return Candidate(url, Fit.PREVIEW)
    return None
