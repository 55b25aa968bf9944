"""One target under libFuzzer: `python -m benchmarks.fuzzing.worker TARGET [libFuzzer's options] [CORPUS]`.

What the program and the readers of TOML and tar that it rests on do is followed branch by branch.
"""

import collections
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

_FOLLOWED = ["scraper", "db", "exporting", "stylizer.recipe", "stylizer.pictures", "tomllib", "tarfile"]

with atheris.instrument_imports(include=_FOLLOWED):
    from benchmarks.fuzzing.room import Damaged, Room
    from benchmarks.fuzzing.targets import TARGETS
    from benchmarks.fuzzing.targets.target import Shape, Target
    from benchmarks.hostile.json_values import changed, written

_INPUTS_A_LIBRARY = 20


def main() -> None:
    """Runs until libFuzzer ends it."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    with Room(_INPUTS_A_LIBRARY) as room:
        recent: collections.deque[bytes] = collections.deque(maxlen=_INPUTS_A_LIBRARY)

        def one(data: bytes) -> None:
            if target.shape is not Shape.BYTES and not _is_json(data):
                return
            recent.append(data)
            target.run(room, data)
            try:
                room.settle()
            except Damaged:
                _find_the_one(target, recent)
                raise

        atheris.Setup([sys.argv[0], *options], one, custom_mutator=_mutator(target))
        atheris.Fuzz()


def _find_the_one(target: Target, recent: "collections.deque[bytes]") -> None:
    """Several inputs have shared a library; the one that damages it by itself is kept by its own name."""
    for data in recent:
        with Room(runs=1) as room:
            try:
                target.run(room, data)
                room.settle(now=True)
            except Damaged:
                Path(f"damages-{target.name}").write_bytes(data)


def _is_json(data: bytes) -> bool:
    """Whether it is for the target at all: of JSON that cannot be read, all that is to be known is known."""
    try:
        json.loads(data.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return True


def _mutator(target: Target) -> Callable[[bytes, int, int], bytes] | None:
    """Changes JSON as JSON most of the time, and other bytes as libFuzzer does."""
    if target.shape is Shape.BYTES:
        return None

    def mutate(data: bytes, most_bytes: int, seed: int) -> bytes:
        generator = random.Random(seed)
        lines = data.split(b"\n") if target.shape is Shape.JSON_LINES else [data]
        at = generator.randrange(len(lines))
        if generator.randrange(10) == 0:
            return bytes(atheris.Mutate(data, most_bytes))
        try:
            lines[at] = written(changed(json.loads(lines[at]), generator)).encode()
        except (ValueError, RecursionError):
            return bytes(atheris.Mutate(data, most_bytes))
        return b"\n".join(lines)[:most_bytes]

    return mutate


if __name__ == "__main__":
    main()
