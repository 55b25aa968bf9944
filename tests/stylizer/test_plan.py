from stylizer.plan import pairs


def test_every_content_meets_every_style_content_by_content() -> None:
    assert pairs("ab", "xy") == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_an_image_never_meets_itself() -> None:
    assert pairs("ab", "ba") == [("a", "b"), ("b", "a")]


def test_images_given_twice_count_once() -> None:
    assert pairs("aba", "xx") == [("a", "x"), ("b", "x")]


def test_nothing_to_pair_is_an_empty_plan() -> None:
    assert pairs("", "xy") == pairs("ab", "") == []
