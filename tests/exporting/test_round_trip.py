"""What was exported and added to a new library is the same images, posts and roles; others' sets bring their words."""

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.forgotten import Kind
from db.importing.add import Addition, add_images
from db.library import Library, open_library
from db.records import Image, PostRecord, ProfileRecord, Role, SlideRecord
from exporting.request import Form, Subject
from tests.exporting.conftest import Collection, noise

CARRYING = [Form.IMAGEFOLDER, Form.PARQUET, Form.WEBDATASET]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    """A new library."""
    with open_library(tmp_path / "other") as library:
        yield library


def told(additions: list[Addition]) -> list[tuple[str, str]]:
    return [(addition.path.name, addition.status) for addition in additions]


def known(library: Library) -> list[dict[str, Any]]:
    """What a library says of its images, by their hashes: all but numbers, places and signed addresses."""
    return [
        vars(replace(image, id=0, path=Path(), source_url=None, name=None, looks=None))
        for image in sorted(library.images.find(), key=lambda image: image.sha256)
    ]


def marked(small: Collection) -> list[Image]:
    """The images, some of them tagged, starred, and given another role; and one of a post that two profiles share."""
    library = small.library
    images = library.images.find()
    library.marks.tag_images([images[0].id, images[-1].id], ["sea", "night"])
    library.marks.star_images([images[1].id])
    library.marks.set_role([images[1].id], Role.BOTH)
    shared = PostRecord("777", "SsssssssssS", "424242", "image", (SlideRecord(0, "7771"),), None, "shared")
    library.posts.save_profile(ProfileRecord("1", "guest", Role.STYLE))
    library.posts.save(shared, "1")
    library.posts.slide_saved("777", 0, library.store.put_bytes(noise(77)), "https://signed.example", True)
    return library.images.find()


@pytest.mark.parametrize("form", CARRYING)
def test_a_round_trip_gives_the_same_images_posts_and_roles(small: Collection, other: Library, form: Form) -> None:
    images = marked(small)
    if form is Form.WEBDATASET:     # where all must be of one format, the user's own PNG becomes a JPEG
        (own,) = (image for image in images if image.name)
        small.library.marks.exclude([own.id])
        images.remove(own)
        small.export(form=form, split=(50, 25, 25))
    small.export(form=form, split=(50, 25, 25))
    additions = list(add_images(other, [small.folder / "out"], None))
    assert [addition.status for addition in additions if addition.status != "added"] == []
    before, after = known(small.library), known(other)
    if form is Form.WEBDATASET:
        before, after = ([told for told in each if told["post_code"]] for each in (before, after))
    assert after == before
    for image in images:
        if image.post_code is None:
            continue
        (theirs,) = (each for each in small.library.origins.of_slides().items() if each[0][0] == image.id)
        (ours,) = (each for each in other.origins.of_slides().items() if each[0][1:] == theirs[0][1:])
        assert replace(ours[1], fetched_at=None) == replace(theirs[1], fetched_at=None)
        assert abs((ours[1].fetched_at - theirs[1].fetched_at).total_seconds()) < 1     # type: ignore[operator]
    roles = {name: other.posts.profile_named(name).role for name in ("guest", "harbour.light", "some_painter")}  # type: ignore[union-attr]
    assert roles == {"guest": "style", "harbour.light": "content", "some_painter": "style"}
    # once more it changes nothing, and the user's later word stays
    other.marks.set_role([1], Role.STYLE)
    kept = known(other)
    assert {addition.status for addition in add_images(other, [small.folder / "out"], None)} == {"known"}
    assert known(other) == kept


def test_the_slides_that_were_not_handed_over_are_still_to_be_fetched(small: Collection, other: Library) -> None:
    (first, *_) = (image for image in small.library.images.find() if image.post_code == "BbbbbbbbbbB")
    small.write_only([first])
    list(add_images(other, [small.folder / "out"], None))
    (state,) = other.posts.states([other.origins.of_slides().popitem()[1].post_pk or ""]).values()
    assert (state.slides_expected, state.slides_saved, state.complete) == (2, 1, False)


def test_what_was_forgotten_does_not_come_back_with_an_export(small: Collection) -> None:
    small.export()
    painter = small.library.posts.profile_named("some_painter")
    assert painter is not None
    small.library.forgotten.forget(Kind.PROFILE, painter.pk, "some_painter")
    additions = list(add_images(small.library, [small.folder / "out"], None))
    assert [addition.path.name for addition in additions if addition.status == "forgotten"] == [
        "some_painter_CcccccccccC_1.jpg"]
    assert not [image for image in small.library.images.find() if image.profile == "some_painter"]


@pytest.mark.parametrize("form", CARRYING)
def test_of_pairs_the_originals_come_in_and_no_picture_that_was_made(
    small: Collection, other: Library, form: Form
) -> None:
    small.export(form=form, subject=Subject.PAIRS)
    additions = list(add_images(other, [small.folder / "out"], None))
    assert sorted(addition.status for addition in additions) == ["added", "added", "ignored"]
    assert [(image.role, image.caption) for image in other.images.find()] == [
        (Role.CONTENT, "Boats ✓ <b>\n=1+1"), (Role.STYLE, None)]


@pytest.mark.parametrize("form", CARRYING)
def test_a_set_changes_nothing_of_what_is_known(small: Collection, form: Form) -> None:
    marked(small)
    before = known(small.library)
    for subject in (Subject.IMAGES, Subject.PAIRS):
        small.export(form=form, subject=subject)
        statuses = {addition.status for addition in add_images(small.library, [small.folder / "out"], None)}
        assert statuses <= {"known", "ignored", "added"}
        assert [told for told in known(small.library) if told in before] == before


def test_a_role_that_is_asked_for_comes_first(small: Collection, other: Library) -> None:
    small.export()
    list(add_images(other, [small.folder / "out"], Role.STYLE))
    assert {image.role for image in other.images.find()} == {Role.STYLE}


def test_a_folder_as_hugging_face_has_it_comes_in_with_its_texts(tmp_path: Path, other: Library) -> None:
    folder = tmp_path / "hf"
    (folder / "train/below").mkdir(parents=True)
    for place, seed in (("train/a.jpg", 1), ("train/below/b.jpg", 2), ("train/c.jpg", 3), ("out.jpg", 4)):
        (folder / place).write_bytes(noise(seed))
    (folder / "train/link.jpg").symlink_to(folder / "out.jpg")
    lines = [
        {"file_name": "a.jpg", "text": "a boat", "tags": "1girl, b/d", "role": "style", "label": 3},
        {"file_name": "below/b.jpg", "caption": None, "additional": {"deep": [1]}},
        {"file_name": "../out.jpg"}, {"file_name": "/etc/passwd"}, {"file_name": "link.jpg"}, {"file_name": 3},
        {"file_name": "gone.jpg"}, {"no": "file"}, {"file_name": "a.jpg", "text": "again"},
    ]
    (folder / "train/metadata.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\nno json\n" + "[" * 2000)
    additions = list(add_images(other, [folder], None))
    assert told(additions) == [
        ("out.jpg", "added"), ("a.jpg", "added"), ("b.jpg", "added"),
        *[("metadata.jsonl", "failed")] * 4, ("gone.jpg", "failed"), *[("metadata.jsonl", "failed")] * 2,
        ("c.jpg", "added"), ("link.jpg", "known"),
    ]
    assert [addition.reason for addition in additions if addition.reason] == [
        "line 3 leads out of its folder: ../out.jpg", "line 4 leads out of its folder: /etc/passwd",
        "line 5 leads out of its folder: link.jpg", "line 6 leads out of its folder: 3", "no such file",
        "line 10 is no JSON object", "line 11 is no JSON object",
    ]
    assert [(image.name, image.caption, image.role, image.tags) for image in other.images.find()] == [
        ("out.jpg", None, "content", ()), ("a.jpg", "a boat", "content", ()), ("b.jpg", None, "content", ()),
        ("c.jpg", None, "content", ()),
    ]


def tar(path: Path, members: list[tuple[str, bytes | tarfile.TarInfo]]) -> Path:
    with tarfile.open(path, "w") as file:
        for name, data in members:
            info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
            file.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return path


def test_img2datasets_shards_come_in_with_caption_and_address(tmp_path: Path, other: Library) -> None:
    def row(key: str, **fields: Any) -> bytes:
        address = f"https://pictures.example/{key}.jpg"
        return json.dumps({"key": key, "url": address, "status": "success", **fields}).encode()

    folder = tmp_path / "shards"
    folder.mkdir()
    tar(folder / "00000.tar", [
        ("000000000.jpg", noise(1)), ("000000000.json", row("000000000", caption="a boat")),
        ("000000000.txt", b"a boat"),
        ("000000001.json", row("000000001", status="failed_to_download")),
        ("000000002.txt", b"ein Schiff"), ("000000002.json", row("2", url="file:///etc/passwd")),
        ("000000002.webp", noise(2, "WEBP")),
    ])
    (folder / "00000_stats.json").write_text("{}")
    additions = list(add_images(other, [folder], None))
    assert told(additions) == [("000000000.jpg", "added"), ("000000002.webp", "added")]
    assert [(image.name, image.caption, image.source_url) for image in other.images.find()] == [
        ("000000000.jpg", "a boat", "https://pictures.example/000000000.jpg"), ("000000002.webp", "ein Schiff", None)]


def test_img2datasets_files_come_in_with_caption_and_address(tmp_path: Path, other: Library) -> None:
    folder = tmp_path / "files/00000"
    folder.mkdir(parents=True)
    (folder / "000000000.jpg").write_bytes(noise(1))
    (folder / "000000000.json").write_text(json.dumps(
        {"key": "000000000", "url": "https://pictures.example/a.jpg", "status": "success", "caption": "a boat"}))
    (addition,) = add_images(other, [tmp_path / "files"], Role.STYLE)
    image = other.images.get(addition.image_id or 0)
    assert (image.caption, image.source_url, image.role) == ("a boat", "https://pictures.example/a.jpg", "style")


def test_a_tar_file_is_not_trusted(tmp_path: Path, other: Library) -> None:
    def special(kind: bytes, name: str, target: str = "") -> tuple[str, tarfile.TarInfo]:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        return name, info

    path = tar(tmp_path / "evil.tar", [
        ("../../escaped.jpg", noise(1)), ("/absolute.jpg", noise(2)),
        special(tarfile.SYMTYPE, "link.jpg", "/etc/passwd"), special(tarfile.LNKTYPE, "hard.jpg", "escaped.jpg"),
        special(tarfile.CHRTYPE, "device.jpg"), special(tarfile.FIFOTYPE, "pipe.jpg"),
        special(tarfile.DIRTYPE, "dir.jpg"),
        ("page.jpg", b"<html>"), ("deep.jpg", noise(3)), ("deep.json", b"[" * 100_000),
        ("formula.jpg", noise(4)), ("formula.json", b'{"caption": "\\u0000\\u001b[31m=1+1", "url": "javascript:1"}'),
    ])
    before = {each.name for each in tmp_path.parent.iterdir()}
    additions = list(add_images(other, [path], None))
    assert told(additions) == [
        ("escaped.jpg", "added"), ("absolute.jpg", "added"), ("page.jpg", "failed"), ("deep.jpg", "added"),
        ("formula.jpg", "added"),
    ]
    assert {each.name for each in tmp_path.parent.iterdir()} == before
    assert all(str(addition.path).startswith(f"{path}/") for addition in additions)
    assert other.images.find()[-1].source_url is None


@pytest.mark.parametrize(("kept", "whole"), [(200, []), (700, []), (-200, ["a.jpg"]), (50, []), (-450, ["a.jpg"])])
def test_a_tar_file_that_breaks_off_is_told_and_what_is_whole_is_there(
    tmp_path: Path, other: Library, kept: int, whole: list[str]
) -> None:
    path = tar(tmp_path / "half.tar", [("a.jpg", noise(1)), ("b.jpg", noise(2))])
    second = path.read_bytes().index(b"b.jpg")      # where its header begins
    path.write_bytes(path.read_bytes()[: kept if kept > 0 else second + 512 - kept])
    additions = list(add_images(other, [path], None))
    assert [addition.path.name for addition in additions if addition.status == "added"] == whole
    assert additions[-1].status == "failed"
    assert "damaged" in (additions[-1].reason or "")


def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path, other: Library) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 7 << 30
    path = tmp_path / "bomb.tar"
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT))
    with path.open("r+b") as file:
        file.truncate(8 << 30)      # of nothing: the disk holds one block
    (addition,) = add_images(other, [path], None)
    assert (addition.status, addition.reason) == (
        "failed", "damaged, or no tar file: a header claims more than a member may hold")


def test_a_parquet_file_of_others_comes_in_and_one_without_pictures_is_ignored(tmp_path: Path, other: Library) -> None:
    import pyarrow
    from pyarrow import parquet

    folder = tmp_path / "tables"
    folder.mkdir()
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(noise(9))
    parquet.write_table(pyarrow.table({"image": [
        {"bytes": noise(1), "path": "../../a.jpg"}, {"bytes": None, "path": str(secret)}], "text": ["a boat", "b"],
    }), folder / "a.parquet")
    parquet.write_table(pyarrow.table({"jpg": [noise(2)], "caption": ["c"], "url": ["https://x.example/2"]}),
                        folder / "b.parquet")
    parquet.write_table(pyarrow.table({"caption": ["no picture"]}), folder / "c.parquet")
    (folder / "d.parquet").write_bytes(b"PAR1 and no more")
    additions = list(add_images(other, [folder], None))
    assert told(additions) == [
        ("a.jpg", "added"), ("secret.jpg", "failed"), ("0.jpg", "added"), ("c.parquet", "ignored"),
        ("d.parquet", "failed"),
    ]
    assert [(image.caption, image.source_url) for image in other.images.find()] == [
        ("a boat", None), ("c", "https://x.example/2")]
