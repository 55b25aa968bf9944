"""Small freedoms of the command line, given by rewriting the arguments before they are parsed.

Global options may stand anywhere, `--json` may stand before its command, an option that takes images takes several
(`--content 1 2 --style 3`), and what is left out of a selection is no option (`images @natgeo -3`).
"""

import re
from collections.abc import Sequence

GLOBAL_FLAGS = frozenset({"-q", "--quiet", "-v", "--verbose"})
GLOBAL_OPTIONS = frozenset({"--library"})
ID_OPTIONS = frozenset({"--content", "--style"})
SELECTING = frozenset({
    "stylize", "sweep", "images", "results", "matrix", "report", "timelapse", "export", "remove", "exclude", "include",
    "role", "tag", "star", "unstar", "duplicates",
})
# A number, profile, tag, star, result or link behind a minus. A comma before it says the same to a selection, and to
# the parser that it is no option.
_LEFT_OUT = re.compile(r"-(?:[rR]?\d[\d\-rR]*|[@#*].*|p/.*|https?://.*)", re.DOTALL)


def rewrite(arguments: Sequence[str]) -> list[str]:
    """The same arguments, global options first and every image with its own option. What follows `--` stays."""
    front: list[str] = []
    rest: list[str] = []
    late: list[str] = []
    position = 0
    while position < len(arguments):
        word = arguments[position]
        position += 1
        if word == "--":
            rest += arguments[position - 1 :]
            break
        if word == "--json" and not rest:
            late.append(word)
        elif word in GLOBAL_FLAGS or word.startswith(tuple(f"{name}=" for name in GLOBAL_OPTIONS)):
            front.append(word)
        elif word in GLOBAL_OPTIONS:
            front += arguments[position - 1 : position + 1]
            position += 1
        elif word in ID_OPTIONS:
            end = position
            while end < len(arguments) and (end == position or _is_image(arguments[end])):
                rest += [word, _shown(arguments[end])]
                end += 1
            if end == position:
                rest.append(word)
            position = end
        elif rest[:1] and rest[0] in SELECTING and (rest[-1] == "--json" or not rest[-1].startswith("-")):
            rest.append(_shown(word))
        else:
            rest.append(word)
    return front + rest[:1] + late + rest[1:]


def _is_image(word: str) -> bool:
    """Whether a word still belongs to the option before it: no other begins here."""
    return not word.startswith("-") or _LEFT_OUT.fullmatch(word) is not None


def _shown(word: str) -> str:
    """A word that leaves something out, so that it is taken for one."""
    return f",{word}" if _LEFT_OUT.fullmatch(word) else word


def as_typed(message: str) -> str:
    """What the parser says of such arguments, in one line and about the words as the user wrote them."""
    said = " ".join(message.split()).replace("Value error, ", "")   # how the parser's own parser begins
    return re.sub(r"(?<![^\s'(]),(?=-)", "", said)
