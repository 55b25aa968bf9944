"""The time-lapse: every frame in its order and for its time, in each format."""

from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from db.errors import OutputRefused
from gallery.errors import NothingToShow, VideoMissing
from gallery.timelapse import write_timelapse

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]


@pytest.fixture
def frames(tmp_path: Path) -> list[Path]:
    """Four pictures of 33 x 21 pixels, of a colour each."""
    paths = [tmp_path / f"{number}.png" for number in range(len(COLOURS))]
    for path, colour in zip(paths, COLOURS, strict=True):
        Image.new("RGB", (33, 21), colour).save(path)
    return paths


def near(pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(pixel[:3], colour, strict=True))


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_frames_follow_each_other_and_the_last_one_rests(frames: list[Path], tmp_path: Path, suffix: str) -> None:
    written = write_timelapse(frames, tmp_path / f"out{suffix}", seconds=2.0)
    assert (written.frames, written.width, written.height, written.seconds) == (4, 33, 21, 3.5)
    with Image.open(written.path) as film:
        assert film.n_frames == 4
        durations = []
        for number, colour in enumerate(COLOURS):
            film.seek(number)
            assert near(film.convert("RGB").getpixel((5, 5)), colour)
            durations.append(film.info["duration"])
    assert durations == [500, 500, 500, 2000]


def test_a_frame_of_another_size_is_brought_to_that_of_the_first(frames: list[Path], tmp_path: Path) -> None:
    Image.new("RGB", (16, 10), COLOURS[1]).save(frames[1])
    with Image.open(write_timelapse(frames, tmp_path / "out.webp").path) as film:
        film.seek(1)
        assert film.size == (33, 21)
        assert near(film.convert("RGB").getpixel((32, 20)), COLOURS[1])


# The library's reader leaves its pipes to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_mp4_has_even_sides_and_runs_as_long(frames: list[Path], tmp_path: Path) -> None:
    written = write_timelapse(frames, tmp_path / "out.mp4", seconds=2.0)
    reader = imageio_ffmpeg.read_frames(str(written.path))
    facts = next(reader)
    shown = [Image.frombytes("RGB", facts["size"], data) for data in reader]
    assert (facts["size"], facts["pix_fmt"].split("(")[0], len(shown)) == ((34, 22), "yuv420p", 88)
    for number, colour in enumerate(COLOURS):
        assert near(shown[round((number + 0.5) * 12.5)].getpixel((10, 10)), colour)
    assert near(shown[-1].getpixel((33, 21)), COLOURS[-1])


def test_without_the_package_an_mp4_is_refused_with_the_remedy(
    frames: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    with pytest.raises(VideoMissing, match="pip install imageio-ffmpeg"):
        write_timelapse(frames, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_another_ending_or_no_frames_is_a_mistake(frames: list[Path], tmp_path: Path) -> None:
    with pytest.raises(OutputRefused, match=r"\.webp, \.gif, \.mp4"):
        write_timelapse(frames, tmp_path / "out.avi")
    with pytest.raises(NothingToShow):
        write_timelapse([], tmp_path / "out.gif")
