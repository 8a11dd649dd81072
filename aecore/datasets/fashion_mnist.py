"""Fashion-MNIST: clothes in MNIST's format, harder than digits."""

from aecore.datasets.base import datasets
from aecore.datasets.torchvision_base import MnistSource


@datasets.register("fashion_mnist")
class FashionMnist(MnistSource):
    """Xiao, Rasul and Vollgraf 2017."""

    title = "Fashion-MNIST (28×28)"
    summary = (
        "70,000 small grey pictures of clothes, shoes and bags; more detail than digits. "
        "The download is 31 MB."
    )
    licence = "MIT (Zalando SE)"
    suggested = {"epochs": 10, "batch_size": 128, "learning_rate": 2e-3}
    torchvision_name = "FashionMNIST"
    classes = (
        "T-shirt",
        "Trousers",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
