"""A result is whole or absent, and there is one for a content, a style and a recipe."""

from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from db.errors import UnknownImage, UnknownResult
from db.records import ResultKey, ResultRecord, ResultStatus, Role


@pytest.fixture
def record(library, make_image) -> ResultRecord:
    """A finished result of two images that the catalog holds."""
    hashes = []
    for colour in ("red", "blue"):
        stored = library.store.put_bytes(make_image(colour))
        library.images.add(stored, f"/{colour}.png", Role.BOTH)
        hashes.append(stored.sha256)
    details = {"weights": "vgg19", "trace": [3.0, 2.5], "note": "é"}
    return ResultRecord(
        ResultKey(*hashes, "recipe-1"), "gatys", 512, 300, 7, ResultStatus.DONE, 1.5, 1.0, 2.5, 9.75, None, details
    )


@pytest.fixture
def failure(record) -> ResultRecord:
    return replace(record, status=ResultStatus.FAILED, reason="the loss diverged", total_loss=None, details={})


@pytest.fixture
def picture(library, make_image):
    return library.store.put_bytes(make_image("purple"))


def test_a_result_comes_back_as_it_was_saved(library, record, picture):
    result_id = library.results.save(record, picture)
    result = library.results.get(result_id)
    assert (result.record, result.path) == (record, picture.path)
    assert [library.images.get(image_id).sha256 for image_id in (result.content_id, result.style_id)] == [
        record.key.content_sha256, record.key.style_sha256,
    ]
    assert library.results.find() == [result]


def test_the_same_pair_and_recipe_is_one_result(library, record, picture, make_image):
    first = library.results.save(record, picture)
    better = library.store.put_bytes(make_image("green"))
    assert library.results.save(record, better) == first
    assert [result.path for result in library.results.find()] == [better.path]


def test_a_failure_is_recorded_with_its_reason_and_counted(library, failure):
    for tried in (1, 2, 3):
        library.results.save(failure, None)
        assert dict(library.results.attempts("recipe-1")) == {failure.key: tried}
    (result,) = library.results.find()
    assert (result.record, result.path) == (failure, None)


def test_a_failure_never_replaces_a_picture(library, record, failure, picture):
    library.results.save(record, picture)
    library.results.save(failure, None)
    (result,) = library.results.find()
    assert (result.record, result.path) == (record, picture.path)
    assert dict(library.results.attempts("recipe-1")) == {record.key: None}


def test_a_pair_that_failed_can_still_be_done(library, record, failure, picture):
    library.results.save(failure, None)
    library.results.save(record, picture)
    assert [result.record for result in library.results.find()] == [record]


def test_a_done_result_without_a_picture_is_refused_and_so_is_a_failed_one_with(library, record, failure, picture):
    for wrong, stored in ((record, None), (failure, picture)):
        with pytest.raises(ValueError, match="a done result has a picture"):
            library.results.save(wrong, stored)
    assert library.results.find() == []


def test_a_result_of_images_that_are_not_there_is_refused(library, record, picture):
    stranger = replace(record, key=ResultKey("0" * 64, record.key.style_sha256, "recipe-1"))
    with pytest.raises(UnknownImage, match="000000000000"):
        library.results.save(stranger, picture)
    assert library.results.find() == []


def test_results_are_found_by_status_and_recipe(library, record, failure, picture):
    other = replace(failure, key=replace(record.key, recipe_hash="recipe-2"))
    library.results.save(record, picture)
    library.results.save(other, None)
    assert [result.record for result in library.results.find(ResultStatus.DONE)] == [record]
    assert [result.record for result in library.results.find(recipe_hashes=["recipe-2"])] == [other]
    assert library.results.find(ResultStatus.DONE, ["recipe-2"]) == []
    assert library.results.find(recipe_hashes=[]) == []


def test_an_unknown_id_is_told(library):
    with pytest.raises(UnknownResult, match="no result 7 "):
        library.results.get(7)


def test_a_picture_of_ours_is_no_image_to_work_from(library, record, picture):
    library.results.save(record, picture)
    assert picture.sha256 not in {image.sha256 for image in library.images.find()}


def test_results_and_images_number_apart(library, record, picture, make_image):
    """Results made in between leave no gap among the images, nor images among the results."""
    first = library.results.save(record, picture)
    green = library.store.put_bytes(make_image("green"))
    assert library.images.add(green, "/green.png", Role.STYLE) == (3, True)
    again = replace(record, key=replace(record.key, style_sha256=green.sha256))
    assert library.results.save(again, library.store.put_bytes(make_image("pink"))) == first + 1
    assert library.images.add(picture, "/made.png", Role.CONTENT)[0] == 4      # a picture of ours, to work from
    assert [image.id for image in library.images.find()] == [1, 2, 3, 4]
    assert [(result.content_id, result.style_id) for result in library.results.find()] == [(1, 2), (1, 3)]
    assert library.results.get(first).path == picture.path


@pytest.mark.parametrize(
    ("total", "start", "share"),
    [(3.0, 1200.0, 0.0025), (3, 1200, 0.0025), (0.0, 5.0, 0.0), (None, 5.0, None), (3.0, None, None), (3.0, 0.0, None),
     (3.0, "5", None), (3.0, float("nan"), None), (3.0, 5e-324, None)],
)
def test_the_share_of_the_start_is_told_where_both_losses_make_sense(total, start, share):
    details = {} if start is None else {"start_loss": start}
    key = ResultKey("a", "b", "c")
    record = ResultRecord(key, "gatys", 8, 1, 0, ResultStatus.DONE, total_loss=total, details=details)
    assert record.share_of_start == share


@pytest.fixture
def many(library, failure):
    """Seven results of one pair, the last with a loss that SQLite's JSON does not know."""
    odd = float("nan")
    for number in range(7):
        details = {"mix": f"mix {number}", "trace": [1.0, odd if number == 6 else 2.0]}
        library.results.save(replace(failure, key=replace(failure.key, recipe_hash=f"{number}"), details=details), None)
    return library.results


def test_results_are_read_by_pages_and_none_is_left_out(many, monkeypatch):
    whole = [result.id for result in many.find()]
    monkeypatch.setattr("db.results.PAGE", 3)
    assert [result.id for result in many.each()] == whole
    assert len(whole) == 7


def test_a_page_is_read_when_it_is_wanted(many, monkeypatch):
    monkeypatch.setattr("db.results.PAGE", 2)
    asked = 0

    def count(connection, cursor, statement, *_):
        nonlocal asked
        asked += statement.startswith("SELECT")

    event.listen(Engine, "before_cursor_execute", count)
    try:
        found = many.each()
        next(found)
        assert asked == 1
        next(found), next(found)
        assert asked == 2
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_of_the_details_only_what_is_asked_for_is_read(many):
    assert [result.record.details["mix"] for result in many.each(details=["mix"])] == [f"mix {n}" for n in range(7)]
    assert next(many.each(details=["mix"])).record.details == {"mix": "mix 0"}
    assert next(many.each(details=[])).record.details == {}


def test_starred_pairs_are_told_once_whatever_their_recipes(many, library, failure):
    assert many.starred_pairs() == []
    library.marks.star_results([1, 2], starred=True)
    assert many.starred_pairs() == [(failure.key.content_sha256, failure.key.style_sha256)]
