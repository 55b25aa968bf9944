"""What can go wrong with a library on disk.

DbError                     exit code
 +- LibraryUnusable   78    the folder cannot be made, or is not a library
 |   +- LibraryDamaged    65    the catalog, or what is written in it, is not as this program leaves it
 +- LibraryTooNew     78    written by a newer stylegram; left untouched
 +- LibraryBusy       75    another run holds the lock: trying later helps
 +- StorageFailed     74    disk full or read-only: free space, run again
 +- DecoderFailed     75    no process to decode images in: too little memory, or too many processes
 +- PictureRefused     3    bytes that are not a safe image (one item, never the run)
 |   +- PictureChanged    65    an image of the library whose bytes are not those that were recorded, or are gone
 +- OutputRefused      2    the place to write to is of the wrong kind, or holds something that is not ours
 +- BadQuery           2    a role, a status or a tag that is none
     +- BadSelection   2    words that name nothing, or more than one thing
 +- UnknownImage       2    an image's id that the catalog does not hold
 +- UnknownResult      2    a result's id that the catalog does not hold
"""

from db.exit_codes import ExitCode

# Said of all damage, whoever meets it.
WHAT_TO_DO = "`stylegram check` says what is left, `stylegram check --repair` mends what can be mended"


class DbError(Exception):
    """Base of all; `exit_code` is what the command line ends with when this ends a run."""

    exit_code = ExitCode.BUG


class LibraryUnusable(DbError):
    """The library folder cannot be created, written or read as a library."""

    exit_code = ExitCode.CONFIGURATION


class LibraryDamaged(LibraryUnusable):
    """The catalog is damaged, emptied or another program's. The message says what to do."""

    exit_code = ExitCode.DAMAGED


class LibraryTooNew(DbError):
    """The catalog's schema is newer than this program; nothing was touched."""

    exit_code = ExitCode.CONFIGURATION


class LibraryBusy(DbError):
    """Another run holds the library's lock."""

    exit_code = ExitCode.TRY_LATER


class StorageFailed(DbError):
    """Writing failed for want of space or permission."""

    exit_code = ExitCode.DISK


class DecoderFailed(DbError):
    """The process that decodes images cannot be started; the images are not to blame."""

    exit_code = ExitCode.TRY_LATER


class PictureRefused(DbError):
    """Bytes that are not an allowed, whole, reasonably sized image. The message is one line for people."""

    exit_code = ExitCode.SOME_FAILED


class PictureChanged(PictureRefused):
    """A file of the library that is gone, or whose bytes are not those of its hash."""

    exit_code = ExitCode.DAMAGED


class OutputRefused(DbError):
    """The file or folder to write cannot be ours to replace."""

    exit_code = ExitCode.USAGE


class BadQuery(DbError):
    """What is asked for by a word that is none."""

    exit_code = ExitCode.USAGE


class BadSelection(BadQuery):
    """Words that name no image or result, or not clearly which; the message says what is near."""


class UnknownImage(DbError):
    """No image of this id is in the catalog."""

    exit_code = ExitCode.USAGE


class UnknownResult(DbError):
    """No result of this id is in the catalog."""

    exit_code = ExitCode.USAGE
