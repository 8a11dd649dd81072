"""Training in a script or a notebook: from a data set to a model, without a run and its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aecore.config import Settings
from aecore.corruptions import corruptions
from aecore.datasets import ImageData, datasets
from aecore.errors import RunFailed
from aecore.intake.suggest import suggested
from aecore.models import Autoencoder, new_model, variants
from aecore.networks import networks
from aecore.runs.checks import check_parts
from aecore.runs.inference import CHUNK, codes_of
from aecore.runs.parts import network_for, parse_parts, suggested_by
from aecore.runs.spec import CHOICES
from aecore.samples import to_float
from aecore.training import Event, Failed, Logged, TrainConfig, TrainingSession

PLACES = ("network", "corruption")


@dataclass(frozen=True)
class Fitted:
    """A trained model on the CPU, in eval mode, and how it came to be.

    history: the loss in its terms, of training and of the validation split, in order; settings:
    every setting that it was trained with, by its flat name.
    """

    model: Autoencoder
    data: ImageData
    history: tuple[Logged, ...]
    settings: Mapping[str, Any]

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, code_size) of samples (n, C, H, W) as `data` holds them."""
        return codes_of(self.model, x)

    def decode(self, z: Tensor) -> Tensor:
        """Samples (n, C, H, W) float32 of codes (n, code_size); images may leave [0, 1] a bit."""
        with torch.inference_mode():
            parts = [self.model.decode(part) for part in z.split(CHUNK)]
        return torch.cat(parts).clone()

    def reconstruct(self, x: Tensor) -> Tensor:
        """What the model makes of samples (n, C, H, W) as `data` holds them: as `decode`."""
        with torch.inference_mode():
            parts = [self.model(to_float(part)) for part in x.split(CHUNK)]
        return torch.cat(parts).clone()


def fit(
    data: ImageData,
    variant: str = "vae",
    *,
    watch: Callable[[Event], None] | None = None,
    **settings: Any,
) -> Fitted:
    """Train a model on the training split of a data set.

    A seed repeats it on the same machine; torch's random state stays as it was.

    Args:
        variant: its name, as `python -m aecore variants` lists it.
        watch: hears each event of the training; what it raises ends it.
        settings: `network`, `corruption`, and any knob of the variant, these two and training by
            its flat name, such as latent_dim=2 or epochs=5. What is left out is what suits the
            variant, else what suits the data, else the default.

    Raises UnknownName or InputError for settings that cannot be used, RunFailed where the loss
    stopped being a number.
    """
    kind = variants[variant]
    hints = _hints(data, kind)
    names = {each: str(settings.pop(each, hints.get(each, CHOICES[each]))) for each in PLACES}
    parts = parse_parts(_configs(kind, **names), settings, hints)
    training: TrainConfig = parts["training"]
    batch = min(training.batch_size, data.size("train"))
    check_parts(kind, names["corruption"], parts["layers"], data.shape, data.kind, batch)
    network = network_for(kind, names["network"], parts["layers"], data.shape, data.kind)
    model = new_model(variant, parts["model"], network, data.mean, training.seed, data.layout)
    corruption = corruptions[names["corruption"]](parts["noise"]).on(data.kind)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        history = _trained(TrainingSession(model, data, corruption, training), watch)
    chosen: dict[str, Any] = {"variant": variant, **names}
    for part in parts.values():
        chosen |= part.model_dump()
    return Fitted(model.cpu().requires_grad_(False).eval(), data, history, chosen)


def _configs(
    variant: type[Autoencoder], network: str, corruption: str
) -> dict[str, type[Settings]]:
    return {
        "model": variant.Config,
        "layers": networks[network].Config,
        "noise": corruptions[corruption].Config,
        "training": TrainConfig,
    }


def _hints(data: ImageData, variant: type[Autoencoder]) -> dict[str, Any]:
    """What suits the data and the variant, which has the last word."""
    if data.name in datasets:
        of_data = dict(datasets[data.name].suggested)
    else:
        of_data = suggested(data.kind, len(data.images), data.shape, len(data.classes))
    return {**of_data, **suggested_by(variant, data.layout)}


def _trained(session: TrainingSession, watch: Callable[[Event], None] | None) -> tuple[Logged, ...]:
    history = []
    for event in session.events():
        if watch is not None:
            watch(event)
        if isinstance(event, Failed):
            raise RunFailed(event.reason, event.message)
        if isinstance(event, Logged):
            history.append(event)
    return tuple(history)
