"""The way to a result as a moving picture: animated WebP or GIF by Pillow, MP4 by the ffmpeg of imageio-ffmpeg.

Invariant: every frame is on screen for the same time, the last one longer; one that cannot be read leaves its time to
the one before. The file replaces another as a whole.
"""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from db.atomic import whole_file
from db.errors import OutputRefused, PictureRefused
from gallery.errors import NothingToShow, VideoMissing
from gallery.rendition import open_rendition, resized

SUFFIXES = (".webp", ".gif", ".mp4")
SECONDS = 6.0
HOLD_S = 1.5            # the last frame, beyond its own time
_FPS = 25               # of an MP4; players stumble over a few frames a second
_QUALITY = 90           # of a WebP
_CRF = "18"             # of an MP4: hardly to be told from the original


@dataclass(frozen=True)
class TimelapseReport:
    """What was written, and how many frames could not be read."""

    path: Path
    frames: int
    unreadable: int
    width: int
    height: int
    seconds: float


def write_timelapse(frames: Sequence[Path], target: Path, seconds: float = SECONDS) -> TimelapseReport:
    """Writes these pictures, in their order, as a moving one that runs for so long and rests on the last.

    Raises OutputRefused, NothingToShow, VideoMissing or StorageFailed.
    """
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise OutputRefused(f"{target.name}: a time-lapse is a {', '.join(SUFFIXES)}; let the name end in one of them")
    if not frames:
        raise NothingToShow("no frames")
    video = _video() if suffix == ".mp4" else None
    reel = _Reel(frames)
    each_s = seconds / len(frames)
    with whole_file(target) as part:
        if video is None:
            _animate(reel, part, suffix, each_s)
        else:
            _film(video, reel, part, each_s)
    return TimelapseReport(target, reel.shown, len(frames) - reel.shown, *reel.size, round(seconds + HOLD_S, 3))


class _Reel:
    """The frames that can be read, one after the other, at the size of the first of them."""

    def __init__(self, frames: Sequence[Path]) -> None:
        """Reads the first. Raises NothingToShow where there is none."""
        self.count = len(frames)
        self.shown = 0
        self._problem = ""
        self._unread = self._open(frames)
        first = next(self._unread, None)
        if first is None:
            raise NothingToShow(f"none of {len(frames)} pictures can be read: {self._problem}")
        self._first, self.size = first, first[1].size

    def pictures(self) -> Iterator[tuple[int, Image.Image]]:
        """Each picture, and until the end of which frame it stays on screen; to be gone through once."""
        (_, current), self.shown = self._first, 1
        for number, picture in self._unread:
            yield number, current
            current = picture if picture.size == self.size else resized(picture, *self.size)
            self.shown += 1
        yield self.count, current

    def _open(self, frames: Sequence[Path]) -> Iterator[tuple[int, Image.Image]]:
        for number, path in enumerate(frames):
            try:
                yield number, open_rendition(path)
            except PictureRefused as error:
                self._problem = str(error)


def _animate(reel: _Reel, part: Path, suffix: str, each_s: float) -> None:
    ends, pictures = zip(*reel.pictures(), strict=True)
    if suffix == ".gif":    # a palette of its own for each, or the first one's would be that of all
        pictures = tuple(picture.quantize(256, Image.Quantize.MEDIANCUT) for picture in pictures)
    durations = [round(1000 * each_s * (end - start)) for start, end in pairwise((0, *ends))]
    durations[-1] += round(1000 * HOLD_S)
    of_webp: dict[str, Any] = {"quality": _QUALITY, "method": 4}
    with part.open("wb") as file:
        pictures[0].save(file, suffix[1:].upper(), save_all=True, append_images=pictures[1:], duration=durations,
                         loop=0, **(of_webp if suffix == ".webp" else {}))


def _film(video: ModuleType, reel: _Reel, part: Path, each_s: float) -> None:
    """H.264 in yuv420p, which every player knows; it wants even sides, so a last row or column is repeated."""
    size = reel.size
    width, height = size[0] + size[0] % 2, size[1] + size[1] % 2
    writer = video.write_frames(
        str(part), (width, height), fps=_FPS, codec="libx264", macro_block_size=2, quality=None,
        output_params=["-crf", _CRF, "-f", "mp4", "-movflags", "+faststart"], ffmpeg_log_level="error")
    writer.send(None)
    try:
        shown = 0
        for end, picture in reel.pictures():
            pixels = np.pad(np.asarray(picture), ((0, height - size[1]), (0, width - size[0]), (0, 0)), mode="edge")
            until = end * each_s + (HOLD_S if end == reel.count else 0)
            for _ in range(max(1, round(until * _FPS) - shown)):
                writer.send(np.ascontiguousarray(pixels))
                shown += 1
    finally:
        writer.close()


def _video() -> ModuleType:
    try:
        return importlib.import_module("imageio_ffmpeg")
    except ModuleNotFoundError as error:
        raise VideoMissing("an MP4 needs the package imageio-ffmpeg: run `pip install imageio-ffmpeg`, or name a "
                           ".webp or .gif") from error
