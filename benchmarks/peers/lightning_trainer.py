"""Lightning's Trainer with its defaults (bar, log, checkpoint), over the usual DataLoader.

Timed: `fit()`.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory

import lightning
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from benchmarks.cases import BATCH, Case
from benchmarks.clock import timed
from benchmarks.data import Images

NAME = "lightning"


class Module(lightning.LightningModule):
    def __init__(self, layers: torch.nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        x = batch[0]
        loss = F.mse_loss(self.layers(x), x)
        self.log("loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)


def train(case: Case, images: Images) -> float:
    """Images a second over all epochs."""
    model = Module(torch.nn.Sequential(*case.halves()))
    loader = DataLoader(images.torchvision, batch_size=BATCH, shuffle=True, num_workers=0)
    with TemporaryDirectory() as folder:
        trainer = lightning.Trainer(max_epochs=case.epochs, devices=1, default_root_dir=folder)
        with timed() as clock:
            trainer.fit(model, loader)
    return case.epochs * len(images.torchvision) / clock.seconds
