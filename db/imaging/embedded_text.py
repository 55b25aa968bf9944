"""The text that a picture carries of how it was made, in the place that each format has for it.

Who writes it is `stylizer/pictures/encode.py`; what it says is JSON, not to be trusted in files from elsewhere.
"""

from PIL import ExifTags, Image

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")       # as Pillow calls those that hold it
KEY = "stylegram"               # of the PNG text
UNCODED = b"ASCII\0\0\0"        # what stands before a user comment of 7 bits (Exif 2.32, 4.6.6)
LONGEST = 256 * 1024            # longer than any that was ever written


def text_of(picture: Image.Image) -> str:
    """The text of an open picture; empty where there is none. Raises anything: the bytes are untrusted."""
    match picture.format:
        case "PNG":
            text = picture.info.get(KEY, "")
        case "TIFF":
            text = picture.getexif().get(ExifTags.Base.ImageDescription, "")
        case _:
            comment = picture.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
            text = comment.removeprefix(UNCODED).decode() if isinstance(comment, bytes) else ""
    return text if isinstance(text, str) else ""
