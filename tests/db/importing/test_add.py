"""Files and folders of the user's own: each item is told, and one that is no image ends nothing."""

import pillow_heif
import pytest
from PIL import Image

from db.errors import StorageFailed
from db.importing.add import add_images
from db.records import Role


@pytest.fixture
def folder(tmp_path, make_image):
    """Two images, one of them in a folder below, and what is not to be taken for one."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "a.png").write_bytes(make_image("red"))
    (folder / "below" / "b.JPEG").write_bytes(make_image("lime", image_format="JPEG"))
    (folder / "broken.jpg").write_bytes(b"<html>")
    for name in ("notes.txt", ".c.png", ".hidden/d.png"):
        (folder / name).write_bytes(make_image("blue"))
    return folder


def told(additions) -> list[tuple[str, str]]:
    return [(addition.path.name, addition.status) for addition in additions]


def test_the_images_of_a_folder_are_added_and_what_is_broken_is_told(library, folder):
    additions = list(add_images(library, [folder], Role.STYLE))
    assert told(additions) == [
        ("a.png", "added"), ("broken.jpg", "failed"), ("notes.txt", "ignored"), ("b.JPEG", "added"),
    ]
    assert "web page" in additions[1].reason
    assert [image.id for image in library.images.find(Role.STYLE)] == [additions[0].image_id, additions[3].image_id]


def test_a_jpeg_by_another_name_is_a_jpeg_and_what_describes_others_is_not_ignored(library, tmp_path, make_image):
    folder = tmp_path / "phone"
    folder.mkdir()
    (folder / "saved.jfif").write_bytes(make_image(image_format="JPEG"))
    (folder / "phone.DNG").write_bytes(b"II*\0")
    (folder / "saved.jfif.json").write_text("{}")
    additions = list(add_images(library, [folder], Role.STYLE))
    assert told(additions) == [("phone.DNG", "ignored"), ("saved.jfif", "added")]
    assert library.images.get(additions[1].image_id).path.suffix == ".jpg"


def test_what_phones_write_is_taken(library, tmp_path, make_image):
    folder = tmp_path / "phone"
    folder.mkdir()
    pillow_heif.from_pillow(Image.new("RGB", (40, 30), "red")).save(folder / "IMG_1.HEIC")
    (folder / "IMG_2.heif").write_bytes(b"\0\0\0\x18ftypheic")
    (folder / "IMG_3.MPO").write_bytes(make_image(image_format="MPO", save_all=True,
                                                  append_images=[Image.new("RGB", (32, 24), "blue")]))
    additions = list(add_images(library, [folder], Role.CONTENT))
    assert told(additions) == [("IMG_1.HEIC", "added"), ("IMG_2.heif", "failed"), ("IMG_3.MPO", "added")]
    found = [library.images.get(addition.image_id) for addition in (additions[0], additions[2])]
    assert [(image.path.suffix, image.width, image.height) for image in found] == [
        (".heic", 40, 30), (".jpg", 32, 24)]


def test_a_role_that_changes_is_told(library, tmp_path, make_image):
    picture = tmp_path / "a.png"
    picture.write_bytes(make_image())
    roles = [
        [addition.role_before for addition in add_images(library, [picture], role)]
        for role in (None, Role.CONTENT, Role.STYLE, Role.STYLE)
    ]
    assert roles == [[None], [None], [Role.CONTENT], [None]]


def test_adding_again_changes_nothing(library, folder):
    list(add_images(library, [folder], Role.STYLE))
    before = library.images.find()
    assert told(add_images(library, [folder / "a.png"], Role.STYLE)) == [("a.png", "known")]
    assert library.images.find() == before


def test_a_file_named_by_the_user_is_tried_whatever_it_is_called(library, folder):
    additions = add_images(library, [folder / "notes.txt", folder / "none.png"], Role.CONTENT)
    assert told(additions) == [("notes.txt", "added"), ("none.png", "failed")]


def test_a_full_disk_ends_it_and_keeps_what_is_done(library, folder, noise, full_disk):
    (folder / "z.png").write_bytes(noise)
    additions = add_images(library, [folder / "a.png", folder / "z.png"], Role.STYLE)
    with full_disk(150_000), pytest.raises(StorageFailed):
        list(additions)
    assert len(library.images.find()) == 1
