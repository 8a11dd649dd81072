"""The importance-weighted bound on a linear Gaussian model, where log p(x) is known."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from test_vae import CODE, PIXELS, Matrices, linear_data

from aecore.models import variants
from aecore.models.moment import Moment
from aecore.networks import NetworkConfig
from tests.kit import build, noise_images

NOISE = 0.8


def linear_iwae(x, draws, **knobs):
    kind = variants["iwae"]
    config = kind.Config(latent_dim=CODE, likelihood="mse", sigma=NOISE, draws=draws, **knobs)
    network = Matrices(NetworkConfig(), (1, 1, PIXELS))
    torch.manual_seed(0)
    model = kind(config, network, x.mean(0).float()).double().requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    weight = model.decoder[0].weight
    weight.copy_(0.7 * torch.randn(weight.shape, generator=generator, dtype=weight.dtype))
    return model


def log_likelihood(model, x):
    """Mean of log p(x) of the model's images, exactly."""
    weight, bias = (part.numpy() for part in model.decoder[0].parameters())
    covariance = weight @ weight.T + NOISE**2 * np.eye(PIXELS)
    middle = bias + model.offset.flatten().numpy()
    return multivariate_normal.logpdf(x.flatten(1).numpy(), middle, covariance).mean()


def make_exact(model):
    """Set the encoder to p(z|x) of the model's decoder; diagonal, so the columns are turned."""
    weight = model.decoder[0].weight
    left, scale, _ = torch.linalg.svd(weight, full_matrices=False)
    weight.copy_(left * scale)  # orthogonal columns: the posterior is then diagonal
    precision = 1 + scale.square() / NOISE**2
    linear = model.encoder[1]
    linear.weight[:CODE] = (left * scale).T / NOISE**2 / precision[:, None]
    shift = model.decoder[0].bias + (model.offset - model.mean).flatten()
    linear.bias[:CODE] = -linear.weight[:CODE] @ shift
    linear.weight[CODE:] = 0
    linear.bias[CODE:] = -precision.log()


def make_loose(model):
    """Near p(z|x), wider and off its centre."""
    make_exact(model)
    linear = model.encoder[1]
    linear.bias[:CODE] += 0.3
    linear.bias[CODE:] += 0.8


def bound(model, x, repeats, seed=0):
    """L_K in nats, averaged over draws."""
    torch.manual_seed(seed)
    many = x.repeat(repeats, 1, 1, 1)
    return -float(sum(model.loss(many, many).values())) - model.log_normaliser()


def test_it_rises_with_the_number_of_codes_to_the_exact_value_and_stays_below():
    x = linear_data()[:40]
    found = []
    for draws, repeats in ((1, 500), (2, 400), (5, 250), (20, 100), (100, 40)):
        model = linear_iwae(x, draws)
        make_loose(model)
        found.append(bound(model, x, repeats))
    exact = log_likelihood(model, x)
    assert found == sorted(found)
    assert np.diff(found).min() > 0.01
    assert found[0] < exact - 0.5
    assert exact - 0.02 < found[-1] < exact


@pytest.mark.parametrize("draws", [1, 2, 7])
def test_with_the_true_posterior_every_bound_is_exact_and_without_noise(draws):
    x = linear_data()[:40]
    model = linear_iwae(x, draws)
    make_exact(model)
    exact = log_likelihood(model, x)
    for seed in range(3):
        assert bound(model, x, 1, seed) == pytest.approx(exact, abs=1e-9)


def test_one_code_is_the_sampled_elbo_of_the_vae():
    x = noise_images((1, 8, 8), 9)
    knobs = {"latent_dim": 4, "likelihood": "bce"}
    ours = build("iwae", "mlp", (1, 8, 8), model_knobs={**knobs, "draws": 1})
    theirs = build("vae", "mlp", (1, 8, 8), model_knobs=knobs)
    torch.manual_seed(3)
    terms = ours.loss(x, x)
    torch.manual_seed(3)
    posterior = theirs.posterior(x)
    code = posterior.sample()
    distance = theirs.reconstruction(theirs.decode_raw(code), x)
    std = (posterior.log_var / 2).exp()
    log_q = torch.distributions.Normal(posterior.mean, std).log_prob(code).sum(1)
    log_p = torch.distributions.Normal(0.0, 1.0).log_prob(code).sum(1)
    torch.testing.assert_close(terms["reconstruction"], distance, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(terms["kl"], (log_q - log_p).mean(), rtol=1e-5, atol=1e-6)
    assert float(terms["tightening"].detach()) == 0


def test_the_reported_loss_is_the_bound_and_its_gradient_weighs_the_codes():
    x = linear_data()[:6]
    model = linear_iwae(x, 4).requires_grad_(True)
    torch.manual_seed(5)
    terms = model.loss(x, x)
    torch.manual_seed(5)
    distortion, rate = model.weigh(x, x, 4)
    elbo = -(distortion + rate)
    with torch.no_grad():
        loss = -(elbo.exp().mean(1).log()).mean()
        weights = elbo.softmax(1)
    torch.testing.assert_close(sum(terms.values()).detach(), loss)
    assert terms["tightening"] < 0
    ours = torch.autograd.grad(sum(terms.values()), list(model.parameters()))
    weighted = -(weights * elbo).sum(1).mean()  # Burda et al., equation 14
    theirs = torch.autograd.grad(weighted, list(model.parameters()))
    for left, right in zip(ours, theirs, strict=True):
        torch.testing.assert_close(left, right)


def test_warm_up_weighs_the_rate_and_ends_at_the_bound():
    x = linear_data()[:6]
    model = linear_iwae(x, 4, kl_warmup=0.5)
    full = bound(model, x, 1)
    model.moment = Moment(0.0)
    torch.manual_seed(0)
    free = model.loss(x, x)
    assert float(free["kl"]) == 0
    torch.manual_seed(0)
    distortion, _ = model.weigh(x, x, 4)
    expected = -(distortion.neg().logsumexp(1) - math.log(4)).mean()
    torch.testing.assert_close(sum(free.values()), expected)
    model.moment = Moment(0.5)
    assert bound(model, x, 1) == full
