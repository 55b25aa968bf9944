"""What all sections share: the device, the sizes, the weights, and how far to go."""

from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gpu.clock import Clock
from stylizer.compute.precision import Precision
from stylizer.network.kernels import Kernels
from stylizer.network.vgg import Network, Weights
from stylizer.recipe.model import Recipe
from stylizer.recipe.presets import find


@dataclass
class Bench:
    """One run of the benchmark."""

    clock: Clock
    weights: Weights
    out: Path
    recipe: Recipe
    tiny: bool
    ceilings: dict[str, float] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """As torch calls it."""
        return self.clock.device.type

    @property
    def precisions(self) -> list[Precision]:
        """Those to be looked at: a CPU has no TF32, and bfloat16 may be emulated."""
        return [Precision.FP32, Precision.TF32, Precision.BF16] if self.clock.is_gpu else [Precision.FP32]

    def network(
        self, precision: Precision, recipe: Recipe | None = None, kernels: Kernels | None = None,
        device: str | None = None, tries: bool = False,
    ) -> Network:
        """The network of the benchmark's recipe, or of another; as a run begins, cuDNN `tries` nothing."""
        recipe = recipe or self.recipe
        network = Network(self.weights, recipe.layers, recipe.pooling, device or self.device, recipe.flavour,
                          precision=precision, kernels=kernels, edge=recipe.edge)
        network.tries_ways = tries
        return network

    def size(self, full: int) -> int:
        """A size in pixels, or the tiny one."""
        return 48 if self.tiny else full


def recipe_named(name: str) -> Recipe:
    """A recipe of the program's."""
    return find(name)
