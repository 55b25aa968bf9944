import inspect

import pytest

from stylizer import errors
from stylizer.errors import Diverged, StylizerError

CLASSES = [
    value for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, StylizerError) and value is not StylizerError
]


@pytest.mark.parametrize("error", CLASSES)
def test_the_tree_in_the_docstring_names_every_error_with_its_exit_code(error: type[StylizerError]) -> None:
    assert errors.__doc__ is not None
    line = next(line for line in errors.__doc__.splitlines() if f" {error.__name__} " in line)
    assert line.split()[2] == str(error.exit_code)


def test_a_divergence_carries_its_trace() -> None:
    assert Diverged("gone", (3.0, float("inf"))).trace == (3.0, float("inf"))
