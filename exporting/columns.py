"""The columns of an export, with their types: the same in every form.

Invariant: a value is a text, a whole number, a number, yes or no, or None; never a list or an object, whose type a
reader would have to guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from exporting.request import Subject

Value = str | int | float | bool | None
Values = dict[str, Value]


class Kind(StrEnum):
    """Of the values of a column, as `datasets` calls them."""

    TEXT = "string"
    WHOLE = "int64"
    NUMBER = "float64"
    FLAG = "bool"


@dataclass(frozen=True)
class Column:
    """One column, and what it says."""

    name: str
    kind: Kind
    meaning: str


def _text(name: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning)


_OF_FILE = (
    _text("sha256", "of the file in the library, which names it for good"),
    Column("width", Kind.WHOLE, "of the picture in this set, in pixels"),
    Column("height", Kind.WHOLE, "of the picture in this set, in pixels"),
)
_OF_IMAGE = (
    Column("id", Kind.WHOLE, "the image's number in the library"),
    *_OF_FILE,
    _text("perceptual_hash", "64 bits in hexadecimal: near-copies differ in few of them"),
    _text("profile", "the name of the profile that it was seen on"),
    _text("profile_pk", "that profile's number"),
    _text("profile_role", "what that profile is for: content, style or both"),
    _text("owner_pk", "the number of the profile that posted it: another one where a post is shared"),
    _text("post_code", "the post's code"),
    _text("post_pk", "the post's number"),
    Column("slide", Kind.WHOLE, "which picture of the post it is, from 1"),
    Column("slides", Kind.WHOLE, "how many the post has"),
    _text("slide_pk", "the slide's number"),
    Column("is_video", Kind.FLAG, "whether it is the cover frame of a video"),
    _text("permalink", "the address of its post"),
    _text("source_url", "where a picture of no post came from, as the set that it was added with says"),
    _text("taken_at", "when it was posted, in UTC"),
    _text("fetched_at", "when it came into the library, in UTC"),
    _text("caption", "the post's caption"),
    _text("alt_text", "what the page says that it shows"),
    _text("name", "the file's own name, where it was added from disk"),
    Column("is_full_size", Kind.FLAG, "whether it is proven to be of the size that was uploaded"),
    _text("role", "content, style or both"),
    _text("tags", "its tags, with spaces between them"),
    Column("is_starred", Kind.FLAG, "whether it is a favourite"),
)
_OF_RESULT = (
    Column("id", Kind.WHOLE, "the result's number in the library"),
    *_OF_FILE,
    Column("content_id", Kind.WHOLE, "the content's number in the library"),
    _text("content_sha256", "the content's file"),
    _text("content_source", "where the content is from"),
    _text("content_permalink", "the address of its post"),
    Column("style_id", Kind.WHOLE, "the style's number in the library"),
    _text("style_sha256", "the style's file"),
    _text("style_source", "where the style is from"),
    _text("style_permalink", "the address of its post"),
    _text("recipe", "the recipe's name"),
    _text("recipe_hash", "of all that shaped the picture"),
    Column("size", Kind.WHOLE, "that was asked for"),
    Column("steps", Kind.WHOLE, "of the optimiser"),
    Column("seed", Kind.WHOLE, "of its chance"),
    Column("content_loss", Kind.NUMBER, "of the picture in the file"),
    Column("style_loss", Kind.NUMBER, "of the picture in the file"),
    Column("total_loss", Kind.NUMBER, "of the picture in the file"),
    Column("share_of_start", Kind.NUMBER, "the loss as a share of the first picture's"),
    Column("seconds", Kind.NUMBER, "that it took"),
    _text("created_at", "when it was made, in UTC"),
    _text("tags", "its tags, with spaces between them"),
    Column("is_starred", Kind.FLAG, "whether it is a favourite"),
    _text("made", "all of how it was made, as JSON: recipe in full, weights, device, versions"),
)
_OF_PAIR = (
    *_OF_RESULT,
    _text("content_caption", "the caption of the content's post"),
    _text("content_alt_text", "what the page says that the content shows"),
    _text("style_caption", "the caption of the style's post"),
    _text("style_alt_text", "what the page says that the style shows"),
)
COLUMNS = {Subject.IMAGES: _OF_IMAGE, Subject.RESULTS: _OF_RESULT, Subject.PAIRS: _OF_PAIR}
# The pictures of a row, by the prefix of their columns: the one that the row is about has none.
PICTURES = {Subject.IMAGES: ("",), Subject.RESULTS: ("",), Subject.PAIRS: ("", "content", "style")}


_EMPTY: dict[Kind, Value] = {Kind.TEXT: "", Kind.WHOLE: 0, Kind.NUMBER: None, Kind.FLAG: False}


def without_gaps(values: Values, columns: Sequence[Column]) -> Values:
    """The values in the order of the columns, an empty text or a 0 for what is not known.

    For JSON, whose readers tell types by the values of the first lines, and refuse others in lines or files to come.
    """
    return {
        column.name: _EMPTY[column.kind] if values[column.name] is None else values[column.name] for column in columns}


def file_column(picture: str) -> str:
    """The column with a picture's file: what `datasets` makes the picture of."""
    return f"{picture}_file_name" if picture else "file_name"


def picture_column(picture: str) -> str:
    """The column with a picture itself, as `datasets` calls it in a folder."""
    return picture or "image"
