"""The β-TC-VAE: its estimate of q(z) has no bias, and its parts add up to the VAE's KL."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from aecore.models.beta_tc_vae import log_aggregate, log_shares
from aecore.models.moment import Moment
from aecore.models.variational import Posterior, gaussian_kl
from tests.kit import build, noise_images

TOTAL, BATCH, SIZE = 200, 20, 3


def posteriors(total=TOTAL, size=SIZE):
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(total, size, generator=generator, dtype=torch.float64)
    return Posterior(mean, torch.randn(total, size, generator=generator, dtype=torch.float64) - 1)


def exact(code, whole):
    """log q(z) over the whole data set, by torch's own mixture."""
    parts = Independent(Normal(whole.mean, (whole.log_var / 2).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(whole.mean))), parts).log_prob(code)


def model_with(**knobs):
    model = build("beta_tc_vae", "mlp", (1, 8, 8), model_knobs={"latent_dim": 4, **knobs})
    return model.double().requires_grad_(False)


def test_the_estimate_of_the_aggregate_posterior_has_no_bias():
    """The weights that are found in most implementations give 2.6 here in place of 1."""
    whole = posteriors()
    torch.manual_seed(0)
    ratios = []
    for _ in range(1500):
        rows = torch.randperm(TOTAL)[:BATCH]
        part = Posterior(whole.mean[rows], whole.log_var[rows])
        code = part.sample()
        estimate, _ = log_aggregate(code, part, TOTAL)
        ratios.append((estimate - exact(code, whole)).exp().mean())
    ratios = torch.stack(ratios)
    error = float(ratios.std()) / math.sqrt(len(ratios))
    assert error < 0.01
    assert abs(float(ratios.mean()) - 1) < 3 * error


def test_a_batch_of_the_whole_data_set_gives_the_exact_value():
    whole = posteriors()
    code = whole.sample()
    together, apart = log_aggregate(code, whole, TOTAL)
    torch.testing.assert_close(together, exact(code, whole))
    columns = [
        exact(code[:, [j]], Posterior(whole.mean[:, [j]], whole.log_var[:, [j]]))
        for j in range(SIZE)
    ]
    torch.testing.assert_close(apart, sum(columns))


@pytest.mark.parametrize(("batch", "total"), [(1, 1), (1, 50), (2, 2), (2, 50), (20, 200)])
def test_the_weights_of_each_row_add_up_to_one(batch, total):
    shares = log_shares(batch, total, torch.zeros(1, dtype=torch.float64)).exp()
    torch.testing.assert_close(shares.sum(1), torch.ones(batch, dtype=torch.float64))
    if batch > 1:
        torch.testing.assert_close(shares.diagonal(), torch.full((batch,), 1 / total).double())


def test_with_equal_weights_it_is_the_vae_but_for_the_noise_of_its_draws():
    model = model_with(alpha=1.0, beta=1.0, gamma=1.0)
    x = noise_images((1, 8, 8), 30).double()
    posterior = model.posterior(x)
    torch.manual_seed(0)
    found = []
    for _ in range(400):
        code = posterior.sample()
        terms = model.penalty(posterior, code)
        rate = (posterior.log_prob(code) - model.log_prior(code)).mean()
        torch.testing.assert_close(sum(terms.values()), rate)  # the parts add up exactly
        found.append(rate)
    found = torch.stack(found)
    kl = gaussian_kl(posterior).sum(1).mean()
    assert abs(found.mean() - kl) < 3 * found.std() / math.sqrt(len(found))


def test_each_term_has_its_own_weight():
    x = noise_images((1, 8, 8), 30).double()
    plain = model_with(alpha=1.0, beta=1.0, gamma=1.0)
    heavy = model_with(alpha=2.0, beta=3.0, gamma=5.0)
    torch.manual_seed(0)
    one = plain.loss(x, x)
    torch.manual_seed(0)
    other = heavy.loss(x, x)
    ratios = {name: float(other[name] / one[name]) for name in one}
    assert ratios == pytest.approx(
        {"reconstruction": 1, "mutual_information": 2, "total_correlation": 3, "dimension_kl": 5}
    )


def test_its_parts_of_a_gaussian_are_known():
    """Codes around correlated centres: q(z) is Gaussian, with total correlation -½ log det R."""
    generator = torch.Generator().manual_seed(1)
    spread = torch.tensor([[1.0, 0.0], [0.9, 0.5]]).double()
    mean = torch.randn(2000, 2, generator=generator, dtype=torch.float64) @ spread.T
    whole = Posterior(mean, torch.full_like(mean, math.log(0.04)))
    torch.manual_seed(0)
    together, apart = log_aggregate(whole.sample(), whole, 2000)
    covariance = spread @ spread.T + 0.04 * torch.eye(2)
    scale = covariance.diagonal().sqrt()
    correlation = covariance / scale / scale[:, None]
    expected = -0.5 * float(torch.logdet(correlation))
    assert float((together - apart).mean()) == pytest.approx(expected, rel=0.05)


def test_the_size_of_the_data_set_is_that_of_the_split():
    x = noise_images((1, 8, 8), 10).double()
    model = model_with()
    posterior = model.posterior(x)
    code = posterior.mean
    alone = model.penalty(posterior, code)
    model.moment = Moment(0.5, torch.zeros(500, dtype=torch.int64), torch.arange(10))
    within = model.penalty(posterior, code)
    together, _ = log_aggregate(code, posterior, 500)
    expected = (posterior.log_prob(code) - together).mean()
    torch.testing.assert_close(within["mutual_information"], expected)
    assert within["mutual_information"] != alone["mutual_information"]


def test_densities_are_whole_where_layers_work_with_half_of_the_digits():
    model, x = model_with().float(), noise_images((1, 8, 8), 60)
    found = []
    for half in (False, True):
        torch.manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            found.append(float(model.loss(x, x)["total_correlation"]))
    assert found[1] == pytest.approx(found[0], abs=0.003)
