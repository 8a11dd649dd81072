"""The trained model of a run, ready to be used: newest whole checkpoint, eval mode, CPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from aecore.corruptions import Corruption
from aecore.errors import InputError
from aecore.models import Autoencoder
from aecore.runs.checkpoints import load_last
from aecore.runs.checks import blank_model
from aecore.runs.files import digest, pack
from aecore.runs.store import Run
from aecore.samples import to_float
from aecore.training.batches import HELD_OUT, stream
from aecore.training.state import State

CHUNK = 256


@dataclass(frozen=True)
class LoadedModel:
    """A model in eval mode on the CPU.

    step: at which step of training its weights were saved;
    problems: a sentence on each newer checkpoint that was damaged and passed over;
    fingerprint: sha256 of the weights, in hexadecimal.
    """

    model: Autoencoder
    step: int
    problems: tuple[str, ...]
    fingerprint: str


def load_model(run: Run) -> LoadedModel:
    """The model of a run as last saved.

    Raises InputError where nothing usable is saved yet.
    """
    state, problems = load_last(run.checkpoints)
    if state is None:
        raise InputError(_nothing_saved(run, problems))
    model = _built(run, state).requires_grad_(False).eval()
    step = int(state.numbers["step"])
    return LoadedModel(model, step, tuple(problems), digest(pack(state.model)))


def reconstruct(
    model: Autoencoder, images: Tensor, corruption: Corruption, seed: int
) -> tuple[Tensor, Tensor]:
    """What a model sees of images and makes of them.

    Args:
        images: (n, C, H, W) uint8; any n.
        corruption: damages the input; `spec.make_corruption()` does as in training.
        seed: fixes the damage.

    Returns inputs and outputs, each (n, C, H, W) float32; inputs are in [0, 1] unless the
    corruption leaves it, outputs may leave it a little.
    """
    parts = list(reconstructions(model, images, corruption, seed))
    return torch.cat([part[1] for part in parts]), torch.cat([part[2] for part in parts])


def reconstructions(
    model: Autoencoder, images: Tensor, corruption: Corruption, seed: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """(clean, input, output) of 256 images at a time; arguments as for `reconstruct`."""
    generator = Generator().manual_seed(stream(seed, HELD_OUT))
    for part in images.split(CHUNK):
        with torch.inference_mode():
            clean = to_float(part)
            seen = corruption(clean, generator)
            yield clean, seen, model(seen)


def codes_of(model: Autoencoder, images: Tensor) -> Tensor:
    """Codes (n, code_size) of images (n, C, H, W) uint8, a label at their end included."""
    with torch.inference_mode():
        parts = [model.encode(to_float(part)).flatten(1) for part in images.split(CHUNK)]
    return torch.cat(parts).clone()  # no tensor of inference mode may be changed outside of it


def without_label(model: Autoencoder, codes: Tensor) -> Tensor:
    """Codes (n, d) without the label, which stands at their end where the model is told one."""
    return codes[:, : codes.shape[1] - model.label_size]


def _built(run: Run, state: State) -> Autoencoder:
    spec = run.spec
    try:
        # Forked: the first weights are random and about to be overwritten, and whoever trains
        # in this process must not notice.
        with torch.random.fork_rng(devices=[]):
            model = blank_model(spec, "cpu")
        model.load_state_dict(state.model)
    except RuntimeError as error:
        raise InputError(
            f"The weights of run {run.id} do not fit this version of {spec.kind.title}; "
            "train it again."
        ) from error
    return model


def _nothing_saved(run: Run, problems: list[str]) -> str:
    if problems:
        return f"Run {run.id} has no whole checkpoint left ({problems[0]}); train it again."
    return (
        f"Run {run.id} has no saved weights yet; wait for its first checkpoint or pause it, "
        "which saves them at once."
    )
