"""What an image may cost, whatever its file says."""

from dataclasses import asdict, dataclass
from typing import Any

from db.errors import PictureRefused

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds of one image. Memory and time are those of the process that decodes it."""

    file_bytes: int = 64 * MEBIBYTE
    pixels: int = 89_000_000        # just under the size at which Pillow itself begins to warn of a bomb
    raw_bytes: int = 384 * MEBIBYTE     # width x height x channels x bytes of each: 89 megapixels of RGBA pass
    frames: int = 2_000
    memory_bytes: int = 2048 * MEBIBYTE     # where the system knows such a limit (Linux does, macOS does not)
    cpu_s: int = 60
    wall_s: float = 180

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def check_size(self, width: int, height: int, bytes_per_pixel: float = 0) -> None:
        """Raises PictureRefused for sides that are nothing or too much."""
        if width <= 0 or height <= 0:
            raise PictureRefused("it has no pixels")
        if width * height > self.pixels:
            raise PictureRefused(f"{width} x {height} is more than {self.pixels // 1_000_000} megapixels")
        if width * height * bytes_per_pixel > self.raw_bytes:
            raise PictureRefused(
                f"{width} x {height} with {bytes_per_pixel:g} bytes a pixel is more than "
                f"{self.raw_bytes // MEBIBYTE} MiB"
            )

    def check_frames(self, count: int) -> None:
        """Raises PictureRefused for too many."""
        if count > self.frames:
            raise PictureRefused(f"more than {self.frames} frames")
