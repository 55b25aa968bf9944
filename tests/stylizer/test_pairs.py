from stylizer.pairs import batches, pairs


def test_every_content_meets_every_style_content_by_content() -> None:
    assert pairs("ab", "xy") == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_an_image_never_meets_itself() -> None:
    assert pairs("ab", "ba") == [("a", "b"), ("b", "a")]


def test_images_given_twice_count_once() -> None:
    assert pairs("aba", "xx") == [("a", "x"), ("b", "x")]


def test_nothing_to_pair_is_an_empty_plan() -> None:
    assert pairs("", "xy") == pairs("ab", "") == []


def test_batches_are_cut_where_shapes_change_and_those_of_one_shape_are_equally_large() -> None:
    cut = batches("aaaaabbc", lambda item: item, 4)
    assert cut == [("a", "a", "a"), ("a", "a"), ("b", "b"), ("c",)]
    assert [len(batch) for batch in batches(range(100), lambda item: 0, 16)] == [15] * 6 + [10]
    assert [len(batch) for batch in batches(range(5), lambda item: 0, 2)] == [2, 2, 1]
    assert batches([], lambda item: 0, 16) == []
