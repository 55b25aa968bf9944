"""P14, P15, P23: a share of the hostile images and documents that `benchmarks.hostile` makes, read or refused."""

import random
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.fuzzing.targets.documents import example_documents, read_all
from benchmarks.hostile.images import hostile_images
from benchmarks.hostile.json_values import changed
from db.errors import PictureRefused
from db.imaging.limits import Limits
from db.imaging.pictures import identify

_SMALL_BYTES = 200_000
_IN_TURN = 5        # parts that the images are dealt into, of which one is looked at


def test_a_hostile_image_is_taken_as_what_it_is_or_refused_in_one_line(tmp_path: Path) -> None:
    taken = refused = 0
    for name, data in islice(hostile_images(of_bombs=False), 0, None, _IN_TURN):
        if len(data) > _SMALL_BYTES:
            continue
        place = tmp_path / name
        place.write_bytes(data)
        try:
            info = identify(place)
        except PictureRefused as refusal:
            assert str(refusal).isprintable(), name     # noqa: PT017 - which of the two it is, is not the question
            refused += 1
        else:
            assert 0 < info.width * info.height <= Limits().pixels, name
            taken += 1
    assert taken > 10
    assert refused > 20


@pytest.mark.parametrize("number", range(11))
def test_a_document_with_anything_anywhere_is_read_without_an_error(number: int) -> None:
    document = example_documents()[number]
    for seed in range(12):
        read_all([changed(document, random.Random(seed))])


def test_the_same_seed_makes_the_same_changes() -> None:
    document = example_documents()[0]
    assert repr(changed(document, random.Random(3))) == repr(changed(document, random.Random(3)))
    assert repr(changed(document, random.Random(3))) != repr(changed(document, random.Random(4)))
