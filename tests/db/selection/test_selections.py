"""Images and results are found by what they are called and narrowed by what holds of them; a slip is one line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.errors import BadSelection
from db.records import (
    Looks,
    PostRecord,
    ProfileRecord,
    ResultKey,
    ResultRecord,
    ResultStatus,
    Role,
    SlideRecord,
)
from db.selection.filters import Filters, ImageStatus, parse_aspect
from db.selection.selections import IMAGE_ORDERS, RESULT_ORDERS, Order, parse_order

ORIGINS = {5: "/home/me/sea.png", 6: "/home/me/more/sea.png", 7: "/home/me/more/two words, a comma.png"}


@pytest.fixture
def full(library, make_image):
    """Images 1 to 3 of ana's posts (1 and 2 of one), 4 of ben's, who paints; 5 to 7 added. Results 1 to 3."""
    for pk, name, role in (("1", "ana", Role.CONTENT), ("2", "ben", Role.STYLE)):
        library.posts.save_profile(ProfileRecord(pk, name, role))
    stored = []
    for number, (pk, owner, index) in enumerate((("10", "1", 0), ("10", "1", 1), ("11", "1", 0), ("20", "2", 0)), 1):
        slides = tuple(SlideRecord(each, f"{pk}-{each}", alt_text=f"slide {each}") for each in range(index + 1))
        taken = datetime(2020 + number, 5, 1, tzinfo=UTC)
        post = PostRecord(pk, f"Code{pk}", owner, "carousel", slides, taken, f"Fog over the café {pk}")
        library.posts.save(post, owner)
        stored.append(library.store.put_bytes(make_image(size=(40 + number, 30))))
        library.posts.slide_saved(pk, index, stored[-1], f"https://x/{pk}", number != 2)
    for number, origin in ORIGINS.items():
        stored.append(library.store.put_bytes(make_image(size=(20, 20 + number))))
        library.images.add(stored[-1], origin, Role.BOTH if number == 7 else Role.CONTENT)
    for number, (content, style) in enumerate(((1, 4), (3, 4), (5, 7)), 1):
        key = ResultKey(stored[content - 1].sha256, stored[style - 1].sha256, "r")
        done = number != 3
        record = ResultRecord(
            key, "gatys", 64, 5, 0, ResultStatus.DONE if done else ResultStatus.FAILED,
            total_loss=4.0 - number, details={"start_loss": 8.0 / number})
        library.results.save(record, library.store.put_bytes(make_image(size=(64, 50 + number))) if done else None)
    return library


CALLED = (
    ("3", [3]), ("3 1", [3, 1]), ("1-3", [1, 2, 3]), ("6,1-2", [6, 1, 2]), ("1-7 -2-5", [1, 6, 7]),
    ("@ana", [1, 2, 3]), ("@Ben", [4]), ("-@ana", [4, 5, 6, 7]), ("@ana,-2", [1, 3]),
    ("Code10", [1, 2]), ("Code10/2", [2]), ("p/Code11", [3]), ("https://www.instagram.com/p/Code10/", [1, 2]),
    ("https://www.instagram.com/p/Code10/?img_index=1", [1]), ("more/sea.png", [6]), ("/home/me/sea.png", [5]),
    ("/home/me", [5, 6, 7]), ("/home/me/more/", [6, 7]), ("two words, a comma.png", [7]),
    ("-two words, a comma.png", [1, 2, 3, 4, 5, 6]), ("6 5-6", [6, 5]), ("@ana -@ana", []),
)


def test_images_are_found_by_what_they_are_called_in_the_order_of_the_words(full):
    assert [(words, full.selections.image_ids([words])) for words, _ in CALLED] == list(CALLED)
    assert [image.id for image in full.selections.images(["6,1-2"])] == [6, 1, 2]


def test_several_words_may_be_given_apart_or_together(full):
    assert full.selections.image_ids(["3", "@ben"]) == full.selections.image_ids(["3,@ben"]) == [3, 4]
    assert full.selections.image_ids() == [1, 2, 3, 4, 5, 6, 7]


UNCLEAR = (
    (["9"], "no image 9; images go from 1 to 7"), (["8-9"], "no images from 8 to 9"), (["@anna"], "near it: @ana"),
    (["ana"], "near it: @ana"), (["ssea.png"], "near it: sea.png"), (["Code1"], "near it: Code10"),
    (["sea.png"], r"may be 5 \(/home/me/sea.png\), 6 \(/home/me/more/sea.png\): say its number or its place"),
    (["#sea"], "nothing is tagged #sea"), (["*"], "nothing is starred"), ([""], "empty names nothing"),
    ([" , "], "empty names nothing"), (["r1"], "is a result"), (["1-7", "-@carl"], "no image of a profile carl"),
    (["p/Code99"], "no image of the post"), (["Code10/9"], "nothing is called"), (["1\n2x"], "nothing is called '2x'"),
)


def test_what_is_unknown_or_not_clear_is_one_line_with_what_is_near(full):
    for words, why in UNCLEAR:
        with pytest.raises(BadSelection, match=why) as told:
            full.selections.images(words)
        assert "\n" not in str(told.value)


def test_tags_and_stars_name_what_has_them(full):
    full.marks.tag_images([2, 5], ["best"])
    full.marks.star_images([5, 7])
    assert full.selections.image_ids(["#best"]) == [2, 5]
    assert full.selections.image_ids(["*", "-#best"]) == [7]
    with pytest.raises(BadSelection, match="near it: #best"):
        full.selections.images(["#bets"])


def test_a_group_leaves_out_excluded_images_where_asked_to_and_a_name_means_what_it_says(full):
    full.marks.exclude([2, 5])

    def included(*words: str) -> list[int]:
        return full.selections.image_ids(words, with_excluded=False)

    assert included() == [1, 3, 4, 6, 7]
    assert (included("@ana"), included("1-3"), included("/home/me")) == ([1, 3], [1, 3], [6, 7])
    assert (included("2"), included("/home/me/sea.png"), included("2", "@ana")) == ([2], [5], [2, 1, 3])
    assert full.selections.image_ids(["@ana"]) == [1, 2, 3]


NARROWED = (
    (Filters(role=Role.CONTENT), [1, 2, 3, 5, 6, 7]), (Filters(role=Role.STYLE), [4, 7]),
    (Filters(role=Role.BOTH), [7]), (Filters(profiles=("ana", "ben")), [1, 2, 3, 4]),
    (Filters(text="FOG cafe"), [1, 2, 3, 4]), (Filters(text="caf* 11"), [3]), (Filters(text='"fog" OR zzz'), []),
    (Filters(min_side=26), [1, 2, 3, 4]), (Filters(aspect=parse_aspect("portrait")), [5, 6, 7]),
    (Filters(full_size=True), [1, 3, 4, 5, 6, 7]), (Filters(status=ImageStatus.EXCLUDED), []),
    (Filters(since=datetime(2023, 1, 1, tzinfo=UTC), until=datetime(2024, 12, 1, tzinfo=UTC)), [3, 4]),
    (Filters(role=Role.CONTENT, min_side=30, text="slide"), [1, 2, 3]),
)


def test_filters_narrow_what_is_named(full):
    for filters, ids in NARROWED:
        assert full.selections.image_ids((), filters) == ids, filters
        assert full.selections.image_ids(["2-4"], filters) == [number for number in ids if number in (2, 3, 4)]
        assert full.selections.image_ids(["3", "2-4", "Code20"], filters) == [
            number for number in (3, 2, 4) if number in ids]


def test_filters_by_marks(full):
    full.marks.tag_images([1, 2], ["a"])
    full.marks.tag_images([2, 3], ["b"])
    full.marks.star_images([3])
    full.marks.exclude([1])
    full.marks.set_role([1], Role.STYLE)
    assert full.selections.image_ids((), Filters(tags=("a", "b"))) == [2]
    assert full.selections.image_ids((), Filters(starred=True)) == [3]
    assert full.selections.image_ids((), Filters(status=ImageStatus.EXCLUDED)) == [1]
    assert full.selections.image_ids(["@ana"], Filters(role=Role.STYLE)) == [1]
    assert full.selections.image_ids(["@ana"], Filters(role=Role.CONTENT)) == [2, 3]


def test_the_filter_of_a_role_agrees_with_the_images_themselves(full):
    full.images.add(full.store.put_copy(full.images.get(1).path), "/elsewhere.png", Role.STYLE)
    full.marks.set_role([3], Role.BOTH)
    for role in Role:
        assert full.selections.images((), Filters(role=role)) == full.images.find(role)


def test_words_in_scripts_without_spaces_are_found_within_a_run(full):
    stored = full.store.put_copy(full.images.get(5).path)
    full.images.add(stored, "/home/me/sea.png", None, caption="きれいな夕焼け空🌅 über")
    for text in ("夕焼け", "🌅", "夕焼け UBER"):
        assert full.selections.image_ids((), Filters(text=text)) == [5]
    assert full.selections.image_ids((), Filters(text="夕立")) == []
    with pytest.raises(BadSelection, match="no words"):
        full.selections.images((), Filters(text=" \0 "))


def test_an_unknown_profile_to_filter_by_is_told(full):
    with pytest.raises(BadSelection, match="near it: @ana"):
        full.selections.images((), Filters(profiles=("anna",)))
    with pytest.raises(BadSelection, match="near it: @ana"):
        full.selections.results((), Filters(profiles=("anna",)))


def test_a_file_s_place_is_that_of_the_newest_picture_that_was_there(full, make_image):
    newer = full.store.put_bytes(make_image("navy"))
    assert full.images.add(newer, "/home/me/sea.png", None) == (8, True)
    assert full.selections.image_ids(["/home/me/sea.png"]) == [8]


def test_a_place_is_read_from_where_the_user_is(full, monkeypatch, tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    full.images.add(full.store.put_copy(full.images.get(5).path), str(folder / "x.png"), None)
    monkeypatch.chdir(folder)
    assert full.selections.image_ids(["./x.png"]) == full.selections.image_ids([str(Path("../album"))]) == [5]


def test_images_are_sorted_and_those_without_a_value_come_last(full):
    full.looks.save({3: Looks(1, 5.0, 0.5, False), 1: Looks(2, 9.0, 0.1, False)})
    assert full.selections.image_ids(order=Order("sharpness", True), limit=3) == [1, 3, 2]
    assert full.selections.image_ids(["@ana"], order=Order("taken", True)) == [3, 1, 2]
    assert full.selections.image_ids(order=Order("side"), limit=2, offset=1) == [6, 7]
    assert full.selections.image_ids(["3 1 2"], limit=2) == [3, 1]
    for key in IMAGE_ORDERS:
        assert sorted(full.selections.image_ids(order=Order(key))) == [1, 2, 3, 4, 5, 6, 7]
    assert parse_order("-size", IMAGE_ORDERS) == Order("size", True)
    with pytest.raises(BadSelection, match="nothing to sort by: id, taken"):
        parse_order("colour", IMAGE_ORDERS)


MADE_OF = (
    ("r2", [2]), ("r1-2", [1, 2]), ("1", [1]), ("4", [1, 2]), ("@ana", [1, 2]), ("@ben -r1", [2]), ("-r1", [2, 3]),
    ("/home/me/sea.png", [3]), ("r3 1", [1, 3]), ("Code11", [2]), ("2", []),
)


def test_results_are_found_by_their_numbers_and_by_their_images(full):
    assert [(words, full.selections.result_ids([words])) for words, _ in MADE_OF] == list(MADE_OF)
    assert [result.id for result in full.selections.results(["-r1"])] == [2, 3]


def test_results_are_narrowed_by_their_own_and_by_their_content_s(full):
    full.marks.star_results([2])
    full.marks.tag_results([1], ["wall"])
    full.marks.tag_images([5], ["wall"])
    select = full.selections.result_ids
    assert (select(["*"]), select(["#wall"])) == ([2], [1, 3])
    assert (select((), Filters(starred=True)), select((), Filters(tags=("wall",)))) == ([2], [1])
    assert select((), Filters(status=ResultStatus.FAILED)) == [3]
    assert select((), Filters(profiles=("ana",), text="11")) == [2]
    assert select((), Filters(min_side=52)) == [2]
    assert select((), Filters(since=datetime(2020, 1, 1, tzinfo=UTC), until=datetime(2021, 1, 1, tzinfo=UTC))) == []
    assert select(contents=["@ana"], styles=["4"]) == [1, 2]
    assert select(contents=["@ana -3"], styles=["-7"]) == [1]
    with pytest.raises(BadSelection, match="no result 9; results go from r1 to r3"):
        select(["r9"])


def test_results_are_sorted(full):
    assert full.selections.result_ids(order=Order("loss")) == [3, 2, 1]
    assert full.selections.result_ids(order=Order("share", True), limit=1) == [2]
    for key in RESULT_ORDERS:
        assert sorted(full.selections.result_ids(order=Order(key))) == [1, 2, 3]


def test_images_and_results_are_named_together_and_never_by_what_is_left_out_alone(full):
    assert full.selections.sort_out(["1-3", "r1-2", "-2", "-r2"]) == ([1, 3], [1])
    assert full.selections.sort_out(["r3"]) == ([], [3])
    for words in ([], ["-3"], ["-r1", "-@ana"]):
        with pytest.raises(BadSelection, match="say which are meant"):
            full.selections.sort_out(words)


def test_a_larger_file_s_predecessor_is_named_by_its_results_alone(full, make_image):
    full.posts.slide_saved("11", 0, full.store.put_bytes(make_image("navy")), "https://x/11", True)
    with pytest.raises(BadSelection, match="no image 3"):
        full.selections.images(["3"])
    assert full.selections.result_ids(["3"]) == [2]
