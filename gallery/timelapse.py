"""The way to a result as a moving picture: animated WebP or GIF by Pillow, MP4 by the ffmpeg of imageio-ffmpeg.

Invariant: every frame is on screen for the same time, the last one longer, and the file replaces another as a whole.
"""

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from gallery.errors import BadTarget, NothingToShow, VideoMissing
from gallery.publish import whole_file
from gallery.rendition import open_rendition, resized

SUFFIXES = (".webp", ".gif", ".mp4")
SECONDS = 6.0
HOLD_S = 1.5            # the last frame, beyond its own time
_FPS = 25               # of an MP4; players stumble over a few frames a second
_QUALITY = 90           # of a WebP
_CRF = "18"             # of an MP4: hardly to be told from the original


@dataclass(frozen=True)
class TimelapseReport:
    """What was written."""

    path: Path
    frames: int
    width: int
    height: int
    seconds: float


def write_timelapse(frames: Sequence[Path], target: Path, seconds: float = SECONDS) -> TimelapseReport:
    """Writes these pictures, in their order, as a moving one that runs for so long and rests on the last.

    Raises BadTarget, NothingToShow, VideoMissing, PictureRefused or StorageFailed.
    """
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadTarget(f"{target.name}: a time-lapse is a {', '.join(SUFFIXES)}; let the name end in one of them")
    if not frames:
        raise NothingToShow("no frames")
    video = _video() if suffix == ".mp4" else None
    first = open_rendition(frames[0])
    each_s = seconds / len(frames)
    with whole_file(target) as part:
        if video is None:
            _animate(frames, first.size, part, suffix, each_s)
        else:
            _film(video, frames, first.size, part, each_s)
    return TimelapseReport(target, len(frames), *first.size, round(seconds + HOLD_S, 3))


def _pictures(frames: Sequence[Path], size: tuple[int, int]) -> Iterator[Image.Image]:
    for path in frames:
        picture = open_rendition(path)
        yield picture if picture.size == size else resized(picture, *size)


def _animate(frames: Sequence[Path], size: tuple[int, int], part: Path, suffix: str, each_s: float) -> None:
    first, *others = _pictures(frames, size)
    if suffix == ".gif":    # a palette of its own for each, or the first one's would be that of all
        first, *others = (picture.quantize(256, Image.Quantize.MEDIANCUT) for picture in (first, *others))
    durations = [round(1000 * each_s)] * len(frames)
    durations[-1] += round(1000 * HOLD_S)
    of_webp: dict[str, Any] = {"quality": _QUALITY, "method": 4}
    with part.open("wb") as file:
        first.save(file, suffix[1:].upper(), save_all=True, append_images=others, duration=durations, loop=0,
                   **(of_webp if suffix == ".webp" else {}))


def _film(video: ModuleType, frames: Sequence[Path], size: tuple[int, int], part: Path, each_s: float) -> None:
    """H.264 in yuv420p, which every player knows; it wants even sides, so a last row or column is repeated."""
    width, height = size[0] + size[0] % 2, size[1] + size[1] % 2
    writer = video.write_frames(
        str(part), (width, height), fps=_FPS, codec="libx264", macro_block_size=2, quality=None,
        output_params=["-crf", _CRF, "-f", "mp4", "-movflags", "+faststart"], ffmpeg_log_level="error")
    writer.send(None)
    try:
        shown = 0
        for number, picture in enumerate(_pictures(frames, size), start=1):
            pixels = np.pad(np.asarray(picture), ((0, height - size[1]), (0, width - size[0]), (0, 0)), mode="edge")
            until = number * each_s + (HOLD_S if number == len(frames) else 0)
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
