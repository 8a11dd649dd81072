"""The β-VAE: β = 1 is the VAE, more β tells less, and where latents collapse is known."""

import math

import pytest
import torch
from test_vae import CODE, PIXELS, Matrices, eigenvalues, fit, linear_data

from aecore.errors import InputError
from aecore.models import variants
from aecore.models.moment import Moment
from aecore.models.variational import gaussian_kl
from aecore.networks import NetworkConfig
from aecore.training.parallel import Parallel
from tests.kit import build, logged, noise_images, open_small, play, same, session_of, weights_of

BETAS = (0.1, 0.5, 2.0, 8.0)


def trained(variant, epochs=4, **model_knobs):
    data = open_small("digits", train_limit=640)
    knobs = {"latent_dim": 6, "likelihood": "bce", **model_knobs}
    session = session_of(
        variant, "mlp", data, epochs=epochs, batch_size=64, learning_rate=5e-3, model_knobs=knobs
    )
    return session, play(session)


def told(session):
    """Nats that the code tells, and the distance of the copies, on the validation split."""
    model = session.model
    model.moment = Moment()
    x = session.validation.images / 255
    torch.manual_seed(0)
    with torch.inference_mode():
        distance = model.loss(x, x)["reconstruction"]
        return float(gaussian_kl(model.posterior(x)).sum(1).mean()), float(distance)


def test_with_a_weight_of_one_it_is_the_vae_bit_by_bit():
    (ours, told_ours), (theirs, told_theirs) = trained("beta_vae", beta=1.0), trained("vae")
    assert same(weights_of(ours.model), weights_of(theirs.model))
    assert logged(told_ours) == logged(told_theirs)


def test_a_larger_weight_tells_less_and_copies_worse():
    rates, distances = zip(
        *(told(trained("beta_vae", epochs=30, beta=beta)[0]) for beta in BETAS), strict=True
    )
    for some, more in zip(rates, rates[1:], strict=False):
        assert more < 1.03 * some
    for some, more in zip(distances, distances[1:], strict=False):
        assert more > 0.97 * some
    assert rates[-1] < 0.1 < 5 < rates[0]


@pytest.mark.parametrize("beta", [0.45, 0.55])
def test_a_linear_latent_collapses_where_its_eigenvalue_is_below_beta_times_the_noise(
    beta, monkeypatch
):
    x = linear_data()
    noise = 2 * float(eigenvalues(x)[CODE - 1])  # β = 0.5 is the edge of the last one
    torch.manual_seed(0)
    kind = variants["beta_vae"]
    config = kind.Config(latent_dim=CODE, sigma=math.sqrt(noise), beta=beta)
    network = Matrices(NetworkConfig(), (1, 1, PIXELS))
    model = kind(config, network, x.mean(0).float()).double()
    fit(model, x, monkeypatch)
    with torch.no_grad():
        nats = gaussian_kl(model.posterior(x)).mean(0)
    assert int((nats < 1e-3).sum()) == (beta > 0.5)


def test_a_capacity_is_a_target_that_rises_during_training():
    x = noise_images((1, 8, 8), 20)
    knobs = {"latent_dim": 4, "capacity": 12.0, "capacity_weight": 30.0}
    model = build("beta_vae", "mlp", (1, 8, 8), model_knobs=knobs).requires_grad_(False)
    kl = float(gaussian_kl(model.posterior(x)).sum(1).mean())
    for progress, target in ((0.0, 0.0), (0.5, 6.0), (1.0, 12.0)):
        model.moment = Moment(progress)
        assert float(model.loss(x, x)["kl"]) == pytest.approx(30 * abs(kl - target), rel=1e-5)


def test_a_capacity_is_reached():
    session, _ = trained("beta_vae", epochs=30, capacity=3.0, capacity_weight=100.0)
    assert told(session)[0] == pytest.approx(3.0, abs=0.5)


def test_a_capacity_sees_the_whole_batch():
    assert not build("beta_vae", "mlp", (1, 8, 8)).whole_batch
    with pytest.raises(InputError, match="cannot be split over 2 processes"):
        session_of(
            "beta_vae", "mlp", open_small("digits"), model_knobs={"capacity": 5.0},
            parallel=Parallel(0, 2),
        )  # fmt: skip
