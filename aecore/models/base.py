"""What an autoencoder is here: encode, decode, and a loss in named terms.

Every loss is summed over dimensions and averaged over the batch, so that weights between terms
mean the same in every variant and at every image size.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore.config import Settings, knob
from aecore.networks import Network
from aecore.registry import Registry

Terms = dict[str, Tensor]
"""Loss terms by name, each a scalar; their sum is what the optimiser lowers."""


Family = Literal["classic", "variational", "other regularisers"]
"""Under which a list of variants names one."""


ByHand = tuple[Terms, list[Tensor]]
"""Loss terms, and the gradient of their sum for each of `parameters()`."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where training stands while a loss is computed, and which images the batch holds.

    progress: share of all steps that are done, 0 to 1. classes: the class of each image of the
    split, (N,) int64; rows: where in the split the batch's images are, (n,) int64. Both are None
    where images of unknown origin are measured.
    """

    progress: float = 1.0
    classes: Tensor | None = None
    rows: Tensor | None = None

    @property
    def labels(self) -> Tensor | None:
        """The classes of the batch, (n,) int64, where they are known."""
        known = self.classes is not None and self.rows is not None
        return self.classes[self.rows] if known else None  # type: ignore[index]

    def part(self, rows: slice) -> Moment:
        """The same for some of the batch's images."""
        return replace(self, rows=None if self.rows is None else self.rows[rows])


class Phase(NamedTuple):
    """A part of training: what it is called, and after which share of all steps it starts."""

    title: str
    start: float


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

    def __init__(self, config: ModelConfig, network: Network, mean: Tensor) -> None:
        """Build the layers.

        Args:
            config: an instance of this class's Config.
            network: makes the encoder and the decoder.
            mean: average training image, (C, H, W) in [0, 1].
        """
        super().__init__()
        self.config = config
        self.register_buffer("mean", mean.clone())
        self.register_buffer("offset", self.first_raw(mean).clone())
        self.build(network)

    def first_raw(self, mean: Tensor) -> Tensor:
        """What `decode_raw` must give for x_hat to be the average image, (C, H, W)."""
        return torch.logit(mean.clamp(0.02, 0.98)) if self.config.likelihood == "bce" else mean

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
            images: (N, C, H, W) uint8 on the model's device.
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
        raw = self.decode_raw(z)
        return raw.sigmoid() if self.config.likelihood == "bce" else raw

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction x_hat of x."""
        return self.decode(self.encode(x))

    def reconstruction(self, raw: Tensor, target: Tensor) -> Tensor:
        """Distance between `decode_raw`'s output and the target: sum over pixels, mean over n."""
        if self.config.likelihood == "bce":
            total = F.binary_cross_entropy_with_logits(raw, target, reduction="sum")
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
