"""What an autoencoder is here: encode, decode, and a loss in named terms.

Every loss is summed over dimensions and averaged over the batch, so that weights between terms
mean the same in every variant and at every image size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.models import outputs
from aecore.models.moment import Moment, Phase
from aecore.networks import Network
from aecore.registry import Registry
from aecore.samples import ANY, IMAGE, NOUNS, Kind, Layout

Terms = dict[str, Tensor]
"""Loss terms by name, each a scalar; their sum is what the optimiser lowers."""


Family = Literal["classic", "variational", "other regularisers"]
"""Under which a list of variants names one."""


ByHand = tuple[Terms, list[Tensor]]
"""Loss terms, and the gradient of their sum for each of `parameters()`."""


class ModelConfig(Settings):
    """The knobs that every variant shares."""

    latent_dim: int = knob(
        16,
        "How many numbers the code of one image has.",
        low=1,
        high=4096,
        log=True,
        label="Code size",
    )
    likelihood: Literal["mse", "bce"] = knob(
        "mse",
        "How a reconstruction is compared with its image: squared error (mse), or binary "
        "cross-entropy (bce), which suits images that are nearly black and white.",
        label="Loss",
    )


class Autoencoder(nn.Module, ABC):
    """Maps x to a code z and back to x_hat. A class here is abstract or final.

    x is what the encoder sees, target what it must give back: they differ where a corruption
    is chosen. The encoder sees x minus the average training image, and the decoder's output is
    added to it, so that training starts from the average image.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    """One or two sentences for a person who has never met this variant."""
    paper: ClassVar[str]
    year: ClassVar[int]
    family: ClassVar[Family]
    suggested: ClassVar[Mapping[str, Any]] = {}
    """Values of knobs, by flat name, that suit this variant better than the general ones."""
    uses_network: ClassVar[bool] = True
    """False where the variant brings its own layers and the choice of a network is moot."""
    needs_corruption: ClassVar[bool] = False
    """True where the variant makes no sense on clean input."""
    kinds: ClassVar[frozenset[Kind]] = ANY
    """What its samples may be."""
    takes_batch_norm: ClassVar[bool] = True
    """False where the loss needs the code of each image not to depend on the others."""
    has_code: ClassVar[bool] = True
    """False where the picture also goes around the code, so that the code alone says little."""
    whole_batch: bool = False
    """True where the loss compares the images of a batch with each other: then several processes,
    each with a part of the batch, cannot train the model together. Knobs may make it so."""
    aside: ClassVar[frozenset[str]] = frozenset()
    """Terms that train a helper, such as a discriminator, and do not say how good the model is:
    a validation loss is judged without them."""
    moment: Moment = Moment()
    """Set by the training loop before each loss."""

    class Config(ModelConfig):
        """Settings of this variant."""

    mean: Tensor
    offset: Tensor

    def __init__(
        self, config: ModelConfig, network: Network, mean: Tensor, layout: Layout = IMAGE
    ) -> None:
        """Build the layers.

        Args:
            config: an instance of this class's Config.
            network: makes the encoder and the decoder.
            mean: average training image, (C, H, W) in [0, 1].
            layout: what the samples are, where they are no images.

        Raises InputError where the settings do not suit them.
        """
        super().__init__()
        self.config = config
        self.layout = layout
        self.check()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("offset", self.first_raw(mean).clone())
        self.build(network)

    def check(self) -> None:
        """Raises InputError where this variant or its loss does not suit the samples."""
        kind, noun = self.layout.kind, NOUNS[self.layout.kind][1]
        if kind not in self.kinds:
            raise InputError(
                f"{self.title} works on images, and these are {noun}; choose another variant."
            )
        if kind == "image":
            return
        if self.config.likelihood not in ("mse", "gaussian"):
            raise InputError(
                f"Loss (likelihood): {self.config.likelihood} compares pixels from 0 to 1, and "
                f"these are {noun}; choose mse."
            )
        if self.layout.groups and self.config.likelihood != "mse":
            raise InputError(
                "Loss (likelihood): with categories among the columns only mse works; numbers are "
                "then compared by squared error and categories by cross-entropy."
            )

    def first_raw(self, mean: Tensor) -> Tensor:
        """What `decode_raw` must give for x_hat to be the average image, (C, H, W)."""
        if self.config.likelihood == "bce":
            return torch.logit(mean.clamp(0.02, 0.98))
        return outputs.raw_of(mean, self.layout.groups) if self.layout.groups else mean

    @abstractmethod
    def build(self, network: Network) -> None:
        """Make the layers of this variant."""

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """The deterministic code: (n, C, H, W) in [0, 1] to (n, latent_dim)."""

    @abstractmethod
    def decode_raw(self, z: Tensor) -> Tensor:
        """(n, latent_dim) to (n, C, H, W): pixels for mse, their logits for bce."""

    @abstractmethod
    def loss(self, x: Tensor, target: Tensor) -> Terms:
        """Named terms for a batch; x and target: (n, C, H, W) in [0, 1]."""

    def prepare(self, images: Tensor, classes: Tensor, seed: int) -> None:  # noqa: B027
        """Look at the training images once, before the first step; again after a pause.

        Args:
            images: (N, C, H, W) on the model's device, as the data set holds them.
            classes: (N,) int64.
            seed: fixes whatever is drawn; the global random state must stay as it is.
        """

    def phases(self) -> tuple[Phase, ...]:
        """The parts of this model's training, in order; the first starts at 0."""
        return (Phase("", 0.0),)

    def phase(self, progress: float) -> int:
        """The place in `phases` of the part that trains after this share of all steps."""
        return sum(progress >= phase.start for phase in self.phases()) - 1

    def enter(self, phase: int) -> None:  # noqa: B027
        """Freeze the parameters that this phase does not train, and no others.

        The optimiser starts afresh with each phase.
        """

    def after_step(self) -> None:  # noqa: B027
        """Put right what a step of the optimiser may have broken, such as norms of weights."""

    def judged(self, terms: Mapping[str, float]) -> float:
        """The validation loss that the best weights are kept by."""
        return sum(value for name, value in terms.items() if name not in self.aside)

    def by_hand(self, x: Tensor, target: Tensor) -> ByHand | None:  # noqa: ARG002
        """`loss` and the gradients of all parameters without autograd, where there is a way.

        A small network spends more time in autograd's bookkeeping than in its matrix products;
        tests/test_by_hand.py holds every such way against autograd.
        """
        return None

    def decode(self, z: Tensor) -> Tensor:
        """(n, latent_dim) to images (n, C, H, W); mse may leave [0, 1] a little."""
        return self.picture(self.decode_raw(z))

    def picture(self, raw: Tensor) -> Tensor:
        """What `decode_raw` gives as images, or as whatever the samples are."""
        if self.config.likelihood == "bce":
            return raw.sigmoid()
        return outputs.picture(raw, self.layout.groups)

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction x_hat of x."""
        return self.decode(self.encode(x))

    def reconstruction(self, raw: Tensor, target: Tensor) -> Tensor:
        """Distance between `decode_raw`'s output and the target: sum over pixels, mean over n."""
        if self.config.likelihood == "bce":
            total = F.binary_cross_entropy_with_logits(raw, target, reduction="sum")
        elif self.layout.groups:
            total = outputs.distance(raw, target, self.layout.groups).sum()
        else:
            total = F.mse_loss(raw, target, reduction="sum")
        return total / len(target)

    @property
    def numbers_a_pair(self) -> int:
        """float32 numbers that a step holds for each pair of images of its batch, measured."""
        return 0

    @property
    def code_size(self) -> int:
        """How many numbers the code of one image has."""
        return self.config.latent_dim

    @property
    def label_size(self) -> int:
        """How many numbers at the end of the code are a label: told in training, not found."""
        return 0

    def parameter_count(self) -> int:
        """How many numbers training can change."""
        return sum(parameter.numel() for parameter in self.parameters())


variants: Registry[type[Autoencoder]] = Registry("variant")
