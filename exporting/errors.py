"""What can go wrong while a set is handed over.

ExportError              exit code
 +- NothingToExport  2   no image or result that is chosen
 +- BadRequest       2   wishes that do not go together
 +- ParquetMissing  78   the package that writes Parquet is not installed; the message says what to do

A full or read-only disk is db's StorageFailed (74), a target that is not ours to replace its OutputRefused (2), another
export into the same folder its LibraryBusy (75).
"""

from db.exit_codes import ExitCode


class ExportError(Exception):
    """Base of all; `exit_code` is what the command line ends with. Trying again as it was never helps."""

    exit_code = ExitCode.USAGE


class NothingToExport(ExportError):
    """What is chosen is nothing."""


class BadRequest(ExportError):
    """Two wishes that exclude each other, or shares that are none."""


class ParquetMissing(ExportError):
    """The optional package pyarrow is not there."""

    exit_code = ExitCode.CONFIGURATION
