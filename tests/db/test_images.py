"""The same bytes are one image, with the oldest source and the union of its roles."""

from datetime import UTC, datetime

import pytest

from db.errors import UnknownImage
from db.records import ProfileRecord, Role


def save_slide(library, post, stored, profile_pk="1") -> None:
    library.posts.save(post, profile_pk)
    library.posts.slide_saved(post.pk, 0, stored, f"https://example/{post.pk}", True)


def test_an_image_of_a_post_tells_where_it_came_from(library, profile, make_post, make_image):
    taken_at = datetime(2024, 5, 1, tzinfo=UTC)
    stored = library.store.put_bytes(make_image(size=(40, 30)))
    save_slide(library, make_post("10", slides=1, taken_at=taken_at), stored)
    (image,) = library.images.find()
    assert (image.sha256, image.path, image.width, image.height) == (stored.sha256, stored.path, 40, 30)
    assert (image.profile, image.post_code, image.slide, image.taken_at) == ("ana", "C10", 0, taken_at)
    assert (image.source_url, image.is_full_size, image.name) == ("https://example/10", True, None)
    assert library.images.get(image.id) == image


def test_an_image_of_the_users_own_has_its_file_s_name(library, make_image):
    stored = library.store.put_bytes(make_image())
    image_id, is_new = library.images.add(stored, "/home/me/a b.png", Role.STYLE)
    image = library.images.get(image_id)
    assert is_new
    assert (image.name, image.role, image.profile, image.taken_at) == ("a b.png", Role.STYLE, None, None)


def test_adding_the_same_file_again_changes_nothing(library, make_image):
    stored = library.store.put_bytes(make_image())
    date = datetime(2024, 5, 1, tzinfo=UTC)
    image_id, _ = library.images.add(stored, "/a.png", Role.CONTENT, taken_at=date, caption="Fog")
    before = library.images.find()
    assert library.images.add(stored, "/a.png", Role.CONTENT) == (image_id, False)
    assert library.images.find() == before


def test_added_again_from_the_same_place_it_takes_the_new_role(library, make_image):
    stored = library.store.put_bytes(make_image())
    library.images.add(stored, "/a.png", Role.CONTENT)
    library.images.add(stored, "/a.png", Role.STYLE)
    assert [image.role for image in library.images.find()] == [Role.STYLE]


@pytest.mark.parametrize("post_first", [True, False])
def test_an_image_reached_twice_has_its_oldest_source_and_both_roles(
    post_first, library, profile, make_post, make_image
):
    stored = library.store.put_bytes(make_image())
    if post_first:
        save_slide(library, make_post(slides=1), stored)
    library.images.add(stored, "/a.png", Role.STYLE)
    if not post_first:
        save_slide(library, make_post(slides=1), stored)
    (image,) = library.images.find()
    assert image.role is Role.BOTH
    assert (image.profile, image.name) == (("ana", None) if post_first else (None, "a.png"))


def test_a_post_of_two_profiles_serves_in_both_their_roles(library, profile, make_post, make_image):
    library.posts.save_profile(ProfileRecord("2", "ben", Role.STYLE))
    stored = library.store.put_bytes(make_image())
    save_slide(library, make_post(slides=1), stored)
    save_slide(library, make_post(slides=1), stored, "2")
    assert [image.role for image in library.images.find()] == [Role.BOTH]


def test_images_are_found_by_role_and_one_for_both_serves_in_either(library, make_image):
    for number, role in enumerate((Role.CONTENT, Role.STYLE, Role.BOTH), start=1):
        library.images.add(library.store.put_bytes(make_image(size=(number, 1))), f"/{number}", role)
    found = {role: [image.width for image in library.images.find(role)] for role in (None, *Role)}
    assert found == {None: [1, 2, 3], Role.CONTENT: [1, 3], Role.STYLE: [2, 3], Role.BOTH: [3]}


def test_an_unknown_id_is_told(library):
    with pytest.raises(UnknownImage, match="no image 7 "):
        library.images.get(7)


def test_a_name_that_is_not_unicode_can_be_recorded(library, make_image):
    stored = library.store.put_bytes(make_image())
    origin = b"/home/me/caf\xe9.png".decode("utf-8", "surrogateescape")
    library.images.add(stored, origin, Role.CONTENT)
    library.images.add(stored, origin, Role.CONTENT)
    assert [image.name for image in library.images.find()] == ["caf?.png"]
