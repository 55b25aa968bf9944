"""What a picture of ours says of itself: where each format keeps the text of how it was made.

Invariant: what is read is a text within bounds, or none; whoever uses it says what it has to mean. The file was decoded
by `db.imaging` before.
"""

from pathlib import Path

from PIL import ExifTags, Image

KEY = "stylegram"               # of the PNG text that holds it
UNCODED = b"ASCII\0\0\0"        # what stands before a user comment of 7 bits (Exif 2.32, 4.6.6)
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
LONGEST = 256 * 1024


def read(path: Path) -> str:
    """The text in the file; empty where there is none. A decoder of untrusted bytes raises anything."""
    with path.open("rb") as file, Image.open(file, formats=FORMATS) as picture:
        text = _text_of(picture)
    return text if isinstance(text, str) else ""


def _text_of(picture: Image.Image) -> object:
    match picture.format:
        case "PNG":
            return picture.info.get(KEY)
        case "TIFF":
            return picture.getexif().get(ExifTags.Base.ImageDescription)
        case _:
            comment = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
            return comment.removeprefix(UNCODED).decode() if isinstance(comment, bytes) else None
