"""What was seen stays known, what is saved stays saved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from db.posts import CHUNK, GIVE_UP_AFTER
from db.records import PostState, ProfileRecord, Role, SlideRecord

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def counts(library) -> dict[str, int]:
    return {name: count for name, count in library.posts.counts().items() if count}


def test_a_profile_is_its_pk_and_its_name_may_change(library, profile):
    renamed = ProfileRecord(profile.pk, "anna", Role.STYLE, "Anna", is_private=True)
    library.posts.save_profile(renamed)
    assert library.posts.profiles() == [renamed]
    assert library.posts.profile_named("anna") == renamed
    assert library.posts.profile_named("ana") is None


def test_a_name_that_two_profiles_had_belongs_to_the_one_seen_last(library, profile):
    successor = ProfileRecord("2", profile.username, Role.CONTENT)
    library.posts.save_profile(successor)
    assert library.posts.profile_named(profile.username) == successor


def test_a_post_is_known_by_its_pk_and_unknown_ones_are_absent(library, profile, make_post):
    library.posts.save(make_post("10", slides=3), profile.pk)
    assert library.posts.states(["10", "11"]) == {"10": PostState("10", "C10", False, 3, 0)}


def test_more_posts_than_a_statement_has_parameters_are_found(library, profile, make_post):
    for number in (1, CHUNK + 5):
        library.posts.save(make_post(str(number), slides=1), profile.pk)
    asked = [str(number) for number in range(2 * CHUNK)]
    assert set(library.posts.states(asked)) == {"1", str(CHUNK + 5)}


def test_saving_a_post_again_changes_nothing(library, profile, make_post, make_image):
    state = library.posts.save(make_post(), profile.pk)
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    again = library.posts.save(make_post(), profile.pk)
    assert (state.slides_saved, again.slides_saved) == (0, 1)
    assert library.posts.save(make_post(), profile.pk) == again


def test_a_sight_that_tells_less_takes_nothing_away(library, profile, make_post, make_image):
    full = SlideRecord(0, "10-0", alt_text="A cat", original_width=1080, original_height=1350)
    library.posts.save(replace(make_post(taken_at=NOON), slides=(full,)), profile.pk)
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", None)
    library.posts.save(make_post(slides=1), profile.pk)
    (image,) = library.images.find()
    assert (image.taken_at, image.alt_text) == (NOON, "A cat")


def test_a_post_of_two_profiles_is_one_post(library, profile, make_post):
    library.posts.save_profile(ProfileRecord("2", "ben", Role.STYLE))
    library.posts.save(make_post(slides=1), profile.pk)
    library.posts.save(make_post(slides=1), "2")
    assert counts(library) == {"profiles": 2, "posts": 1, "slides_pending": 1}


def test_two_posts_that_claim_one_code_are_still_two_posts(library, profile, make_post):
    library.posts.save(make_post("10", code="same"), profile.pk)
    library.posts.save(make_post("11", code="same"), profile.pk)
    assert counts(library)["posts"] == 2


def test_a_post_is_complete_when_every_slide_is_saved_a_video_or_given_up(library, profile, make_post, make_image):
    library.posts.save(make_post(slides=3, videos=(1,)), profile.pk)
    assert library.posts.open_slides("10") == [0, 2]
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    for _ in range(GIVE_UP_AFTER):
        assert not library.posts.states(["10"])["10"].complete
        library.posts.slide_failed("10", 2, "gone")
    assert library.posts.states(["10"]) == {"10": PostState("10", "C10", True, 3, 1)}
    assert library.posts.open_slides("10") == []


def test_a_post_without_slides_is_never_complete(library, profile, make_post):
    assert not library.posts.save(make_post(slides=0), profile.pk).complete


def test_a_failed_slide_is_tried_again_and_can_be_saved(library, profile, make_post, make_image):
    library.posts.save(make_post(slides=1), profile.pk)
    library.posts.slide_failed("10", 0, "timed out")
    assert library.posts.open_slides("10") == [0]
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    assert counts(library) == {"profiles": 1, "posts": 1, "slides_saved": 1}


def test_a_failure_never_takes_back_a_saved_slide(library, profile, make_post, make_image):
    library.posts.save(make_post(slides=1), profile.pk)
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    library.posts.slide_failed("10", 0, "timed out")
    assert counts(library)["slides_saved"] == 1
    assert len(library.images.find()) == 1


def test_a_cover_that_turns_out_to_be_a_video_is_not_fetched(library, profile, make_post, make_image):
    library.posts.save(make_post(slides=2), profile.pk)
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    library.posts.save(make_post(slides=2, videos=(0, 1)), profile.pk)
    assert counts(library) == {"profiles": 1, "posts": 1, "slides_saved": 1, "slides_video": 1}
    library.posts.save(make_post(slides=2), profile.pk)
    assert library.posts.open_slides("10") == [1]


def test_times_are_kept_in_utc_whatever_zone_they_come_in(library, profile, make_post, make_image):
    kolkata = timezone(timedelta(hours=5, minutes=30))
    library.posts.save(make_post(slides=1, taken_at=NOON.astimezone(kolkata)), profile.pk)
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    taken_at = library.images.find()[0].taken_at
    assert (taken_at, taken_at.tzinfo) == (NOON, UTC)


def test_a_time_without_a_zone_is_refused_not_guessed(library, profile, make_post):
    with pytest.raises(StatementError, match="no time zone"):
        library.posts.save(make_post(taken_at=NOON.replace(tzinfo=None)), profile.pk)


@pytest.mark.parametrize(
    ("caption", "kept"),
    [
        ("'); DROP TABLE posts; --", "'); DROP TABLE posts; --"),
        ("a\x00b\x1b[2J\n=1+1", "a\x00b\x1b[2J\n=1+1"),
        ("half an emoji \ud83d", "half an emoji ?"),
        ("🐈" * 3000, "🐈" * 3000),
    ],
)
def test_text_from_a_page_is_only_text(caption, kept, library, profile, make_post, make_image):
    slide = SlideRecord(0, "10-0", alt_text=caption)
    library.posts.save(replace(make_post(caption=caption), slides=(slide,)), profile.pk)
    library.posts.slide_saved("10", 0, library.store.put_bytes(make_image()), "https://a", True)
    assert library.images.find()[0].alt_text == kept
