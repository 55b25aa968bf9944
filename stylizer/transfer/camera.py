"""Pictures taken while a batch is made, as the bytes of their files, all of one size."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylizer.pictures.encode import encode
from stylizer.recipe.formats import Format
from stylizer.recipe.snapshots import LONGEST_PX, SnapshotSchedule
from stylizer.transfer.optimization import Step

Snapshots = tuple[tuple[int, bytes], ...]        # evaluations and PNGs


class SnapshotRecorder:
    """Takes the pictures of each pair of a batch; those of a coarse scale are enlarged to the final size."""

    def __init__(self, schedule: SnapshotSchedule, pairs: int, steps: int, height: int, width: int) -> None:
        """`height` and `width` are those of the finished pictures. Raises BadRecipe for too many frames."""
        self._wanted = schedule.wanted(steps)
        shrunk = min(1.0, LONGEST_PX / max(height, width))
        self._shape = max(1, round(height * shrunk)), max(1, round(width * shrunk))
        self._films: list[list[tuple[int, bytes]]] = [[] for _ in range(pairs)]

    def see(self, step: Step) -> None:
        """Takes the pictures of an evaluation, if these are wanted."""
        if step.step in self._wanted:
            self._take(step.step, step.pictures())

    def films(self, last: Tensor, evaluations: list[int]) -> list[Snapshots]:
        """All pictures of each pair, ending with the finished ones (uint8 [B, 3, H, W])."""
        finished = self._developed(last)
        return [
            (*((evaluation, data) for evaluation, data in film if evaluation < count), (count, data_of_last))
            for film, count, data_of_last in zip(self._films, evaluations, finished, strict=True)
        ]

    def state(self) -> list[list[tuple[int, Tensor]]]:
        """What was taken so far, for a checkpoint."""
        return [
            [(evaluation, torch.frombuffer(bytearray(data), dtype=torch.uint8)) for evaluation, data in film]
            for film in self._films
        ]

    def restore(self, state: list[list[tuple[int, Any]]]) -> None:
        """Goes on from `state()`."""
        self._films = [
            [(evaluation, data.cpu().numpy().tobytes()) for evaluation, data in film] for film in state
        ]

    def _take(self, evaluation: int, pictures: Tensor) -> None:
        for film, data in zip(self._films, self._developed(pictures), strict=True):
            film.append((evaluation, data))

    def _developed(self, pictures: Tensor) -> list[bytes]:
        if pictures.shape[-2:] != self._shape:
            pictures = F.interpolate(pictures.float(), self._shape, mode="bicubic", antialias=True)
        return [encode(picture.cpu(), Format.PNG, quality=100) for picture in pictures]
