"""The usual loop: torchvision data set, DataLoader, torch.optim.Adam, loss.item() every step.

Timed: the epochs, loading included, as everybody writes it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from benchmarks.cases import BATCH, Case
from benchmarks.clock import timed
from benchmarks.data import Images

NAME = "naive"


def train(case: Case, images: Images) -> float:
    """Images a second over all epochs."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = torch.nn.Sequential(*case.halves()).to(device)
    loader = DataLoader(images.torchvision, batch_size=BATCH, shuffle=True, num_workers=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    with timed() as clock:
        for _ in range(case.epochs):
            for batch, _ in loader:
                x = batch.to(device)
                optimizer.zero_grad()
                loss = F.mse_loss(model(x), x)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
    return case.epochs * len(images.torchvision) / clock.seconds
