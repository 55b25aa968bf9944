"""What can be made, as the command line knows it: plain values that whoever starts the server hands over.

Invariant: the gallery knows no recipe and starts no command but by what stands here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """A value of an option, with what is to be said of it."""

    name: str
    words: str = ""


def _nothing(recipe: str, size: str, quality: str) -> float:
    return 0.0


def _fine(vary: Sequence[str]) -> str:
    return ""


@dataclass(frozen=True)
class Menu:
    """The program (what stands before its arguments) and the options that a page offers.

    `work` tells how much there is to do for one picture of a recipe, size and quality: evaluations by their pixels. It
    raises what the command line would raise. `varied` are the options that a sweep can vary, and `complaint` tells what
    is wrong with axes such as "seed=1,2".
    """

    program: tuple[str, ...] = ()
    recipes: tuple[Offer, ...] = ()
    qualities: tuple[Offer, ...] = ()
    sizes: tuple[int, ...] = ()
    recipe: str = ""            # those that are taken if nothing is said
    quality: str = ""
    size: int = 512
    has_strength: bool = False
    varied: tuple[str, ...] = ()
    work: Callable[[str, str, str], float] = _nothing
    complaint: Callable[[Sequence[str]], str] = _fine


NOTHING = Menu()
