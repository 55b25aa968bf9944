"""What the command line itself refuses."""


class BadRequest(Exception):
    """Well-formed options that make no sense together, or with what the library holds."""

    exit_code = 2
