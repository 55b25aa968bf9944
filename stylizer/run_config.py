"""What all pairs of a run share: one record, from the plan through every engine to what a picture says of itself.

Invariant: values that any process on any machine can be sent. What a machine is called is found out where it is told.
"""

from dataclasses import dataclass
from pathlib import Path

from stylizer.compute.precision import Precision
from stylizer.compute.tiling import WHOLE, Tiling
from stylizer.pictures.guidance import PLAIN, Guidance
from stylizer.recipe.model import Recipe
from stylizer.recipe.snapshots import SnapshotSchedule


@dataclass(frozen=True)
class RunConfig:
    """What all pairs of a run share. What stands below `guidance` is no part of a picture's identity."""

    recipe: Recipe
    recipe_hash: str
    seed: int
    weights_sha256: str
    device: str                                 # of torch
    time_budget_s: float | None = None          # for each pair
    guidance: Guidance = PLAIN
    precision: Precision = Precision.FP32
    tiling: Tiling = WHOLE
    batch: int | None = None                    # how many pairs advance together; None for what the engine thinks best
    snapshots: SnapshotSchedule | None = None   # pictures that are kept on the way
    checkpoints: Path | None = None             # the folder for the state of unfinished pairs
    measures: bool = True                       # whether pictures are measured when they are made
    glimpse_s: float | None = 3.0               # how often whoever watches is shown what is being made
