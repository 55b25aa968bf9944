"""One table of exit codes: what the program prints, the README and the manual say the same."""

from pathlib import Path

import pytest

from console.program import app
from db.exit_codes import ExitCode, table

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
def test_the_pages_have_the_table_of_the_program(page: str) -> None:
    assert f"\n{table()}\n" in (ROOT / page).read_text()


def test_help_names_every_exit_code() -> None:
    assert all(f"{code.value} {code.in_short}" in (app.info.epilog or "") for code in ExitCode)


def test_every_error_ends_with_a_code_of_the_table() -> None:
    import db.errors
    import gallery.errors
    import scraper.errors
    import stylizer.errors

    for module in (db.errors, gallery.errors, scraper.errors, stylizer.errors):
        kinds = [value for value in vars(module).values() if hasattr(value, "exit_code")]
        ends = {kind.exit_code for kind in kinds}
        assert ends
        assert all(isinstance(code, ExitCode) for code in ends)
