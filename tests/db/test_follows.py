"""Followed profiles: who is next, and what becomes of one that is renamed."""

from db.library import Library
from db.records import ProfileRecord, Role


def names(library: Library) -> list[str]:
    return [follow.username for follow in library.follows.all()]


def test_never_visited_profiles_come_first_then_the_oldest_visit(library: Library) -> None:
    for name in ("ana", "ben", "cid"):
        assert library.follows.add(name, None, None)
    library.follows.visited("ana", "1", "caught_up")
    library.follows.visited("ben", "2", "limit")
    assert names(library) == ["cid", "ana", "ben"]
    assert [follow.last_outcome for follow in library.follows.all()] == [None, "caught_up", "limit"]


def test_following_again_changes_role_and_limit_and_keeps_the_visits(library: Library) -> None:
    library.follows.add("ana", None, 5)
    library.follows.visited("ana", "1", "limit")
    assert not library.follows.add("ana", Role.STYLE, None)
    (follow,) = library.follows.all()
    assert (follow.role, follow.limit, follow.last_outcome) == (Role.STYLE, None, "limit")


def test_a_renamed_profile_is_followed_under_its_new_name(library: Library) -> None:
    library.follows.add("ana", None, None)
    library.follows.visited("ana", "1", "caught_up")
    library.posts.save_profile(ProfileRecord("1", "ana.since", Role.CONTENT))
    assert names(library) == ["ana.since"]
    assert not library.follows.add("ana.since", Role.STYLE, None)
    assert library.follows.remove("ana.since")
    assert not library.follows.remove("ana")
    assert names(library) == []


def test_who_follows_the_new_name_of_a_followed_profile_has_it_visited_once_a_night(library: Library) -> None:
    library.follows.add("ana", Role.STYLE, None)
    library.posts.save_profile(ProfileRecord("1", "ana", Role.STYLE))
    library.follows.visited("ana", "1", "caught_up")
    library.follows.add("ana.later", None, 5)
    library.posts.save_profile(ProfileRecord("1", "ana.later", Role.STYLE))
    library.follows.visited("ana.later", "1", "caught_up")
    assert [(follow.username, follow.limit) for follow in library.follows.all()] == [("ana.later", 5)]


def test_a_profile_that_is_known_already_is_followed_by_its_id(library: Library) -> None:
    library.posts.save_profile(ProfileRecord("1", "ana", Role.CONTENT))
    library.follows.add("ana", None, None)
    library.posts.save_profile(ProfileRecord("1", "ana.since", Role.CONTENT))
    assert names(library) == ["ana.since"]


def test_a_visit_of_a_profile_that_was_unfollowed_meanwhile_is_nothing(library: Library) -> None:
    library.follows.visited("ana", "1", "limit")
    assert names(library) == []
