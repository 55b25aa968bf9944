"""What is near a word that names nothing: said in one line, so that the next attempt succeeds."""

import difflib
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.schema import AdditionRow, ImageRow, ImageTagRow, PostRow, ProfileRow, ResultRow, ResultTagRow
from db.selection.terms import Kind, Term

_MOST = 3           # are named
_CUTOFF = 0.6
_LONGEST = 80       # characters that are compared


def unknown(session: Session, term: Term) -> str:
    """That nothing is called so, and what is."""
    match term.kind:
        case Kind.IMAGES:
            return f"{_numbered('image', term)}; {_from_to(session, ImageRow.id, 'images', '')}"
        case Kind.RESULTS:
            return f"{_numbered('result', term)}; {_from_to(session, ResultRow.id, 'results', 'r')}"
        case Kind.STARRED:
            return "nothing is starred; `star` does it"
        case Kind.PROFILE:
            names = session.scalars(select(ProfileRow.username).distinct())
            return f"no image of a profile {term.name}" + _near(term.name, (f"@{name}" for name in names), "@")
        case Kind.TAG:
            tags = session.scalars(select(ImageTagRow.tag).union(select(ResultTagRow.tag)))
            return f"nothing is tagged #{term.name}" + _near(term.name, (f"#{tag}" for tag in tags), "#")
        case Kind.POST:
            return f"no image of the post {term.text}" + _near(term.name, session.scalars(select(PostRow.code)))
        case Kind.NAME:
            return f"nothing is called {term.text[:200]!r}" + _near(term.text, _names(session))


def _numbered(noun: str, term: Term) -> str:
    return f"no {noun} {term.first}" if term.first == term.last else f"no {noun}s from {term.first} to {term.last}"


def _from_to(session: Session, number: object, nouns: str, sign: str) -> str:
    first, last = session.execute(select(func.min(number), func.max(number))).one()
    return f"there are no {nouns} yet" if first is None else f"{nouns} go from {sign}{first} to {sign}{last}"


def _names(session: Session) -> list[str]:
    """All that a word without a sign may mean; a name that was meant for a profile or a tag, too."""
    origins = session.scalars(select(AdditionRow.origin))
    return [
        *dict.fromkeys(origin.rpartition("/")[2] for origin in origins),
        *session.scalars(select(PostRow.code)),
        *(f"@{name}" for name in session.scalars(select(ProfileRow.username).distinct())),
        *(f"#{tag}" for tag in session.scalars(select(ImageTagRow.tag).distinct())),
    ]


def _near(word: str, names: Iterable[str], sign: str = "") -> str:
    """Such as "; near it: a, b"."""
    wanted = f"{sign}{word}".lower()[:_LONGEST]
    by_form: dict[str, str] = {}
    for name in names:
        by_form.setdefault(name.lower()[:_LONGEST], name)
        if not sign and name[:1] in "@#":
            by_form.setdefault(name[1:].lower()[:_LONGEST], name)
    found = [form for form in by_form if wanted in form and len(wanted) > 2][:_MOST]
    found += difflib.get_close_matches(wanted, by_form, _MOST, _CUTOFF)
    near = list(dict.fromkeys(by_form[form] for form in found))[:_MOST]
    return f"; near it: {', '.join(near)}" if near else ""
