"""The demo's own pictures: there without a network, the same every time, and rich enough to be a style."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from demo import demo_accounts, photographs
from demo.paintings import PAINTINGS, blocks, discs, dots, swirls, waves

MANNERS = (swirls, discs, blocks, waves, dots)


@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.__name__.rpartition(".")[2])
def test_a_painting_follows_from_its_seed(manner: ModuleType) -> None:
    first, again, other = (np.asarray(manner.paint(seed, 320, 280)) for seed in (3, 3, 4))
    assert first.shape == (280, 320, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("manner", MANNERS, ids=lambda manner: manner.__name__.rpartition(".")[2])
def test_a_painting_has_a_palette_and_texture_finer_than_its_forms(manner: ModuleType) -> None:
    pixels = np.asarray(manner.paint(1, 480, 420), np.float32) / 255
    colours = {tuple(colour) for colour in (pixels[::7, ::7].reshape(-1, 3) * 5).astype(int)}
    assert len(colours) > 20
    light = pixels.mean(axis=2)
    assert np.abs(np.diff(light, axis=1)).mean() > 0.01
    assert light.std() > 0.1


def test_the_photographs_are_in_the_package_and_as_large_as_they_say() -> None:
    photographer, _ = demo_accounts()
    pictures = [slide.picture for post in photographer.posts if not post.is_reel for slide in post.slides]
    assert [picture.draw().size for picture in pictures] == [(one.width, one.height) for one in pictures]
    assert len(pictures) >= 4


def test_the_demo_shows_every_kind_of_post_and_is_small() -> None:
    photographer, painter = demo_accounts()
    assert {post.media_type for post in photographer.posts} == {1, 2, 8}
    assert [post.is_pinned for post in photographer.timeline].count(True) == 1
    assert photographer.timeline[0].is_pinned
    assert len(painter.posts) == len(PAINTINGS) <= 5
    assert len({post.pk for post in (*photographer.posts, *painter.posts)}) == 10
    assert all(max(painting.picture.width, painting.picture.height) <= 1024 for painting in PAINTINGS)


def test_without_its_extra_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    with pytest.raises(photographs.PhotographsMissing, match=r"stylegram\[demo\]"):
        demo_accounts()


def test_the_site_can_be_looked_at_by_a_person() -> None:
    command = [sys.executable, "-m", "demo.site"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as served:
        assert served.stdout
        lines = [served.stdout.readline().strip() for _ in range(2)]
        served.terminate()
    assert [line.rsplit("/", 2)[1] for line in lines] == ["harbour.light", "studio.vermeil"]
