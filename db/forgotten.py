"""Forgetting: a profile's or post's rows, files and results removed, and never fetched again.

What no row knows of goes first: samples of pages that name it, and all progress, which does not say whose it is. Then
rows, in one transaction that also notes which files are to go; files after. A kill in between leaves that note, and
whoever forgets or takes back anything clears up first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from db.disk import storage_errors, sync
from db.engine import Sessions
from db.frames import Frames
from db.parameters import each
from db.records import Forgettable
from db.samples import Samples
from db.schema import (
    AdditionRow,
    FileRow,
    FollowRow,
    ForeignPostRow,
    ForgottenRow,
    FormerFileRow,
    ImageRow,
    PostRow,
    ProfilePostRow,
    ProfileRow,
    ResultRow,
    RunRow,
    SlideRow,
)
from db.store import FileStore

Kind = Forgettable
_COMMAND = "forget"
NOTING = (_COMMAND, "remove")      # commands whose rows note the files that are to go


@dataclass(frozen=True)
class Removal:
    """What forgetting takes away; `files` are those of pictures and of results, `samples` kept pages."""

    posts: int
    results: int
    files: int
    samples: int = 0


class Forgotten:
    """Queries on what is forgotten, and the forgetting itself."""

    def __init__(self, sessions: Sessions, store: FileStore, samples: Samples, frames: Frames) -> None:
        self._sessions = sessions
        self._frames = frames
        self._store = store
        self._samples = samples

    def removal(self, kind: Kind, pk: str, name: str) -> Removal:
        """What forgetting it would take away; nothing is changed."""
        with self._sessions.write() as session:
            samples = self._samples.naming(_names(session, kind, pk) | {name})
            removal, _, _ = _remove(session, kind, pk)
            session.rollback()
        return replace(removal, samples=len(samples))

    def forget(self, kind: Kind, pk: str, name: str) -> Removal:
        """Remove a profile or a post with all that depends on it; the caller holds the locks of those who write.

        Of a profile, the posts that it owns or that were seen nowhere else. A picture that was also added from disk,
        or that another post has, stays with its results.
        """
        self.clear_up()
        with self._sessions.read() as session:
            names = _names(session, kind, pk) | {name}
        samples = self._samples.naming(names)
        for sample in samples:
            self._samples.remove(sample)
        self._store.clear_progress(names)
        with self._sessions.write() as session:
            removal, paths, images = _remove(session, kind, pk)
            if session.get(ForgottenRow, (kind.value, pk)) is None:
                session.add(ForgottenRow(kind=kind.value, pk=pk, name=name, forgotten_at=datetime.now(UTC)))
            now = datetime.now(UTC)
            counts = {"paths": paths, "images": images}
            session.add(RunRow(command=_COMMAND, target=f"{kind} {name}", started_at=now, counts=counts))
        self.clear_up()
        return replace(removal, samples=len(samples))

    def clear_up(self) -> int:
        """Delete the files of all that was forgotten or removed and are still there, but for what a row has taken up.

        Returns how many; the caller holds the locks of those who write.
        """
        removed = 0
        with self._sessions.write() as session:
            for run in session.scalars(_unfinished()):
                going = self._still_there(session, run)
                with storage_errors():
                    for path in going:
                        path.unlink(missing_ok=True)
                    for folder in {path.parent for path in going}:
                        sync(folder)
                images = run.counts.get("images", [])
                there = set(session.scalars(select(FileRow.sha256).where(FileRow.sha256.in_(each(images)))))
                self._frames.forget(set(images) - there)
                self._frames.remove(run.counts.get("frames", []))
                counts = {"files": len(run.counts["paths"])}
                run.ended_at, run.outcome, run.counts = datetime.now(UTC), "done", counts
                removed += len(going)
        return removed

    def left_over(self) -> int | None:
        """How many files a forgetting that was cut off has left; None where none was."""
        with self._sessions.read() as session:
            runs = session.scalars(_unfinished()).all()
            return sum(len(self._still_there(session, run)) for run in runs) if runs else None

    def _still_there(self, session: Session, run: RunRow) -> list[Path]:
        """The files that a forgetting noted and that are there, but for those that a row has taken up again."""
        paths = run.counts["paths"]
        kept = set(session.scalars(select(FileRow.path).where(FileRow.path.in_(each(paths)))))
        going = (self._store.absolute(path) for path in sorted(set(paths) - kept))
        return [path for path in going if path.exists()]

    def take_back(self, kind: Kind, name: str) -> bool:
        """Let it be fetched again; whether it was forgotten."""
        with self._sessions.write() as session:
            rows = session.scalars(select(ForgottenRow).where(_named(kind, name))).all()
            for row in rows:
                session.delete(row)
            return bool(rows)

    def has(self, kind: Kind, name: str) -> bool:
        """Whether a profile of this name, or a post of this code, is forgotten."""
        with self._sessions.read() as session:
            return bool(session.scalar(select(exists().where(_named(kind, name)))))

    def has_profile(self, pk: str) -> bool:
        """Whether the profile with this id is forgotten, whatever its name is now."""
        with self._sessions.read() as session:
            return session.get(ForgottenRow, (Kind.PROFILE.value, pk)) is not None

    def posts(self, owners: Mapping[str, str | None]) -> frozenset[str]:
        """Which of these posts (id -> owner's id, if known) are forgotten, by themselves or with their owner."""
        pks = [*owners, *filter(None, owners.values())]
        with self._sessions.read() as session:
            # With the kind, for the key begins with it.
            of_any_kind = ForgottenRow.kind.in_([kind.value for kind in Kind])
            rows = session.scalars(select(ForgottenRow).where(of_any_kind, ForgottenRow.pk.in_(each(pks))))
            found = {(row.kind, row.pk) for row in rows}
        return frozenset(
            pk for pk, owner in owners.items() if (Kind.POST, pk) in found or (Kind.PROFILE, owner) in found
        )


def _unfinished() -> Select[RunRow]:
    """The forgettings and removals whose files may still be there."""
    return select(RunRow).where(RunRow.command.in_(NOTING), RunRow.ended_at.is_(None)).order_by(RunRow.id)


def _named(kind: Kind, name: str) -> ColumnElement[bool]:
    return and_(ForgottenRow.kind == kind.value, ForgottenRow.name == name)


def _names(session: Session, kind: Kind, pk: str) -> frozenset[str]:
    """What a profile or a post may be called in a document: ids, name and codes, of the posts that go with it, too."""
    posts = _posts_of(session, kind, pk)
    codes = session.scalars(select(PostRow.code).where(PostRow.pk.in_(each(posts))))
    usernames = session.scalars(select(ProfileRow.username).where(ProfileRow.pk == pk))
    return frozenset((pk, *posts, *codes, *usernames))


def _remove(session: Session, kind: Kind, pk: str) -> tuple[Removal, list[str], list[str]]:
    """Delete the rows; returns what was lost, and of what has none any more: the paths, and the hashes of images."""
    posts = _posts_of(session, kind, pk)
    pictures = [
        *session.scalars(select(SlideRow.file_id).where(SlideRow.post_pk.in_(each(posts)), SlideRow.file_id > 0)),
        *session.scalars(select(FormerFileRow.file_id).where(FormerFileRow.post_pk.in_(each(posts)))),
    ]
    for table in (FormerFileRow, SlideRow, ProfilePostRow):
        session.execute(delete(table).where(table.post_pk.in_(each(posts))))
    session.execute(delete(PostRow).where(PostRow.pk.in_(each(posts))))
    if kind is Kind.PROFILE:
        _remove_profile(session, pk)
    unneeded = session.execute(
        select(FileRow.id, FileRow.sha256).where(FileRow.id.in_(each(pictures)), ~is_an_image())).all()
    unused = [row.id for row in unneeded]
    made = or_(ResultRow.content_id.in_(each(unused)), ResultRow.style_id.in_(each(unused)))
    session.execute(delete(ImageRow).where(ImageRow.file_id.in_(each(unused))))
    results = session.execute(select(ResultRow.id, ResultRow.file_id).where(made)).all()
    session.execute(delete(ResultRow).where(made))
    files = [*unused, *(row.file_id for row in results if row.file_id is not None)]
    going = session.execute(
        select(FileRow.id, FileRow.path).where(FileRow.id.in_(each(files)), ~is_an_image(), ~is_of_a_result())
    ).all()
    session.execute(delete(FileRow).where(FileRow.id.in_(each([row.id for row in going]))))
    removal = Removal(len(posts), len(results), len(going))
    return removal, [row.path for row in going], [row.sha256 for row in unneeded]


def _posts_of(session: Session, kind: Kind, pk: str) -> list[str]:
    """The post itself, or the posts that go with a profile: its own, and those seen on no other."""
    if kind is Kind.POST:
        return list(session.scalars(select(PostRow.pk).where(PostRow.pk == pk)))
    other = aliased(ProfilePostRow)
    elsewhere = exists().where(other.post_pk == PostRow.pk, other.profile_pk != pk)
    seen = select(ProfilePostRow.post_pk).where(ProfilePostRow.profile_pk == pk)
    return list(
        session.scalars(select(PostRow.pk).where(or_(PostRow.owner_pk == pk, and_(PostRow.pk.in_(seen), ~elsewhere))))
    )


def _remove_profile(session: Session, pk: str) -> None:
    names = select(ProfileRow.username).where(ProfileRow.pk == pk)
    session.execute(delete(FollowRow).where(or_(FollowRow.profile_pk == pk, FollowRow.username.in_(names))))
    for table in (ProfilePostRow, ForeignPostRow):
        session.execute(delete(table).where(table.profile_pk == pk))
    session.execute(delete(ProfileRow).where(ProfileRow.pk == pk))


def is_an_image() -> ColumnElement[bool]:
    """Whether a post or an addition still has the file."""
    return or_(
        exists().where(SlideRow.file_id == FileRow.id),
        exists().where(FormerFileRow.file_id == FileRow.id),
        exists().where(AdditionRow.file_id == FileRow.id),
    )


def is_of_a_result() -> ColumnElement[bool]:
    """Whether a result still needs the file."""
    columns = (ResultRow.content_id, ResultRow.style_id, ResultRow.file_id)
    return or_(*(exists().where(column == FileRow.id) for column in columns))
