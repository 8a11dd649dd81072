"""The Wasserstein autoencoder's pull towards the prior."""

import math

import pytest
import torch
from torch import nn

from aecore.models.mmd import imq_kernel, mmd_u
from tests.kit import build, open_small, play, session_of

CODE = 4


class FirstNumbers(nn.Module):
    """An encoder whose codes are known: the first pixels."""

    def forward(self, x):
        return x.flatten(1)[:, :CODE]


def known(weight=1.0):
    knobs = {"latent_dim": CODE, "mmd_weight": weight}
    mean = torch.zeros(1, 8, 8)
    model = build("wae_mmd", "mlp", (1, 8, 8), mean=mean, model_knobs=knobs)
    model.encoder = FirstNumbers()
    return model.eval()


def penalties(count, shift=0.0, weight=1.0):
    """The term for `count` batches whose codes are N(shift, I)."""
    model = known(weight)
    torch.manual_seed(0)
    with torch.no_grad():
        batches = (torch.randn(50, 1, 8, 8) + shift for _ in range(count))
        return torch.stack([model.loss(x, x)["mmd"] for x in batches])


def test_the_penalty_is_zero_in_the_mean_where_the_codes_are_as_the_prior():
    values = penalties(1000)
    error = float(values.std()) / math.sqrt(1000)
    assert abs(float(values.mean())) < 3 * error
    assert float(penalties(20, shift=0.5).mean()) > 50 * error


def test_the_penalty_has_its_weight():
    assert penalties(1, 0.5, 7.0) == pytest.approx(7 * penalties(1, 0.5, 1.0))


def test_the_penalty_pulls_codes_back_wherever_they_are():
    model = known()
    for distance in (2.0, 30.0):
        x = (torch.randn(200, 1, 8, 8) + distance).requires_grad_()
        (gradient,) = torch.autograd.grad(model.loss(x, x)["mmd"], x)
        codes = gradient.flatten(1)[:, :CODE]
        assert (codes.mean(0) > 0).all()  # a step against it goes towards the prior


def test_training_brings_the_codes_to_the_prior_and_still_copies():
    data = open_small("digits")
    x = data.part("test") / 255
    torch.manual_seed(1)
    null = [mmd_u(torch.randn(len(x), 2), torch.randn(len(x), 2), imq_kernel) for _ in range(200)]
    allowed = 2 * float(torch.stack(null).quantile(0.95))
    found = {}
    for weight in (0.1, 100.0):
        knobs = {"latent_dim": 2, "mmd_weight": weight}
        session = session_of(
            "wae_mmd",
            "mlp",
            data,
            epochs=30,
            batch_size=256,
            model_knobs=knobs,
            network_knobs={"width": 128},
        )
        play(session)
        with torch.no_grad():
            model = session.model.eval()
            found[weight] = float(mmd_u(model.encode(x), torch.randn(len(x), 2), imq_kernel))
            error = float((model(x) - x).square().mean())
        assert error < 0.85 * float((x - data.mean).square().mean())
    assert found[100.0] < allowed < found[0.1]
