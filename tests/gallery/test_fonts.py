"""Labels in the font that is packaged: what is drawn reads as it was written, and nothing becomes a row of boxes."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from gallery import fonts
from gallery.drawing import INK, WALL
from gallery.errors import FontMissing
from gallery.fonts import drawable, font_of, font_path
from gallery.labels import DIRECTION_MARKS
from gallery.layout import lay_out
from gallery.sheet import write_sheet
from tests.gallery.conftest import Studio


@pytest.mark.parametrize("name", [
    "boat.png", "кошка.png", "Київ, вечір.jpg", "Μήλο.png", "naïve façade ŽĐŁ.png", "ﬁeld ½ €.png", "հայ.png",
    "@nasa / Cx_1-z · 3", "1e2+0.5", "-.5", "ʻOkina.png",
])
def test_a_name_in_latin_greek_or_cyrillic_stands_as_it_is(name: str) -> None:
    assert drawable(name, "image 7") == name


@pytest.mark.parametrize(("name", "shown"), [
    ("猫.png", "image 7"), ("東京 Tokyo.png", "image 7"), ("قط.png", "image 7"), ("קול.png", "image 7"),
    ("हिन्दी.png", "image 7"), ("ไทย.png", "image 7"), ("🇩🇪.png", "image 7"), ("", "image 7"), ("\u202e", "image 7"),
    ("🥐 breakfast.png", "breakfast.png"), ("е\u0301ль.png", "ель.png"), ("𝐁oat.png", "Boat.png"),
    ("Ａ①.png", "A①.png"), ("photo\u202egnp.exe\x1b[31m", "photognp.exe [31m"), ("a\u200d\ufe0fb.png", "ab.png"),
])
def test_what_the_font_cannot_set_is_put_plainly_or_not_at_all(name: str, shown: str) -> None:
    assert drawable(name, "image 7") == shown


@given(st.text(st.characters(), max_size=40))
def test_every_character_that_is_drawn_is_in_the_font_and_moves_no_other(text: str) -> None:
    shown = drawable(text, "image 7")
    assert shown
    assert set(map(ord, shown)) <= _cmap()
    assert not set(shown) & DIRECTION_MARKS
    assert shown.isprintable()


def _cmap() -> set[int]:
    with TTFont(font_path(), lazy=True) as font:
        return set(font.getBestCmap())


@pytest.mark.parametrize(("name", "words"), [("кошка.png", "кошка.png"), ("Μήλο", "Μήλο"), ("猫.png", "image 1")])
def test_a_name_in_another_script_stands_below_its_picture(
    studio: Studio, tmp_path: Path, name: str, words: str
) -> None:
    studio.result(studio.content("gray", name=name), studio.style("navy"), "red")
    write_sheet(studio.library, tmp_path / "wall.png", cell_px=200)
    below = lay_out([1], [2 / 3], 200).label(1, 0)
    expected = Image.new("RGB", (below.width, below.height), WALL)
    ImageDraw.Draw(expected).text((0, 0), f"1 · {words}", fill=INK, font=font_of(below.height))
    with Image.open(tmp_path / "wall.png") as sheet:
        shown = sheet.crop((below.left, below.top, below.left + below.width, below.top + below.height))
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(expected))


def test_letters_have_the_glyphs_of_the_packaged_font() -> None:
    font = font_of(40)
    assert font.getname() == ("DejaVu Sans", "Book")
    assert font.layout_engine is ImageFont.Layout.BASIC     # the other one is not the same on every machine
    seen = {bytes(font.getmask(char)) for char in "кошгμλWж"}
    assert len(seen) == 8
    assert bytes(font.getmask("\ue000")) not in seen       # what a character that is in no font looks like


def test_without_the_package_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    font_path.cache_clear()
    monkeypatch.setattr(fonts.metadata, "distribution", lambda _: SimpleNamespace(files=None))
    with pytest.raises(FontMissing, match="pip install"):
        font_path()
    monkeypatch.undo()
    font_path.cache_clear()
    assert font_path().is_file()
