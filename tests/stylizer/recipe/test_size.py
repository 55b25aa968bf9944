import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylizer.errors import BadRecipe
from stylizer.recipe.size import Frame, Measure, Size, parse

SIDES = st.integers(1, 5000)
SIZES = st.builds(
    Size, st.integers(16, 3000), st.sampled_from([Measure.LONG, Measure.SHORT, Measure.PIXELS]), upscale=st.booleans()
)


@pytest.mark.parametrize(("text", "size"), [
    ("512", Size(512)),
    ("long:512", Size(512)),
    ("short:300", Size(300, Measure.SHORT)),
    ("0.5MP", Size(500_000, Measure.PIXELS)),
    ("2 mp", Size(2_000_000, Measure.PIXELS)),
    ("640x480", Size(640, Measure.EXACT, 480)),
    (" 640X480 ", Size(640, Measure.EXACT, 480)),
])
def test_a_size_is_written_as_people_write_it(text: str, size: Size) -> None:
    assert parse(text) == size


@pytest.mark.parametrize("text", ["", "big", "-5", "512px", "640x", "x480", "wide:3", "1.2.3MP", "MP", "1e3"])
def test_what_is_no_size_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(BadRecipe, match=r"512, short:512, 0\.5MP or 640x480"):
        parse(text)


@pytest.mark.parametrize(("text", "expected"), [
    ("256", (256, 192)), ("short:96", (128, 96)), ("0.0048MP", (80, 60)), ("900", (400, 300)),
    ("short:900", (400, 300)), ("9MP", (400, 300)),
])
def test_a_picture_of_400_x_300_becomes(text: str, expected: tuple[int, int]) -> None:
    frame = parse(text).frame(400, 300)
    assert (frame.width, frame.height) == expected
    assert frame.box == (0, 0, 400, 300)


@pytest.mark.parametrize(("text", "frame"), [
    ("200x150", Frame((0, 0, 400, 300), 200, 150)),
    ("100x100", Frame((50, 0, 350, 300), 100, 100)),
    ("100x25", Frame((0, 100, 400, 200), 100, 25)),
    ("800x800", Frame((50, 0, 350, 300), 300, 300)),
])
def test_an_exact_size_is_cut_from_the_middle_and_not_squashed(text: str, frame: Frame) -> None:
    assert parse(text).frame(400, 300) == frame


@given(size=SIZES, width=SIDES, height=SIDES)
def test_shapes_are_kept_and_nothing_grows_unasked(size: Size, width: int, height: int) -> None:
    frame = size.frame(width, height)
    if not size.upscale:
        assert frame.width <= width
        assert frame.height <= height
    if frame.width > 1 and frame.height > 1:
        factor = frame.width / width
        assert abs(frame.height - height * factor) <= 0.5 + 0.5 * height / width + 1e-6


@given(width=SIDES, height=SIDES)
def test_what_may_grow_reaches_the_size_that_is_asked_for(width: int, height: int) -> None:
    assert max((frame := Size(6000, upscale=True).frame(width, height)).width, frame.height) == 6000
    assert min((frame := Size(6000, Measure.SHORT, upscale=True).frame(width, height)).width, frame.height) == 6000
    frame = Size(6000, Measure.EXACT, 4000, upscale=True).frame(width, height)
    assert (frame.width, frame.height) == (6000, 4000)


@pytest.mark.parametrize(("text", "half"), [
    ("512", "256"), ("short:512", "short:256"), ("1MP", "0.25MP"), ("640x480", "320x240"),
])
def test_a_size_is_scaled_by_its_sides(text: str, half: str) -> None:
    assert parse(text).scaled(0.5) == parse(half)


@pytest.mark.parametrize(("text", "side_px"), [("512", 512), ("short:64", 64), ("0.25MP", 500), ("640x480", 640)])
def test_lists_show_one_number_of_it(text: str, side_px: int) -> None:
    assert parse(text).side_px == side_px


@pytest.mark.parametrize(("text", "words"), [
    ("512", "512 px"), ("short:64", "64 px on the shortest side"), ("0.25MP", "0.25 MP"), ("640x480", "640 x 480 px"),
])
def test_a_size_is_told_in_words(text: str, words: str) -> None:
    assert parse(text).in_words() == words
