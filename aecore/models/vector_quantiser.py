"""A code book: vectors, each of which stands for all that are nearer to it than to another.

Van den Oord et al. 2017, appendix A.1: entry i follows the mean of the vectors nearest to it,
counts_i ← γ counts_i + (1 − γ) n_i, sums_i ← γ sums_i + (1 − γ) Σ vectors, book_i = sums_i /
counts_i, with the counts smoothed after Laplace.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

SMOOTHING = 1e-5
PATIENCE = 50
"""Steps after which an entry that no vector was nearest to starts again elsewhere."""
ROUNDS = 10
"""Of k-means when the book is first laid out."""
CHUNK = 2048
"""Vectors that are compared with all entries at a time, so that memory stays small."""


class VectorQuantiser(nn.Module):
    """`entries` vectors of `size` numbers each. It has no parameters: nothing here is trained."""

    book: Tensor
    counts: Tensor
    sums: Tensor
    idle: Tensor

    def __init__(self, entries: int, size: int, decay: float) -> None:
        super().__init__()
        self.decay = decay
        book = torch.randn(entries, size)
        self.register_buffer("book", book)
        self.register_buffer("counts", torch.ones(entries))
        self.register_buffer("sums", book.clone())
        self.register_buffer("idle", torch.zeros(entries))

    def nearest(self, vectors: Tensor) -> Tensor:
        """The entry nearest to each of (m, size), by its place in the book: (m,) int64."""
        exact = "donot_use_mm_for_euclid_dist"  # or an entry may not be the nearest to itself
        parts = vectors.split(CHUNK)
        near = [torch.cdist(part, self.book, compute_mode=exact).min(1).indices for part in parts]
        return torch.cat(near)  # argmin takes twice as long as min on a processor

    @torch.no_grad()
    def lay_out(self, vectors: Tensor, generator: Generator) -> None:
        """Start anew with the centres that k-means finds among (m, size), m at least 1."""
        entries = len(self.book)
        order = torch.randperm(len(vectors), generator=generator).to(vectors.device)
        self.book.copy_(vectors[order[torch.arange(entries, device=order.device) % len(order)]])
        for _ in range(ROUNDS):
            counts, sums = self._tally(vectors, self.nearest(vectors))
            means = sums / counts.clamp_min(1)[:, None]
            self.book.copy_(torch.where(counts[:, None] > 0, means, self.book))
        self.counts.fill_(1)
        self.sums.copy_(self.book)
        self.idle.zero_()

    @torch.no_grad()
    def follow(self, vectors: Tensor, chosen: Tensor) -> None:
        """Move the book towards the vectors of a training batch.

        Args:
            vectors: (m, size).
            chosen: (m,), what `nearest` said of them.
        """
        counts, sums = self._tally(vectors, chosen)
        self.counts.lerp_(counts, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        total = self.counts.sum()
        smoothed = (self.counts + SMOOTHING) / (total + len(counts) * SMOOTHING) * total
        self.book.copy_(self.sums / smoothed[:, None])
        self._revive(vectors, counts)

    def _tally(self, vectors: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """How many vectors each entry has, (entries,), and their sums, (entries, size)."""
        # By index takes a thirtieth of the time, but cards would add up in no fixed order.
        tally = tally_by_index if vectors.device.type == "cpu" else tally_by_product
        with torch.autocast(vectors.device.type, enabled=False):  # sums need all their digits
            return tally(vectors, chosen, len(self.book))

    def _revive(self, vectors: Tensor, counts: Tensor) -> None:
        """Put entries that nothing was near to for long on vectors of the batch."""
        self.idle.add_(1).mul_(counts == 0)
        dead = self.idle >= PATIENCE
        rows = torch.randint(len(vectors), dead.shape, device=vectors.device)
        self.book.copy_(torch.where(dead[:, None], vectors[rows], self.book))
        self.sums.copy_(torch.where(dead[:, None], self.book, self.sums))
        self.counts.masked_fill_(dead, 1)
        self.idle.masked_fill_(dead, 0)


def tally_by_index(vectors: Tensor, chosen: Tensor, entries: int) -> tuple[Tensor, Tensor]:
    """How many of (m, size) chose each entry, (entries,), and their sums, (entries, size).

    chosen: (m,) int64, each from 0 to entries - 1.
    """
    counts = torch.bincount(chosen, minlength=entries).to(vectors.dtype)
    sums = vectors.new_zeros(entries, vectors.shape[1])
    return counts, sums.index_add_(0, chosen, vectors)


def tally_by_product(vectors: Tensor, chosen: Tensor, entries: int) -> tuple[Tensor, Tensor]:
    """The same by matrix products, in one order on every device and without a wait for it."""
    counts, sums = vectors.new_zeros(entries), vectors.new_zeros(entries, vectors.shape[1])
    places = torch.arange(entries, device=chosen.device)
    for part, its in zip(vectors.split(CHUNK), chosen.split(CHUNK), strict=True):
        hits = (its[:, None] == places).to(part.dtype)
        counts += hits.sum(0)
        sums += hits.T @ part
    return counts, sums


def perplexity(counts: Tensor) -> Tensor:
    """How many entries are in use: exp of the entropy of their shares, from 1 to len(counts).

    counts: (entries,), how often each was chosen, for example over a whole split.
    """
    shares = counts / counts.sum()
    return torch.special.entr(shares).sum().exp()
