"""What every test gets: folders of its own, one thread, and MNIST where it lies beside the repo."""

import os
import subprocess
from pathlib import Path

import pytest
import torch

from aecore.catalog.store import Catalog
from tests.mnist_layout import write_digits

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No test reads or writes the user's folders."""
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def postgres_server():
    """The folder of a PostgreSQL's socket; skips where it is not installed."""
    from postgres import server  # most tests need neither it nor its driver

    with server() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, monkeypatch):
    """Each kind of database in turn, empty, and named by the environment."""
    if request.param == "sqlite":
        monkeypatch.delenv("AECORE_DATABASE_URL", raising=False)
        yield ""
        return
    from postgres import database

    with database(request.getfixturevalue("postgres_server")) as url:
        monkeypatch.setenv("AECORE_DATABASE_URL", url)
        yield url


@pytest.fixture
def catalog(database_url):
    """An empty catalogue, in each kind of database."""
    opened = Catalog()
    yield opened
    opened.close()


@pytest.fixture
def eager(monkeypatch):
    """Look for commands, flush and checkpoint at every step."""
    monkeypatch.setattr("aecore.jobs.recorder.FLUSH_SECONDS", 0)
    monkeypatch.setattr("aecore.jobs.recorder.CHECKPOINT_SECONDS", 0)


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """The machines that test have few cores, and one thread adds up in one order."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mnist_root(tmp_path_factory):
    """Folder with the real MNIST in torchvision's layout: what AECORE_DATA can be set to."""
    script = shared_data() / "unpack"
    if not script.is_file():
        pytest.skip(f"no {script}: set AECORE_TEST_DATASETS to the folder of real data")
    root = tmp_path_factory.mktemp("mnist")
    subprocess.run([script, root], check=True)
    return root


@pytest.fixture(scope="session")
def mnist_or_like(request, tmp_path_factory):
    """The real MNIST where it is at hand, else smaller digits in its layout; never skips."""
    if (shared_data() / "unpack").is_file():
        return request.getfixturevalue("mnist_root")
    root = tmp_path_factory.mktemp("mnist-like")
    write_digits(root)
    return root


def shared_data():
    """Where real data lie: AECORE_TEST_DATASETS, or beside the repository."""
    named = os.environ.get("AECORE_TEST_DATASETS")
    return Path(named) if named else REPOSITORY.parent / "shared" / "datasets"
