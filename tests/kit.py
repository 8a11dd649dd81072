"""Small data, models and sessions that several test files share."""

from functools import cache

import torch

from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.datasets import ImageData, open_data
from aecore.datasets.splits import SplitConfig
from aecore.models import Autoencoder, new_model, variants
from aecore.networks import networks
from aecore.training import Logged, StepDone, TrainConfig, TrainingSession
from aecore.training.parallel import ALONE, Parallel

torch.set_num_threads(1)


@cache
def open_small(name: str, train_limit: int = 0) -> ImageData:
    """A data set that needs no download, opened once."""
    return open_data(name, splits=SplitConfig(train_limit=train_limit))


def noise_images(shape: tuple[int, int, int], count: int, seed: int = 0) -> torch.Tensor:
    """(count, *shape) float images of uniform noise in [0, 1]."""
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(seed))


def build(
    variant: str,
    network: str,
    shape: tuple[int, int, int],
    *,
    seed: int = 0,
    mean: torch.Tensor | None = None,
    model_knobs: dict | None = None,
    network_knobs: dict | None = None,
) -> Autoencoder:
    """A new model of registered parts; its mean image is grey where none is given."""
    parts = networks[network]
    made = parts(parts.Config(**(network_knobs or {})), shape)
    config = variants[variant].Config(**(model_knobs or {}))
    mean = torch.full(shape, 0.5) if mean is None else mean
    return new_model(variant, config, made, mean, seed)


def layer_knobs(network: str, **wished) -> dict:
    """Those of the wished values whose knob this network has: fixed layers leave less to choose."""
    declared = {knob.name for knob in knobs(networks[network].Config)}
    return {name: value for name, value in wished.items() if name in declared}


def corruption_for(variant: str):
    """Gaussian noise where the variant needs a corruption, none elsewhere."""
    kind = corruptions["gaussian" if variants[variant].needs_corruption else "none"]
    return kind(kind.Config())


def session_of(
    variant: str,
    network: str,
    data: ImageData,
    *,
    corruption=None,
    changes: dict[int, float] | None = None,
    model_knobs: dict | None = None,
    network_knobs: dict | None = None,
    parallel: Parallel = ALONE,
    **train,
) -> TrainingSession:
    """A session on the CPU; `train` are knobs of TrainConfig, and its seed is the model's too."""
    model = build(
        variant,
        network,
        data.shape,
        seed=train.get("seed", 0),
        mean=data.mean,
        model_knobs=model_knobs,
        network_knobs=network_knobs,
    )
    config = TrainConfig(device="cpu", **train)
    return TrainingSession(
        model, data, corruption or corruption_for(variant), config, changes, parallel
    )


def play(session: TrainingSession, until: int | None = None) -> list:
    """Draw events: all of them, or those up to the `StepDone` of step `until`."""
    seen = []
    for event in session.events():
        seen.append(event)
        if isinstance(event, StepDone) and event.step == until:
            break
    return seen


def logged(events: list) -> list[Logged]:
    """The rows of the loss curve among events."""
    return [event for event in events if isinstance(event, Logged)]


def weights_of(model: torch.nn.Module) -> list[torch.Tensor]:
    """A copy of every weight and buffer."""
    return [tensor.detach().clone() for tensor in model.state_dict().values()]


def same(left: list[torch.Tensor], right: list[torch.Tensor]) -> bool:
    """Whether two lists of tensors are equal bit by bit."""
    return all(torch.equal(a, b) for a, b in zip(left, right, strict=True))
