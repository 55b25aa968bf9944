"""What the command line itself refuses."""

from db.exit_codes import ExitCode


class BadRequest(Exception):
    """Well-formed options that make no sense together, or with what the library holds."""

    exit_code = ExitCode.USAGE
