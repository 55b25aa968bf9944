"""Pairs of images -> stylised images. Knows the catalog, never the scraper.

The door for programs (docs/python.md):

    from stylizer import stylize

    stylize("photo.jpg", "painting.jpg", size=512).save("painted.jpg")

Invariant: `import stylizer` loads nothing; what a program asks for is loaded when it asks, torch with what needs it.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

# What is asked of the libraries below, where whoever starts the program has not asked for something else.
ENVIRONMENT = {
    # Torch's threads spin while they wait for each other. On cores that are shared with anything else that makes a
    # transfer four times slower (measured: two at once on two cores, 192 px, 2.06 against 0.54 s an evaluation);
    # asleep they lose nothing on free ones. OpenMP reads this when torch is loaded, so it is said before.
    "OMP_WAIT_POLICY": "PASSIVE",
    # With AVX-512 Intel's MKL adds up a product of matrices in another order for another number of threads, unless it
    # is told not to; a picture is to be the same on any number of them. (Measured: it takes 0 to 5 % longer.) MKL reads
    # this when it is first asked for something.
    "MKL_CBWR": "AUTO,STRICT",
    # An evaluation takes and gives back blocks of up to gigabytes, which the system clears page by page each time: by
    # pages of 2 MB instead of 4 kB that takes a tenth of the calls (measured: 1024 px, two threads, 3.4 s an evaluation
    # for 5.4). Torch reads this with its first block; Linux alone has such pages, and elsewhere it says nothing.
    "THP_MEM_ALLOC_ENABLE": "1",
}
for _name, _value in ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)

if TYPE_CHECKING:
    from db.errors import DbError
    from stylizer.api import Losses, Result, Stylizer, stylize
    from stylizer.errors import StylizerError
    from stylizer.recipe.model import Recipe
    from stylizer.recipe.presets import RECIPES as recipes  # noqa: N811 - a name for people

__all__ = ["DbError", "Losses", "Recipe", "Result", "Stylizer", "StylizerError", "recipes", "stylize"]

_HOMES = {
    "DbError": ("db.errors", "DbError"),
    "Losses": ("stylizer.api", "Losses"),
    "Recipe": ("stylizer.recipe.model", "Recipe"),
    "Result": ("stylizer.api", "Result"),
    "Stylizer": ("stylizer.api", "Stylizer"),
    "StylizerError": ("stylizer.errors", "StylizerError"),
    "recipes": ("stylizer.recipe.presets", "RECIPES"),
    "stylize": ("stylizer.api", "stylize"),
}


def __getattr__(name: str) -> object:
    """What is told above, when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from stylegram_names import claim

    claim("db")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
