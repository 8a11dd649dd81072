"""Loss of contrast: x + level · (m − x) with m the mean of each channel of the image."""

from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions


@corruptions.register("contrast")
class LowContrast(Corruption):
    """Draws every pixel towards the mean of its image and channel, which stays as it is."""

    title = "Low contrast"
    idea = "Makes dark and bright more alike, like a photograph in fog."

    class Config(Settings):
        level: float = knob(
            0.7, "Share of the contrast that is lost.", low=0, high=1, label="Loss of contrast"
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        return x.lerp(x.mean((-2, -1), keepdim=True), self.config.level)
