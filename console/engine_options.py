"""Where pairs are made, as a user says it: this process, several of them, or a Ray cluster.

Invariant: what cannot work is told before a library is opened and before torch is loaded.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from console.errors import BadRequest
from console.words import counted
from stylizer.compute.device import Device
from stylizer.engines import ray_init

if TYPE_CHECKING:   # the package behind it imports torch
    from stylizer.engines.protocol import Engine
    from stylizer.plan import Plan

_WHERE = "Where pairs are made"
MOST_WORKERS = 256


class EngineName(StrEnum):
    """The engines by name."""

    LOCAL = "local"
    RAY = "ray"


@dataclass(frozen=True)
class EngineOptions:
    """Where pairs are made, and how many at once."""

    engine: Annotated[
        EngineName, typer.Option(help="This machine, or a Ray cluster (docs/cluster.md).", rich_help_panel=_WHERE)
    ] = EngineName.LOCAL
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_WORKERS, help="Processes on this machine, such as one for each GPU.  [default: this one]",
            rich_help_panel=_WHERE,
        ),
    ] = None
    address: Annotated[
        str | None,
        typer.Option(
            metavar="auto|HOST:PORT",
            help="The cluster that this machine is part of.  [default: one that is started here for this run]",
            rich_help_panel=_WHERE,
        ),
    ] = None
    batch: Annotated[
        str,
        typer.Option(
            metavar="auto|N",
            help="Pairs that advance together: what a GPU's memory holds, on a CPU one a thread, each by itself.",
            rich_help_panel=_WHERE,
        ),
    ] = "auto"
    no_measures: Annotated[
        bool, typer.Option(
            "--no-measures", help="Do not measure the pictures when they are made.", rich_help_panel=_WHERE)
    ] = False

    def check(self) -> None:
        """Raises BadRequest, or EngineMissing where Ray is not there or not safe."""
        self.pairs_at_once()
        if self.engine is EngineName.RAY:
            if self.workers is not None:
                raise BadRequest("--workers is for --engine local; a cluster has a worker for each GPU or machine")
            if self.address is not None and not _is_address(self.address):
                raise BadRequest(f"address {self.address!r}: say auto, or HOST:PORT such as 10.0.0.5:6379")
            ray_init.require_ray()
            ray_init.check_address(self.address)
        elif self.address is not None:
            raise BadRequest("--address is that of a cluster: say --engine ray, too")

    def pairs_at_once(self) -> int | None:
        """How many pairs advance together; None for what memory holds. Raises BadRequest."""
        if self.batch == "auto":
            return None
        if not re.fullmatch(r"[1-9]\d{0,3}", self.batch):
            raise BadRequest(f"batch {self.batch!r}: say auto, or how many pairs advance together")
        return int(self.batch)

    def in_words(self, plan: "Plan") -> str:
        """Where the pairs of this plan are made."""
        if self.engine is EngineName.RAY:
            return f"the Ray cluster at {self.address}" if self.address else "a Ray of its own"
        from stylizer.compute.device import describe

        processes = f", {counted(self.workers, 'process', 'processes')}" if self.workers else ""
        return describe(plan.config.device) + processes

    def open(self, plan: "Plan", weights: str, device: Device) -> "Engine":
        """The engine for this plan; `weights` is where its weights are from."""
        if self.engine is EngineName.RAY:
            from stylizer.engines.ray_engine import RayEngine

            return RayEngine(plan.loaded, self.address, use_gpus=device is not Device.CPU)
        if self.workers is not None:
            from stylizer.engines.processes import ProcessEngine

            return ProcessEngine(weights, self.workers)
        from stylizer.engines.local import LocalEngine

        return LocalEngine(plan.weights)


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return text == ray_init.AUTO or bool(
        colon and re.fullmatch(r"[\w.-]+|\[[\da-fA-F:]+\]", host) and re.fullmatch(r"\d{1,5}", port)
        and 0 < int(port) < 65536)
