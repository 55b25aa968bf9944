"""The file formats of a finished picture: how many bits, with transparency or not, exact or not.

A format is part of a recipe: what a lossy one, or one of 16 bits, holds is another picture than the 8-bit PNG, with
another loss, and a user who asks for it wants that file, not the one that exists.
"""

from enum import StrEnum

DEFAULT_QUALITY = 92


class Format(StrEnum):
    """How a picture is written."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    PNG16 = "png16"
    TIFF16 = "tiff16"

    @property
    def has_quality(self) -> bool:
        """Whether it is lossy, by a quality of 1 to 100. WebP at 100 is exact."""
        return self in (Format.JPEG, Format.WEBP)

    @property
    def has_alpha(self) -> bool:
        """Whether it can hold transparency."""
        return self is not Format.JPEG

    @property
    def bits(self) -> int:
        """Of each channel of a pixel."""
        return 16 if self in (Format.PNG16, Format.TIFF16) else 8
