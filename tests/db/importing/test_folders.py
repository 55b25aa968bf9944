"""Folders made by other tools: their pictures are the same images as scraped ones, once."""

import json
import lzma
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.importing.add import add_images
from db.library import Library
from db.records import PostRecord, ProfileRecord, Role, SlideRecord
from tests.db.importing.test_reading import NODE, SLIDE

POST = "3967056427071045743"
Write = Any


@pytest.fixture
def write(tmp_path: Path, make_image: Any) -> Write:
    """Write a picture, or whatever is given, to a place in a folder of downloads; returns the folder."""
    folder = tmp_path / "downloads"

    def write_file(name: str, content: Any = None) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            content = make_image(f"#{zlib.crc32(name.encode()) % 2**24:06x}")
        elif not isinstance(content, bytes):
            content = json.dumps(content).encode()
        path.write_bytes(content)
        return folder

    return write_file


def told(additions: Any) -> list[tuple[str, str, str | None]]:
    return [(each.path.name, each.status, each.post_code) for each in additions]


def test_what_gallery_dl_fetched_are_slides_and_a_visit_has_only_the_rest_to_fetch(
    library: Library, write: Write
) -> None:
    write("one.jpg")
    write("one.jpg.json", SLIDE | {"num": 1, "media_id": "31"})
    folder = write("two.mp4.json", SLIDE | {"num": 2, "media_id": "32", "video_url": "https://x/v.mp4"})
    assert told(add_images(library, [folder], Role.STYLE)) == [("one.jpg", "added", "DcN0M1TgABv")]
    (image,) = library.images.find(Role.STYLE)
    assert (image.profile, image.post_code, image.slide) == ("harbour.light", "DcN0M1TgABv", 0)
    assert image.taken_at is not None
    assert image.taken_at.year == 2026
    state = library.posts.states([POST])[POST]
    assert (state.slides_expected, state.slides_saved, state.complete) == (3, 1, False)
    assert library.posts.open_slides(POST) == [2]

    write("three.jpg")
    write("three.jpg.json", SLIDE | {"num": 3, "media_id": "33"})
    list(add_images(library, [folder], None))
    assert library.posts.states([POST])[POST].complete
    assert [image.role for image in library.images.find()] == [Role.STYLE, Role.STYLE]


def test_what_instaloader_fetched_are_slides_also_from_a_packed_sidecar(library: Library, write: Write) -> None:
    write("2026-08-20_09-00-00_UTC_1.jpg")
    write("2026-08-20_09-00-00_UTC_2.jpg")     # the cover of the video: a picture like any other
    folder = write("2026-08-20_09-00-00_UTC.json.xz", lzma.compress(json.dumps(NODE).encode()))
    assert told(add_images(library, [folder], None)) == [
        ("2026-08-20_09-00-00_UTC_1.jpg", "added", "DcN0M1TgABv"), ("2026-08-20_09-00-00_UTC_2.jpg", "added", None),
    ]
    assert library.posts.states([POST])[POST].complete
    assert library.images.find()[0].alt_text == "A net"


def test_adding_again_or_from_the_other_tool_adds_nothing(library: Library, write: Write) -> None:
    write("gd/one.jpg")
    write("gd/one.jpg.json", SLIDE | {"num": 1})
    write("il/2026_UTC_1.jpg")
    folder = write("il/2026_UTC.json", NODE)
    first = list(add_images(library, [folder], Role.CONTENT))
    assert [each.status for each in first] == ["added", "known"]
    before = (library.images.find(), library.posts.counts(), sorted(library.root.rglob("files/*/*")))
    assert [each.status for each in add_images(library, [folder], Role.CONTENT)] == ["known", "known"]
    assert before == (library.images.find(), library.posts.counts(), sorted(library.root.rglob("files/*/*")))


def test_what_was_scraped_is_known_and_keeps_what_the_page_said(
    library: Library, write: Write, make_image: Any
) -> None:
    library.posts.save_profile(ProfileRecord("5550001234", "renamed.since", Role.STYLE, "Harbour Light"))
    slides = (SlideRecord(0, "31"), SlideRecord(1, "32"), SlideRecord(2, "33"))
    library.posts.save(PostRecord(POST, "DcN0M1TgABv", "5550001234", "carousel", slides, caption="A"), "5550001234")
    library.posts.slide_saved(POST, 1, library.store.put_bytes(make_image()), "https://x/1.jpg", True)
    before = library.images.find()
    write("two.jpg")
    folder = write("two.jpg.json", SLIDE | {"description": "changed since", "media_id": "99"})
    assert [each.status for each in add_images(library, [folder], None)] == ["known"]
    assert library.images.find() == before


@pytest.mark.parametrize("sidecar", [b"{", b"[1", {"category": "twitter"}, SLIDE | {"post_id": []}, b"\xff\xfe"])
def test_a_broken_or_foreign_sidecar_leaves_a_plain_addition(library: Library, write: Write, sidecar: Any) -> None:
    write("one.jpg")
    folder = write("one.jpg.json", sidecar)
    assert told(add_images(library, [folder], None)) == [("one.jpg", "added", None)]
    assert library.images.find()[0].name == "one.jpg"


def test_a_sidecar_that_is_a_link_or_a_pipe_is_not_read(library: Library, write: Write, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text(json.dumps(SLIDE))
    write("one.jpg")
    folder = write("two.jpg")
    (folder / "one.jpg.json").symlink_to(tmp_path / "elsewhere.json")
    os.mkfifo(folder / "two.jpg.json")
    assert [each.post_code for each in add_images(library, [folder], None)] == [None, None]


def archive(write: Write, tmp_path: Path, *uris: str) -> Path:
    folder: Path = write("media/posts/202608/a.jpg")
    write("media/stories/202608/story.jpg")
    write("messages/inbox/friend/photo.jpg")
    write("media/posts/film.mp4", b"not a picture")
    (tmp_path / "secret.png").write_bytes((folder / "messages/inbox/friend/photo.jpg").read_bytes())
    (folder / "media/posts/link.jpg").symlink_to(tmp_path / "secret.png")
    (folder / "media/out").symlink_to(tmp_path)
    return write("your_instagram_activity/content/posts_1.json", [
        {"media": [{"uri": uri, "creation_timestamp": 1787216400, "title": "x"}]} for uri in uris
    ])


def test_of_an_archive_only_the_pictures_of_posts_are_added(library: Library, write: Write, tmp_path: Path) -> None:
    folder = archive(write, tmp_path, "media/posts/202608/a.jpg", "media/posts/film.mp4", "media/posts/none.jpg")
    additions = list(add_images(library, [folder], Role.BOTH))
    assert told(additions) == [("a.jpg", "added", None), ("none.jpg", "failed", None)]
    assert [(each.caption, each.taken_at is None) for each in additions] == [("x", False)] * 2
    (image,) = library.images.find()
    assert (image.name, image.caption, image.taken_at) == ("a.jpg", "x", datetime(2026, 8, 20, 9, tzinfo=UTC))


def test_dates_and_captions_come_into_the_catalog_from_each_kind_of_folder(library: Library, write: Write) -> None:
    write("gd/one.jpg")
    write("gd/one.jpg.json", SLIDE | {"num": 1, "media_id": "31"})
    node = NODE["node"] | {"id": "3976508710566680199", "shortcode": "DcvZZqTktaH"}
    write("il/2026_UTC_1.jpg")
    write("il/2026_UTC.json", NODE | {"node": node})
    write("archive/media/posts/a.jpg")
    media = [{"uri": "media/posts/a.jpg", "creation_timestamp": 1787216400, "title": "Nets"}]
    folder = write("archive/content/posts_1.json", [{"media": media}])
    list(add_images(library, [folder / "gd", folder / "il", folder / "archive"], None))
    told = [(image.post_code, image.taken_at, image.caption) for image in library.images.find()]
    moment = datetime(2026, 8, 20, 9, tzinfo=UTC)
    assert told == [(code, moment, "Nets") for code in ("DcN0M1TgABv", "DcvZZqTktaH", None)]


def test_an_archive_that_is_added_later_tells_the_date_of_a_picture_that_is_there(
    library: Library, write: Write, tmp_path: Path
) -> None:
    folder = archive(write, tmp_path, "media/posts/202608/a.jpg")
    list(add_images(library, [folder / "media/posts/202608/a.jpg"], None))
    assert library.images.find()[0].taken_at is None
    assert [each.status for each in add_images(library, [folder], None)] == ["known"]
    before = library.images.find()
    assert before[0].caption == "x"
    list(add_images(library, [folder / "media/posts/202608/a.jpg"], None))
    assert library.images.find() == before


@pytest.mark.parametrize(
    "uri",
    [
        "../secret.png", "media/../../secret.png", "media/posts/link.jpg", "media/out/secret.png", "..\\secret.png",
        "/etc/hostname", "{tmp}/secret.png", "media/\0.jpg", "x" * 5000,
    ],
)
def test_no_address_in_an_archive_leads_out_of_it(library: Library, write: Write, tmp_path: Path, uri: str) -> None:
    folder = archive(write, tmp_path, uri.replace("{tmp}", str(tmp_path)))
    (addition,) = list(add_images(library, [folder], None))
    assert addition.status == "failed"
    assert library.images.find() == []
