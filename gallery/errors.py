"""What can go wrong while making a picture or a page.

GalleryError             exit code
 +- NothingToShow    2   no result, or none that the selection admits
 +- TooManyPictures  2   a sheet of so many cells that none could be seen
 +- VideoMissing    78   the package that writes videos is not installed; the message says what to do
 +- AddressRefused  75   the gallery cannot listen there: another program does
 +- ServerMissing   78   the packages that serve the live gallery are not installed; the message says what to do
 +- FontMissing     78   the package that carries the font is not whole; the message says what to do

A full or read-only disk is db's StorageFailed (74), a place that is not ours to write to its OutputRefused (2).
"""

from db.exit_codes import ExitCode


class GalleryError(Exception):
    """Base of all; `exit_code` is what the command line ends with. Trying again as it was never helps."""

    exit_code = ExitCode.USAGE


class NothingToShow(GalleryError):
    """There is no result to show."""


class TooManyPictures(GalleryError):
    """The matrix does not fit a single picture; a page has no such limit."""


class VideoMissing(GalleryError):
    """The optional package that brings ffmpeg is not there."""

    exit_code = ExitCode.CONFIGURATION


class FontMissing(GalleryError):
    """The distribution that carries the font of all labels is not there, or not whole."""

    exit_code = ExitCode.CONFIGURATION


class AddressRefused(GalleryError):
    """Nobody can listen at that address now."""

    exit_code = ExitCode.TRY_LATER


class ServerMissing(GalleryError):
    """The optional packages that serve the gallery are not there."""

    exit_code = ExitCode.CONFIGURATION
