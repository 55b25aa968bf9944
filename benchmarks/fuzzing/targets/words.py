"""What people write: recipes as TOML, and words that name images."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from benchmarks.fuzzing.room import Room
from benchmarks.fuzzing.targets.pictures import encoded
from benchmarks.fuzzing.targets.target import Target
from db.errors import BadQuery
from db.records import Role
from db.selection.filters import Filters
from scraper.errors import BadTarget
from scraper.targets import parse_target
from stylizer.errors import StylizerError
from stylizer.recipe.overrides import load_recipe, restore
from stylizer.recipe.presets import RECIPES


def _recipe(room: Room, data: bytes) -> None:
    place = room.folder() / "mine.toml"
    place.write_bytes(data)
    with suppress(StylizerError):
        recipe = load_recipe(place)
        kept = recipe.canonical_json()
        kept.encode()
        recipe.name.encode()
        assert restore(json.loads(kept)) == replace(recipe, source="")


def _select(room: Room, data: bytes) -> None:
    """Each line but the first as a word; the first as words to look for in captions."""
    text, *words = data.decode("utf-8", "surrogateescape").split("\n")
    library = room.library()
    if not library.images.counts()[Role.CONTENT]:
        library.images.add(library.store.put_bytes(encoded("PNG")), "/home/ana/a b.png", Role.CONTENT, caption="Nets")
        library.marks.tag_images([1], ["sea"])
    for filters in (Filters(), Filters(text=text)):
        with suppress(BadQuery):
            library.selections.images(words, filters)
        with suppress(BadQuery):
            library.selections.results(words, filters)
    for word in words:
        with suppress(BadTarget):
            parse_target(word)


def _recipes() -> Iterable[bytes]:
    yield b'base = "gatys"\nsteps = 200\nstrength = 60\nscales = [0.5, 1.0]\n[style_layers]\nrelu1_1 = 1.0\n'
    yield (b'name = "mine"\ncontent_weight = 1e3\nbounded = true\npooling = "avg"\nsize = 256\n'
           b"[content_layers]\nrelu4_2 = 1\n[style_layers]\nrelu1_1 = 0.2\n")
    for name in RECIPES:
        yield f'base = "{name}"\n'.encode()


def _selections() -> Iterable[bytes]:
    yield b"Nets sea*\n1\n1-5\nr1-r3\n@natgeo\n#sea\n*\n-#sea\nDcvZXOD0JLA/2\n/home/ana\na b.png"
    yield b"\xe6\xb5\xb7 \"quoted\nhttps://www.instagram.com/natgeo/\nhttps://www.instagram.com/p/DcvZXOD0JLA/?img_index=2"


_FIELDS = tuple(f"{name} = ".encode() for name in ("steps", "size", "scales", "strength", "init", "measure", "height"))
TOML = Target("recipes", _recipe, _recipes, longest_bytes=8_000,
                        words=(*_FIELDS, b"0x", b"nan", b"inf", b"1979-05-27", b'"""', b"[[", b"relu4_2 = "))
SELECTIONS = Target("selections", _select, _selections, longest_bytes=2_000,
                    words=(b"@", b"#", b"-", b"*", b"r1-", b"https://www.instagram.com/p/", b"\xed\xa0\x80"))
