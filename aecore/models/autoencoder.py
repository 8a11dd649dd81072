"""The plain autoencoder: squeeze an image through a code and give it back.

Undercomplete where the code is smaller than the image, overcomplete where it is larger, deep
where the network has several layers. Rumelhart, Hinton and Williams 1986; Hinton and
Salakhutdinov 2006.
"""

from torch import Tensor

from aecore.models.base import ByHand, Terms, variants
from aecore.models.plain import Plain


@variants.register("autoencoder")
class PlainAutoencoder(Plain):
    """Minimises the distance between an image and its reconstruction, and nothing else."""

    title = "Autoencoder"
    idea = (
        "Learns to give back its input through a small code. "
        "What it keeps in the code is what it takes to redraw the image."
    )
    paper = "Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks"
    year = 2006
    family = "classic"

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        return {"reconstruction": self.reconstruction(self.decode_raw(self.encode(x)), target)}

    def by_hand(self, x: Tensor, target: Tensor) -> ByHand | None:
        return self.copy_by_hand(x, target)
