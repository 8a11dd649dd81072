"""A Ray cluster of several nodes on one machine, for the tests of the engine for clusters."""

import os
import secrets
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

# Ray reads these once, when it is imported. Its ports are open to the network, hence the token.
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@contextmanager
def cluster_of(count, folder, **node):
    """Nodes of two slots each, joined."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        patch.setenv("TMPDIR", str(folder))
        cluster = cluster_utils.Cluster()
        try:
            for _ in range(count):
                cluster.add_node(num_cpus=2, include_dashboard=False, **node)
            patch.setenv("AECORE_RAY_ADDRESS", cluster.address)
            yield cluster
        finally:
            cluster.shutdown()


@contextmanager
def ready_ray():
    """An engine of the cluster."""
    from aecore.jobs.ray_engine import RayEngine

    engine = RayEngine()
    yield engine
    engine.close()
