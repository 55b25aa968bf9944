"""What a set for others is made of: what is excluded is part of nothing that means several."""

from collections.abc import Iterable
from dataclasses import replace

from db.library import Library
from db.records import Result, ResultStatus
from db.selection.filters import NO_FILTERS, Filters, ImageStatus


def exported_images(library: Library, words: Iterable[str] = (), filters: Filters = NO_FILTERS) -> list[int]:
    """By number, what is named and may go. Raises BadSelection."""
    return library.selections.image_ids(words, filters, with_excluded=filters.status is ImageStatus.EXCLUDED)


def exported_results(
    library: Library, words: Iterable[str] = (), filters: Filters = NO_FILTERS
) -> tuple[list[Result], list[int]]:
    """Those with a picture, of no image that is excluded, and the numbers of those that are. Raises BadSelection."""
    found = library.selections.results(words, replace(filters, status=ResultStatus.DONE))
    excluded = {image.id for image in library.images.find() if image.is_excluded}
    apart = {result.id for result in found if {result.content_id, result.style_id} & excluded}
    return [result for result in found if result.id not in apart], sorted(apart)
