"""The masked autoencoder: see a quarter of the patches, draw the others.

E over images and masks of Σ over hidden patches ||patch - g(f(visible patches))||² (He et al.
2022, section 3). The encoder never meets the hidden patches, not even as blanks. The paper hands
the encoded patches themselves to the decoder; here they pass through one code of `latent_dim`
numbers, so that there is a code of an image to look at. Outside of the loss nothing is hidden:
the code is that of the whole image, and the reconstruction is drawn from it alone.
"""

from __future__ import annotations

from math import gcd

import torch
from torch import Tensor, nn

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms, variants
from aecore.models.draws import normal_like
from aecore.models.patches import patches_of
from aecore.networks import Network
from aecore.samples import IMAGES

MOST_HEADS = 4


@variants.register("masked")
class MaskedAutoencoder(Autoencoder):
    """A small transformer over patches in the encoder, and a smaller one in the decoder."""

    title = "Masked autoencoder"
    idea = (
        "Cuts the image into patches, hides most of them and must draw the hidden ones, "
        "so that its code has to say what the whole picture is."
    )
    paper = "He et al., Masked Autoencoders Are Scalable Vision Learners"
    year = 2022
    family = "other regularisers"
    suggested = {"latent_dim": 64, "epochs": 100}
    uses_network = False
    kinds = IMAGES

    class Config(ModelConfig):
        mask_ratio: float = knob(
            0.75, "Share of the patches that training hides from the encoder.", low=0.05, high=0.95
        )
        token_width: int = knob(
            64, "How many numbers stand for a patch inside the model.", low=8, high=512, log=True
        )
        blocks: int = knob(
            2, "Rounds in which the encoder's patches look at each other.", low=1, high=8
        )

    config: Config

    def build(self, network: Network) -> None:
        self.patches = patches_of(network.shape)
        hidden = round(self.patches.count * self.config.mask_ratio)
        self.hidden = min(max(hidden, 1), self.patches.count - 1)
        width, code = self.config.token_width, self.config.latent_dim
        self.embed = nn.Linear(self.patches.size, width)
        self.positions = nn.Parameter(0.5 * torch.randn(self.patches.count, width))
        blocks = [_block(width) for _ in range(self.config.blocks)]
        self.encoder = nn.Sequential(*blocks, nn.LayerNorm(width))
        # Each place has weights of its own: a mean over the places leaves open which patch was
        # where, and took training ten times as long to get off the average image.
        self.to_code = nn.Linear(self.patches.count * width, code)
        self.from_code = nn.Linear(code, self.patches.count * width)
        last = nn.Linear(width, self.patches.size)
        with torch.no_grad():
            last.weight.mul_(0.1)  # training starts near the average image
        self.decoder = nn.Sequential(_block(width), nn.LayerNorm(width), last)

    def encode(self, x: Tensor) -> Tensor:
        tokens = self._tokens(x)
        places = torch.arange(self.patches.count, device=x.device).expand(len(x), -1)
        return self.code_of(tokens, places)

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.patches.join(self._drawn(z))

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        tokens = self._tokens(x)
        visible, hidden = self.mask(tokens)
        raw = self._drawn(self.code_of(take(tokens, visible), visible))
        wanted = self.patches.cut(target)
        return {"hidden_patches": self.reconstruction(take(raw, hidden), take(wanted, hidden))}

    def mask(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Places of the visible and of the hidden patches, (n, …) each, drawn for every image.

        tokens: (n, patches, width).
        """
        order = normal_like(tokens[:, :, 0].float()).argsort(1)
        return order[:, self.hidden :], order[:, : self.hidden]

    def code_of(self, tokens: Tensor, places: Tensor) -> Tensor:
        """The code (n, latent_dim) of those patches that are given, in any order.

        Args:
            tokens: (n, m, width), patches with their positions.
            places: (n, m) int64, where they belong; the others count as 0, and these for more,
                as dropout has it.
        """
        count = self.patches.count
        whole = spread(self.encoder(tokens), places, count) * (count / places.shape[1])
        return self.to_code(whole.flatten(1))

    def _tokens(self, x: Tensor) -> Tensor:
        """Every patch with its place: (n, patches, width)."""
        return self.embed(self.patches.cut(x - self.mean)) + self.positions

    def _drawn(self, z: Tensor) -> Tensor:
        """The decoder's patches, as `decode_raw` has their pixels: (n, patches, size)."""
        tokens = self.from_code(z).view(len(z), self.patches.count, -1)
        return self.decoder(tokens) + self.patches.cut(self.offset[None])


def take(rows: Tensor, places: Tensor) -> Tensor:
    """Of (n, m, d) those at (n, k) places, others for each image: (n, k, d)."""
    return rows.gather(1, places[:, :, None].expand(-1, -1, rows.shape[2]))


def spread(rows: Tensor, places: Tensor, count: int) -> Tensor:
    """What `take` has taken, back in its places, and 0 elsewhere: (n, k, d) to (n, count, d)."""
    whole = rows.new_zeros(len(rows), count, rows.shape[2])
    return whole.scatter(1, places[:, :, None].expand_as(rows), rows)


def _block(width: int) -> nn.Module:
    """Attention and two layers, each after a normalisation, as He et al. have them."""
    return nn.TransformerEncoderLayer(
        width,
        gcd(width, MOST_HEADS),
        2 * width,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
