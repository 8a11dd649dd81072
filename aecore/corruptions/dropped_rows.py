"""Dropped rows: round(level · height) rows of each image, drawn at random, become 0."""

from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Erasing, corruptions


@corruptions.register("dropped_rows")
class DroppedRows(Erasing):
    """Blackens whole rows, others in each image, and the same number in all."""

    title = "Dropped rows"
    idea = "Blackens random rows, as where a scanner or a transmission lost lines."

    class Config(Settings):
        level: float = knob(
            0.3, "Share of the rows that are blackened.", low=0, high=1, label="Share of the rows"
        )

    config: Config

    def mask(self, x: Tensor, generator: Generator) -> Tensor:
        height, width = x.shape[-2:]
        draw = x.new_empty(len(x), height).uniform_(0, 1, generator=generator)
        rows = draw.argsort(1) < round(self.config.level * height)
        return rows[:, None, :, None].expand(-1, 1, -1, width)
