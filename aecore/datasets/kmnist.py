"""Kuzushiji-MNIST: cursive Japanese characters in MNIST's format."""

from aecore.datasets.base import datasets
from aecore.datasets.torchvision_base import MnistSource


@datasets.register("kmnist")
class Kmnist(MnistSource):
    """Clanuwat et al. 2018; the classes are ten hiragana, here in Latin letters."""

    title = "Kuzushiji-MNIST (28×28)"
    summary = (
        "70,000 characters from old Japanese books; one character is written in many ways. "
        "The download is 21 MB."
    )
    licence = "CC BY-SA 4.0 (KMNIST, created by CODH from Kuzushiji by NIJL)"
    suggested = {"epochs": 15, "batch_size": 128, "learning_rate": 2e-3}
    torchvision_name = "KMNIST"
    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
