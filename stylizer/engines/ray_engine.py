"""A Ray cluster: one worker for each GPU, or for each machine where there are none.

Invariant: this process keeps the order and the catalog; a worker gets small images and a recipe and gives files back.
"""

from collections.abc import Generator, Iterable

from stylizer.compute.device import Device
from stylizer.engines import ray_init
from stylizer.engines.protocol import Batch, Made, Tell, most_together, shared_out
from stylizer.engines.ray_pool import WorkerPool
from stylizer.engines.ray_worker import RayWorker
from stylizer.engines.scheduler import Scheduler
from stylizer.network.vgg import Weights
from stylizer.run_config import RunConfig


class RayEngine:
    """Makes batches on the cluster at `address`, or on one of its own on this machine (None)."""

    def __init__(
        self, weights: Weights | None, address: str | None, *, use_gpus: bool = True, actor: type = RayWorker
    ) -> None:
        """Without `weights` each machine loads the bundled ones, which it has: sending them takes 350 MB here.

        `actor` is what stands in the worker's place where a cluster is measured without pictures.
        """
        self._weights = weights
        self._use_gpus = use_gpus
        self._address = address
        self._actor = actor
        self._is_joined = False

    def most_together(self, config: RunConfig, jobs: int) -> int:
        """What each machine makes good use of, if its memory holds it. Raises EngineMissing and WorkersLost."""
        self._join()
        import ray  # after that: joining sets what Ray reads when it is loaded

        has_gpus = self._use_gpus and ray.cluster_resources().get("GPU", 0) >= 1
        cpus = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
        of_one = most_together(Device.CUDA if has_gpus else Device.CPU, min(filter(None, cpus), default=1))
        workers = int(ray.cluster_resources()["GPU"]) if has_gpus else len(cpus)
        return config.batch or shared_out(of_one, jobs, workers)

    def run(self, config: RunConfig, batches: Iterable[Batch], tell: Tell) -> Generator[Made, None, None]:
        """Makes them all. Raises EngineMissing, WorkersLost, or what a worker could not begin for."""
        self._join()
        import ray

        pool = WorkerPool(ray, config, ray.put(self._weights), use_gpus=self._use_gpus, actor=self._actor)
        try:
            yield from pool.work(Scheduler(batches), tell)
        finally:
            pool.shut_down()
            ray_init.leave()
            self._is_joined = False

    def _join(self) -> None:
        if not self._is_joined:
            ray_init.join(self._address)
            self._is_joined = True
