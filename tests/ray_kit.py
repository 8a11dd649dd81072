"""A Ray cluster of several nodes on one machine, for the tests of the engine for clusters."""

import os
import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

# Ray reads these once, when it is imported. Its ports are open to the network, hence the token.
os.environ["RAY_AUTH_MODE"] = "token"
os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@contextmanager
def cluster_of(count, **node):
    """Nodes of two slots each, joined.

    Their folder is not one of pytest's: the names of Ray's sockets in it, of about 80 characters,
    must stay under the 107 that the kernel allows.
    """
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    short = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    with short as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        patch.setenv("TMPDIR", folder)
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
