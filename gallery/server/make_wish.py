"""How pictures are to be made: as an address or a form says it, and as options of the command line.

Invariant: an option is a word of our own, a number, or one value behind a `--option=`: nothing that is sent becomes an
option or a command of its own. What was said is kept as it was said, so that a form which is shown again has it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gallery.server.menu import Menu

AXES = 2
_SIZE = re.compile(r"(short:)?[0-9]{1,6}(x[0-9]{1,6})?|[0-9]{1,4}(\.[0-9]{1,3})?MP")
_STRENGTH = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
_VALUES = re.compile(r"[\w.+=/,:-]{1,400}")


@dataclass(frozen=True)
class MakeWish:
    """Each field but `axes` is a field of the form. An axis is what a sweep varies and its values, of which both may be
    empty; without any this is no sweep.
    """

    recipe: str
    size: str
    quality: str
    strength: str = ""
    frames: bool = False
    axes: tuple[tuple[str, str], ...] = (("", ""),) * AXES

    @classmethod
    def of(cls, said: Sequence[tuple[str, str]], menu: Menu) -> "MakeWish":
        """From the fields of a form or the parameters of an address, in their order."""
        last: Mapping[str, str] = {name: value.strip() for name, value in said if value.strip()}
        names, values = (
            ["".join(value.split()) for name, value in said if name == wanted][:AXES] for wanted in ("vary", "values"))
        axes = tuple(zip(_filled(names), _filled(values), strict=True))
        return cls(
            last.get("recipe", menu.recipe), last.get("size", str(menu.size)), last.get("quality", menu.quality),
            last.get("strength", ""), last.get("frames", "0") != "0", axes)

    @property
    def vary(self) -> tuple[str, ...]:
        """What a sweep varies, as the command line takes it."""
        return tuple(f"{name}={values}" for name, values in self.axes if name or values)

    @property
    def words(self) -> str:
        """What is said of it in a list of jobs."""
        size = f"{self.size} px" if self.size.isdecimal() else self.size
        told = {"recipe": self.recipe, "size": size, "quality": self.quality,
                "strength": f"strength {self.strength}" if self.strength else ""}
        return ", ".join(words for name, words in told.items() if words and name not in self._varied)

    def complaint(self, menu: Menu) -> str:
        """What makes no sense in it; nothing if all does."""
        if self.recipe not in {offer.name for offer in menu.recipes}:
            return f"{self.recipe[:40]!r} is no recipe that is offered."
        if self.quality not in {offer.name for offer in menu.qualities}:
            return f"{self.quality[:40]!r} is no quality that is offered."
        if not _SIZE.fullmatch(self.size):
            return f"{self.size[:40]!r} is no size."
        if self.strength and not (_STRENGTH.fullmatch(self.strength) and float(self.strength) <= 100):
            return f"{self.strength[:40]!r} is no strength: a number from 0 to 100."
        for name, values in self.axes:
            if name and not values:
                return f"Say over which values {name[:40]} is to be tried, such as 1,2,3."
            if values and not name:
                return f"Say what {values[:40]!r} are values of."
            if name and (name not in menu.varied or not _VALUES.fullmatch(values)):
                return f"{name[:40]} cannot be varied over {values[:40]!r}."
        return menu.complaint(self.vary) if self.vary else ""

    def options(self, menu: Menu) -> list[str]:
        """Of the command line. What is varied has no value besides."""
        said = {"recipe": self.recipe, "size": self.size, "quality": self.quality,
                "strength": self.strength if menu.has_strength else "", "frames": "auto" if self.frames else ""}
        return [f"--{name}={value}" for name, value in said.items() if value and name not in self._varied]

    @property
    def _varied(self) -> set[str]:
        return {name for name, _ in self.axes}


def _filled(words: list[str]) -> list[str]:
    return words + [""] * (AXES - len(words))
