"""The answers that a page carries, or is given later: do they hold data of which nothing is known?

A shell without data carries no answer at all, or one that says nothing. Data of a new shape is no shell, whatever it
is called: that is told here, so that a changed page is not taken for a refusal.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from db.values import mapping
from scraper.parser.connections import OTHER_TABS, belongs
from scraper.parser.documents import ASIDE, Json, objects, values
from scraper.posts import Profile

# Parts of keys. Beside what a page is about: who looks at it, who else is like it, and how a list goes on.
_BESIDE = (*ASIDE, "viewer", "related", "mutual", "chaining", "__typename", "page_info", "cursor")
_APART = (*_BESIDE, *OTHER_TABS, "profile_pic")


def holds_unknown_data(documents: Sequence[Json], profile: Profile | None = None) -> bool:
    """Whether an answer among the documents says anything, be it of the `profile` or not: where none was understood.

    With a profile that is known, an answer that names it is known as well.
    """
    answers = _answers(documents)
    return any(_says_something(data) and (profile is None or not _users(data, profile)) for data in answers)


def holds_unknown_lists(documents: Sequence[Json], profile: Profile) -> bool:
    """Whether pictures stand in lists where the profile's timeline might: where it was not found, or is empty."""
    return any(_has_pictures(part) for data in _answers(documents) for part in _users(data, profile) or [data])


def holds_addresses(documents: Sequence[Json]) -> bool:
    """Whether an answer among the documents names an address: where it says that what was asked for is gone."""
    answers = _answers(documents)
    return any(_is_address(value) for data in answers for value in values(data, aside=_APART))


def _answers(documents: Sequence[Json]) -> Iterator[Mapping[str, Any]]:
    """The `data` of each answer: of a document that is one, and of those that blocks of a page hand to its script."""
    for document in documents:
        yield mapping(mapping(document).get("data"))
        for found in objects(document, stop=_is_handed_over):
            if _is_handed_over(found):
                yield mapping(found["result"]["data"])


def _is_handed_over(found: Mapping[str, Any]) -> bool:
    return "data" in mapping(found.get("result"))


def _users(data: Json, profile: Profile) -> list[Mapping[str, Any]]:
    """The profile's own objects in an answer, none of them inside another."""
    outermost = objects(data, stop=lambda found: belongs(found, profile))
    return [found for found in outermost if belongs(found, profile)]


def _says_something(data: Json) -> bool:
    """Whether a text or a number stands in it that is not about something else."""
    said = (value for value in values(data, aside=_BESIDE) if isinstance(value, str | int | float))
    return any(not isinstance(value, bool) and value not in ("", 0) for value in said)


def _has_pictures(found: Mapping[str, Any]) -> bool:
    """Whether an object in it has both a list of objects and addresses. Lists of its own are fields of a profile."""
    return any(_lists_pictures({name: child}) for name, child in found.items() if isinstance(child, dict))


def _lists_pictures(part: Json) -> bool:
    return any(_holds_objects(value) for value in values(part, aside=_APART)) \
        and any(_is_address(value) for value in values(part, aside=_APART))


def _holds_objects(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)


def _is_address(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))
