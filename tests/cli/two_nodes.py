"""Two Ray nodes of one CPU each on this machine, in a process of its own: `python -m tests.cli.two_nodes`.

Prints the cluster's address. A line on stdin kills the second node as kill -9 would; the end of stdin ends the other.
"""

import sys

from ray.cluster_utils import Cluster

if __name__ == "__main__":
    node = {"num_cpus": 1, "object_store_memory": 250_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    second = cluster.add_node(**node)
    print(cluster.address, flush=True)      # noqa: T201
    try:
        for _ in sys.stdin:
            cluster.remove_node(second, allow_graceful=False)
    finally:
        cluster.shutdown()
