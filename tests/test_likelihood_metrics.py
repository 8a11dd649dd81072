"""The bound and its importance-sampled tightening on a model whose likelihood is known exactly.

A linear VAE at its optimum is probabilistic PCA: its posterior is exact, so its ELBO, and every
importance-sampled estimate with any number of draws, is the log-likelihood itself.
"""

import math

import numpy as np
import pytest
import torch
from kit import build, noise_images
from runs_kit import is_sentence
from scipy.stats import multivariate_normal
from test_vae import CODE, PIXELS, eigenvalues, linear_data, linear_vae
from torch.distributions import Bernoulli, Normal

from aecore.errors import InputError
from aecore.metrics import likelihood
from aecore.metrics.likelihood import (
    active_units,
    evidence_bound,
    kl_per_dimension,
    negative_log_likelihood,
)
from aecore.models import variants
from aecore.models.variational import Posterior, Variational, gaussian_kl

X = linear_data()
SIGMA = 0.6
FAMILY = [name for name, kind in variants.items() if issubclass(kind, Variational)]


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def exact(x, sigma=SIGMA):
    """The linear VAE at its optimum: Lucas et al. 2019, after Tipping and Bishop 1999."""
    model = linear_vae(x, sigma)
    flat = x.flatten(1)
    values, vectors = np.linalg.eigh(np.cov(flat.numpy(), rowvar=False, bias=True))
    top = torch.from_numpy(values[-CODE:].copy())
    axes = torch.from_numpy(vectors[:, -CODE:].copy())
    left = (top - sigma**2).clamp_min(0)
    decode, encode = model.decoder[0], model.encoder[1]
    with torch.no_grad():
        decode.weight.copy_(axes * left.sqrt())
        decode.bias.copy_(flat.mean(0) - model.offset.flatten())
        encode.weight.zero_()
        encode.weight[:CODE] = (axes * left.sqrt() / (left + sigma**2)).T
        encode.bias[:CODE] = encode.weight[:CODE] @ (model.mean.flatten() - flat.mean(0))
        encode.bias[CODE:] = (sigma**2 / (left + sigma**2)).log()
    return model.eval()


def log_evidence(model, x):
    """log p(x) of a linear model, from the covariance W Wᵀ + σ² I of what it makes."""
    decode = model.decoder[0]
    w = decode.weight.detach().numpy()
    mean = (decode.bias + model.offset.flatten()).detach().numpy()
    covariance = w @ w.T + model.config.sigma**2 * np.eye(PIXELS)
    return multivariate_normal.logpdf(x.flatten(1).numpy(), mean, covariance).mean()


def loose(model):
    """The same model with a posterior wider than the exact one."""
    with torch.no_grad():
        model.encoder[1].bias[CODE:] += 1.2
    return model


@pytest.mark.parametrize("draws", [1, 3, 50])
def test_with_the_exact_posterior_every_number_of_draws_gives_the_likelihood(draws):
    model = exact(X)
    found = negative_log_likelihood(model, X, draws, dice())
    assert found == pytest.approx(-log_evidence(model, X), rel=1e-9)


def test_the_bound_is_the_likelihood_where_the_posterior_is_exact():
    model = exact(X)
    draws = [evidence_bound(model, X, dice(seed)).elbo for seed in range(60)]
    error = np.std(draws) / math.sqrt(60)
    assert abs(np.mean(draws) - log_evidence(model, X)) < 4 * error < 0.05


def test_more_draws_come_closer_from_above():
    model = loose(exact(X))
    true = -log_evidence(model, X)
    found = [negative_log_likelihood(model, X, k, dice()) for k in (1, 2, 5, 20, 200)]
    assert found == sorted(found, reverse=True)
    assert found[0] > true + 1
    assert true - 0.005 < found[-1] < true + 0.02
    one = np.mean([negative_log_likelihood(model, X, 1, dice(seed)) for seed in range(40)])
    bound = np.mean([-evidence_bound(model, X, dice(seed)).elbo for seed in range(40)])
    assert one == pytest.approx(bound, abs=0.1)


def test_chunks_change_nothing_but_the_draws(monkeypatch):
    model = exact(X)
    whole = negative_log_likelihood(model, X, 30, dice())
    kl = evidence_bound(model, X, dice()).kl
    monkeypatch.setattr(likelihood, "MOST_CODES", 7)
    assert negative_log_likelihood(model, X[:20], 30, dice()) == pytest.approx(
        -log_evidence(model, X[:20]), rel=1e-9
    )
    assert evidence_bound(model, X, dice()).kl == pytest.approx(kl)
    seen = []
    decode = model.decode_raw
    monkeypatch.setattr(type(model), "decode_raw", lambda _, z: seen.append(len(z)) or decode(z))
    assert negative_log_likelihood(model, X, 30, dice()) == pytest.approx(whole, rel=1e-9)
    assert max(seen) == 7


@pytest.mark.parametrize("sigma", [0.6, 1.2, 1.6])
def test_a_unit_is_active_where_its_variance_exceeds_the_noise(sigma):
    model = exact(X, sigma)
    with torch.no_grad():
        means = model.encode(X)
    assert active_units(means) == (eigenvalues(X)[:CODE] > sigma**2).sum()
    assert active_units(means) == (kl_per_dimension(model, X) > 1e-6).sum()


def test_active_units_by_hand():
    means = torch.tensor([[0.0, 5, 0.3, 1], [0, 5, 0.0, 2], [0, 5, 0.3, 1]])
    assert active_units(means) == 2
    assert active_units(means, threshold=0.1) == 1
    assert active_units(np.zeros((9, 3))) == 0


def by_distributions(model, z, x):
    """log p(x|z) from torch.distributions, image by image."""
    raw = model.decode_raw(z)
    if model.config.likelihood == "bce":
        each = Bernoulli(logits=raw, validate_args=False).log_prob(x)
    else:
        each = Normal(raw, model.config.sigma).log_prob(x)
    return each.flatten(1).sum(1)


@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_the_reconstruction_part_is_that_of_the_distribution(loss, network):
    knobs = {"latent_dim": 3, "likelihood": loss}
    model = build("vae", network, (3, 16, 12), model_knobs=knobs).eval()
    x = noise_images((3, 16, 12), 5)
    with torch.no_grad():
        mean, log_var = model.posterior(x)
        z = mean + (log_var / 2).exp() * torch.randn(5, 1, 3, generator=dice())[:, 0]
        expected = -float(by_distributions(model, z, x).mean())
    assert evidence_bound(model, x, dice()).reconstruction == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "name", [n for n, kind in variants.items() if issubclass(kind, Variational)]
)
def test_every_variant_of_the_family_has_a_bound_and_a_closer_one(name):
    model = build(name, "mlp", (1, 8, 8)).eval()
    x = noise_images((1, 8, 8), 40)
    bound = evidence_bound(model, x, dice())
    assert bound.kl > -0.5  # with one draw it may fall below 0 by chance
    closer = negative_log_likelihood(model, x, 50, dice())
    assert math.isfinite(closer)
    assert closer < -bound.elbo


def test_the_bound_is_the_models_own_loss_and_its_parts_add_up():
    model = build("vae", "mlp", (1, 8, 8), model_knobs={"latent_dim": 3}).eval()
    x = noise_images((1, 8, 8), 3000)
    found = evidence_bound(model, x, dice())
    with torch.no_grad():
        terms = model.loss(x, x)
        kl = gaussian_kl(Posterior(*model.posterior(x)))
    assert found.kl == pytest.approx(float(terms["kl"]), rel=1e-5)
    assert kl_per_dimension(model, x).tolist() == pytest.approx(kl.mean(0).tolist(), rel=1e-5)
    loss = float(sum(terms.values())) + model.log_normaliser()
    assert -found.elbo == pytest.approx(loss, rel=0.01)
    assert found.elbo == -found.reconstruction - found.kl


def test_the_generator_alone_decides():
    model = build("vae", "mlp", (1, 8, 8)).eval()
    x = noise_images((1, 8, 8), 20)
    before = torch.get_rng_state()
    first = negative_log_likelihood(model, x, 5, dice(1))
    assert first == negative_log_likelihood(model, x, 5, dice(1))
    assert first != negative_log_likelihood(model, x, 5, dice(2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("count", "draws"), [(0, 5), (5, 0)])
def test_nothing_to_draw_is_refused_with_a_sentence(count, draws):
    with pytest.raises(InputError) as caught:
        negative_log_likelihood(exact(X), X[:count], draws, dice())
    assert is_sentence(caught.value)
