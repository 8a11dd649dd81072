"""The variational autoencoder against closed forms: its KL, its gradients, its bound."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch import nn
from torch.distributions import Normal, kl_divergence

from aecore.models import variants
from aecore.models.variational import LOG_VAR_RANGE, Posterior, gaussian_kl
from aecore.networks import Network, NetworkConfig

PIXELS, CODE, IMAGES = 10, 4, 400


class Matrices(Network):
    """One matrix each way: the model is then probabilistic PCA (Lucas et al. 2019)."""

    def encoder(self, out_features):
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(self.shape), out_features))

    def decoder(self, in_features):
        return nn.Sequential(
            nn.Linear(in_features, math.prod(self.shape)), nn.Unflatten(1, self.shape)
        )


def linear_data(seed=0):
    """(IMAGES, 1, 1, PIXELS) of Gaussian data with clearly separate principal components."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.tensor([2.3, 1.75, 1.4, 1.0, *[0.55] * (PIXELS - 4)], dtype=torch.float64)
    x = torch.randn(IMAGES, PIXELS, generator=generator, dtype=torch.float64) * scale
    turn, _ = torch.linalg.qr(torch.randn(PIXELS, PIXELS, generator=generator, dtype=torch.float64))
    return (x @ turn.T + 0.5).view(-1, 1, 1, PIXELS)


def linear_vae(x, sigma):
    torch.manual_seed(0)
    kind = variants["vae"]
    config = kind.Config(latent_dim=CODE, likelihood="mse", sigma=sigma)
    network = Matrices(NetworkConfig(), (1, 1, PIXELS))
    return kind(config, network, x.mean(0).float()).double()


def exact_bound(model, x, monkeypatch):
    """The negative ELBO that `model.loss` means, free of sampling error.

    A linear decoder makes the loss quadratic in z, and over a quadratic the 2·CODE points
    mean ± √CODE·std along each axis average to the expectation. They stand in for the draws.
    """
    points = math.sqrt(CODE) * torch.eye(CODE, dtype=x.dtype)
    draws = torch.cat([points, -points]).repeat_interleave(len(x), 0)
    with monkeypatch.context() as patch:
        patch.setattr(torch, "randn_like", lambda like: draws.view_as(like))
        repeated = x.repeat(2 * CODE, 1, 1, 1)
        return sum(model.loss(repeated, repeated).values()) + model.log_normaliser()


def fit(model, x, monkeypatch):
    optimizer = torch.optim.LBFGS(
        model.parameters(), max_iter=600, tolerance_change=1e-12, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = exact_bound(model, x, monkeypatch)
        loss.backward()
        return loss

    optimizer.step(closure)


def eigenvalues(x):
    return np.linalg.eigvalsh(np.cov(x.flatten(1).numpy(), rowvar=False, bias=True))[::-1]


def best_log_likelihood(x, noise):
    """Mean log-likelihood of probabilistic PCA with fixed noise variance at its optimum."""
    flat = x.flatten(1).numpy()
    covariance = np.cov(flat, rowvar=False, bias=True)
    values, vectors = np.linalg.eigh(covariance)
    kept = np.maximum(values[-CODE:] - noise, 0)
    model = (vectors[:, -CODE:] * kept) @ vectors[:, -CODE:].T + noise * np.eye(PIXELS)
    return multivariate_normal.logpdf(flat, flat.mean(0), model).mean()


@pytest.fixture
def posterior():
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    return Posterior(mean, torch.randn(3, 5, generator=generator, dtype=torch.float64))


def test_kl_equals_that_of_torch_distributions(posterior):
    std = (posterior.log_var / 2).exp()
    expected = kl_divergence(Normal(posterior.mean, std), Normal(0.0, 1.0))
    torch.testing.assert_close(gaussian_kl(posterior), expected)
    assert gaussian_kl(Posterior(torch.zeros(1, 2), torch.zeros(1, 2))).tolist() == [[0, 0]]


def test_kl_equals_its_monte_carlo_estimate(posterior):
    torch.manual_seed(1)
    one = Posterior(posterior.mean[:1], posterior.log_var[:1])
    z = Posterior(*(part.expand(400_000, -1) for part in one)).sample()
    std = (one.log_var / 2).exp()
    draws = (Normal(one.mean, std).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(1)
    error = float(draws.std()) / math.sqrt(len(draws))
    assert abs(float(draws.mean() - gaussian_kl(one).sum())) < 4 * error


def test_gradient_through_the_draw_is_that_of_the_expectation():
    """E[z² + cos z] = mean² + var + exp(−var/2)·cos mean, whose gradients are known."""
    torch.manual_seed(2)
    mean = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    log_var = torch.tensor([-0.4], dtype=torch.float64, requires_grad=True)
    draws = 400_000
    z = Posterior(mean.expand(draws), log_var.expand(draws)).sample()
    estimate = torch.autograd.grad((z.square() + z.cos()).mean(), [mean, log_var])
    var = log_var.exp()
    value = mean.square() + var + (-var / 2).exp() * mean.cos()
    expected = torch.autograd.grad(value, [mean, log_var])
    for got, wanted in zip(estimate, expected, strict=True):
        assert float(got) == pytest.approx(float(wanted), abs=0.01)


@pytest.mark.parametrize(("noise", "collapsed"), [(0.5, 0), (1.5, 1), (2.5, 2)])
def test_best_bound_of_a_linear_vae_is_the_likelihood_of_ppca(noise, collapsed, monkeypatch):
    """And latent j collapses just where its eigenvalue is below the noise variance."""
    x = linear_data()
    assert int((eigenvalues(x)[:CODE] < noise).sum()) == collapsed
    model = linear_vae(x, math.sqrt(noise))
    fit(model, x, monkeypatch)
    with torch.no_grad():
        bound = -float(exact_bound(model, x, monkeypatch))
        nats = gaussian_kl(model.posterior(x)).mean(0)
    assert bound == pytest.approx(best_log_likelihood(x, noise), rel=1e-6)
    assert int((nats < 1e-3).sum()) == collapsed
    kept = np.maximum(eigenvalues(x)[:CODE] - noise, 0)
    columns = model.decoder[0].weight.detach().square().sum(0).sort(descending=True).values
    np.testing.assert_allclose(columns.numpy(), kept, atol=0.02)


def test_bound_never_exceeds_the_likelihood(monkeypatch):
    x = linear_data()
    model = linear_vae(x, 0.8)
    for seed in range(20):
        torch.manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.4)
            bound = -float(exact_bound(model, x, monkeypatch))
            weight, bias = model.decoder[0].weight, model.decoder[0].bias
        covariance = (weight @ weight.T + 0.8**2 * torch.eye(PIXELS)).detach().numpy()
        middle = (bias + model.offset.flatten()).detach().numpy()
        truth = multivariate_normal.logpdf(x.flatten(1).numpy(), middle, covariance).mean()
        assert bound < truth


def test_sampled_loss_averages_to_the_exact_one(monkeypatch):
    x = linear_data()[:50]
    model = linear_vae(x, 0.8)
    torch.manual_seed(3)
    with torch.no_grad():
        exact = float(exact_bound(model, x, monkeypatch)) - model.log_normaliser()
        many = x.repeat(4000, 1, 1, 1)
        sampled = float(sum(model.loss(many, many).values()))
    assert sampled == pytest.approx(exact, rel=2e-3)


def test_variances_stay_within_what_float32_can_hold():
    x = linear_data().float()
    model = linear_vae(x, 0.8).float()
    with torch.no_grad():
        model.encoder[1].bias[CODE:] = torch.tensor([1e4, -1e4, 0, 0])
        log_var = model.posterior(x).log_var
        terms = model.loss(x, x)
    assert (log_var.min(), log_var.max()) == LOG_VAR_RANGE
    assert all(value.isfinite() for value in terms.values())


def test_bce_has_no_constant_and_is_that_of_bernoulli():
    kind = variants["vae"]
    mean = torch.full((1, 1, PIXELS), 0.3)
    config = kind.Config(latent_dim=CODE, likelihood="bce")
    model = kind(config, Matrices(NetworkConfig(), (1, 1, PIXELS)), mean)
    assert model.log_normaliser() == 0
    target = (torch.rand(6, 1, 1, PIXELS) < 0.5).float()
    logits = torch.randn(6, 1, 1, PIXELS)
    expected = -torch.distributions.Bernoulli(logits=logits).log_prob(target).sum() / 6
    torch.testing.assert_close(model.reconstruction(logits, target), expected)
