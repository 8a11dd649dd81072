"""MNIST: the handwritten digits that most papers on autoencoders report on."""

from aecore.datasets.base import datasets
from aecore.datasets.torchvision_base import MnistSource


@datasets.register("mnist")
class Mnist(MnistSource):
    """LeCun, Cortes and Burges 1998."""

    title = "MNIST (28×28)"
    summary = (
        "70,000 handwritten digits, the classic first data set of machine learning. "
        "The download is 12 MB."
    )
    licence = "CC BY-SA 3.0 (LeCun, Cortes and Burges)"
    suggested = {"epochs": 10, "batch_size": 128, "learning_rate": 2e-3}
    torchvision_name = "MNIST"
    classes = tuple(str(digit) for digit in range(10))
