"""Small freedoms of the command line, given by rewriting the arguments before they are parsed.

Global options may stand anywhere, `--json` may stand before its command, and an option that takes ids takes
several: `--content 1 2 --style 3`.
"""

from collections.abc import Sequence

GLOBAL_FLAGS = frozenset({"-q", "--quiet", "-v", "--verbose"})
GLOBAL_OPTIONS = frozenset({"--library"})
ID_OPTIONS = frozenset({"--content", "--style"})


def rewrite(arguments: Sequence[str]) -> list[str]:
    """The same arguments, global options first and every id with its own option. What follows `--` stays."""
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
            while end < len(arguments) and (end == position or arguments[end].isdecimal()):
                rest += [word, arguments[end]]
                end += 1
            if end == position:
                rest.append(word)
            position = end
        else:
            rest.append(word)
    return front + rest[:1] + late + rest[1:]
