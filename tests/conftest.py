"""What every test gets: folders of its own, one thread, and MNIST where it lies beside the repo."""

import os
import subprocess
from pathlib import Path

import pytest
import torch

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No test reads or writes the user's folders."""
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "data"))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """The machines that test have few cores, and one thread adds up in one order."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def mnist_root(tmp_path_factory):
    """Folder with MNIST in torchvision's layout: what AECORE_DATA can be set to."""
    shared = os.environ.get("AECORE_TEST_DATASETS") or REPOSITORY.parent / "shared" / "datasets"
    script = Path(shared) / "unpack"
    if not script.is_file():
        pytest.skip(f"no {script}: set AECORE_TEST_DATASETS to the folder of real data")
    root = tmp_path_factory.mktemp("mnist")
    subprocess.run([script, root], check=True)
    return root
