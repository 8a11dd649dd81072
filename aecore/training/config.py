"""The settings of training, whatever is trained."""

from typing import Literal

from aecore.config import Settings, knob

OptimizerName = Literal["adamw", "adam", "sgd", "rmsprop"]
ScheduleName = Literal["constant", "cosine", "one_cycle", "plateau"]


class TrainConfig(Settings):
    """How long, how fast and with what a model is trained."""

    epochs: int = knob(
        20, "How often training sees every training image.", low=1, high=100_000, log=True
    )
    batch_size: int = knob(
        128,
        "Images between two changes of the weights; more than there are means all of them.",
        low=1,
        high=65_536,
        log=True,
    )
    learning_rate: float = knob(
        2e-3, "How far each change of the weights goes.", low=1e-6, high=10, log=True
    )
    optimizer: OptimizerName = knob("adamw", "The rule that turns gradients into changes.")
    schedule: ScheduleName = knob(
        "cosine",
        "How the learning rate moves during training: not at all, falling along a cosine, "
        "up and down once, or halved whenever validation stops improving.",
    )
    warmup: float = knob(
        0.02,
        "Share of the steps in which the learning rate rises from zero (one_cycle has its own).",
        low=0,
        high=0.5,
    )
    weight_decay: float = knob(
        0.0, "Pulls all weights towards zero; a little can help on small data.", low=0, high=1
    )
    clip_norm: float = knob(
        0.0, "Longest gradient that is let through; 0 lets all through.", low=0, high=1000,
        label="Gradient clipping",
    )  # fmt: skip
    patience: int = knob(
        0,
        "Stop after this many epochs without a better validation loss and go back to the best "
        "weights; 0 trains to the end.",
        low=0,
        high=10_000,
        label="Early stopping",
    )
    seed: int = knob(
        0, "Fixes every random choice of the run; the same seed repeats it.", low=0, high=10**6
    )
    device: Literal["auto", "cuda", "mps", "cpu"] = knob(
        "auto", "Where to compute: the graphics card where there is one, else the processor."
    )
    precision: Literal["auto", "float32", "bfloat16"] = knob(
        "auto", "Number format of the heavy sums; auto takes bfloat16 on graphics cards only."
    )
    threads: int = knob(
        1, "Processor threads; more help only while other cores are idle.", low=1, high=64
    )
