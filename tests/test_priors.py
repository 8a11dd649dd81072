"""Priors other than N(0, I): the mixture of the VampPrior, and the sphere."""

import math

import pytest
import torch
from scipy.integrate import quad
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from aecore.errors import InputError
from aecore.models import variants
from aecore.models.draws import Part, drawing_for, normal_like, uniform_like
from aecore.models.hyperspherical_vae import KAPPA_RANGE, OnSphere, sphere_kl
from tests.kit import build, noise_images, open_small, play, same, session_of, weights_of

SHAPE = (1, 8, 8)


def vamp(count=6, **knobs):
    knobs = {"latent_dim": 4, "pseudo_inputs": count, **knobs}
    return build("vamp_prior", "mlp", SHAPE, model_knobs=knobs).requires_grad_(False)


def mixture(model):
    """p(z) by torch's own distributions."""
    mean, log_var = model.posterior(model.invented())
    parts = Independent(Normal(mean, (log_var / 2).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mean))), parts)


def on_sphere(kappa, count=1):
    direction = torch.nn.functional.normalize(torch.tensor([[1.0, -2.0, 0.5]]).double())
    return OnSphere(direction.expand(count, 3), torch.full((count, 1), kappa).double())


def test_vamp_prior_is_the_mixture_of_its_pseudo_inputs_posteriors():
    model, codes = vamp(), torch.randn(7, 5, 4)
    torch.testing.assert_close(model.log_prior(codes), mixture(model).log_prob(codes))


def test_vamp_prior_draws_what_it_measures():
    model = vamp(3)
    model.logits.mul_(20)  # pseudo-inputs, and so their clouds, far apart
    model.encoder[-1].weight[:4].mul_(40)
    codes = model.sample_prior(50_000, torch.Generator().manual_seed(0))
    expected = mixture(model)
    torch.testing.assert_close(codes.mean(0), expected.mean, rtol=0, atol=0.05)
    torch.testing.assert_close(codes.var(0), expected.variance, rtol=0.05, atol=0)
    widest = model.posterior(model.invented()).log_var.exp().max()
    assert expected.variance.max() > 2 * widest


def test_vamp_prior_of_one_pseudo_input_has_a_closed_form():
    model, x = vamp(1), noise_images(SHAPE, 3)
    q, p = model.posterior(x), model.posterior(model.invented())
    pair = [Normal(part.mean, (part.log_var / 2).exp()) for part in (q, p)]
    expected = torch.distributions.kl_divergence(*pair).sum(1).mean()
    many = x.repeat(20_000, 1, 1, 1)
    torch.manual_seed(0)
    posterior = model.posterior(many)
    found = model.penalty(posterior, posterior.sample())["kl"]
    assert float(found) == pytest.approx(float(expected), abs=0.002)


def test_pseudo_inputs_start_as_training_images_and_are_trained():
    data = open_small("digits", train_limit=100)
    before = torch.get_rng_state()
    sessions = [
        session_of("vamp_prior", "mlp", data, epochs=20, model_knobs={"pseudo_inputs": 8})
        for _ in range(2)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert same(*(weights_of(session.model) for session in sessions))
    model = sessions[0].model
    started = model.invented().detach()
    distances = torch.cdist(started.flatten(1), data.part("train").flatten(1) / 255)
    assert distances.min(1).values.max() < 0.3  # but for black and white, which have no logit
    assert len(started.flatten(1).unique(dim=0)) > 4
    play(sessions[0])
    assert (model.invented() - started).abs().max() > 1e-4


def test_a_trained_vamp_prior_beats_the_standard_one_on_its_own_codes():
    data = open_small("digits", train_limit=640)
    session = session_of(
        "vamp_prior", "mlp", data, epochs=20, batch_size=64, learning_rate=5e-3,
        model_knobs={"latent_dim": 4, "likelihood": "bce"},
    )  # fmt: skip
    play(session)
    model = session.model.eval().requires_grad_(False)
    torch.manual_seed(0)
    code = model.posterior(session.validation.images / 255).sample()
    standard = variants["vae"].log_prior(model, code)
    assert float(model.log_prior(code).mean()) > float(standard.mean()) + 0.1


# The sphere


def test_kl_on_the_sphere_has_its_known_value_and_vanishes_with_kappa():
    found = sphere_kl(torch.tensor([10.0, 1e-3, 1.0], dtype=torch.float64)).tolist()
    assert found[0] == pytest.approx(1.9957, abs=5e-5)
    assert found[1] == pytest.approx(1e-6 / 6, rel=1e-4)
    exact = 1 / math.tanh(1) - 1 - math.log(math.sinh(1))
    assert found[2] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("kappa", [0.01, 0.5, 10.0, 1000.0])
def test_draws_on_the_sphere_have_the_moments_of_their_density(kappa):
    torch.manual_seed(0)
    count = 100_000
    cloud = on_sphere(kappa, count)
    codes = cloud.sample()
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(count).double())
    mean = 1 / math.tanh(kappa) - 1 / kappa
    direction = cloud.mean[0]
    heights = codes @ direction
    error = float(heights.std()) / math.sqrt(count)
    assert abs(float(heights.mean()) - mean) < 4 * error
    torch.testing.assert_close(codes.mean(0), mean * direction, rtol=0, atol=0.01)
    along = 1 - 2 * mean / kappa  # E w², and half of the rest in each other direction
    outer = torch.outer(direction, direction)
    expected = along * outer + (1 - along) / 2 * (torch.eye(3).double() - outer)
    torch.testing.assert_close(codes.T @ codes / count, expected, rtol=0, atol=0.01)
    # and the KL is what the densities say
    draws = cloud.log_prob(codes) + math.log(4 * math.pi)
    error = float(draws.std()) / math.sqrt(count)
    assert abs(float(draws.mean() - sphere_kl(cloud.kappa[0, 0]))) < 4 * error + 1e-12


@pytest.mark.parametrize("kappa", [0.02, 3.0, 60.0])
def test_the_density_on_the_sphere_integrates_to_one(kappa):
    cloud = on_sphere(kappa)
    _, _, turn = torch.linalg.svd(cloud.mean)
    side = turn[1]

    def at(height):
        code = height * cloud.mean[0] + math.sqrt(1 - height**2) * side
        return 2 * math.pi * math.exp(float(cloud.log_prob(code[None])))

    assert quad(at, -1, 1)[0] == pytest.approx(1, abs=1e-7)


def test_gradients_pass_through_draws_on_the_sphere():
    """d E[w] / d kappa = 1/kappa² - 1/sinh² kappa, and E[z] turns with the direction."""
    torch.manual_seed(0)
    count = 200_000
    kappa = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    raw = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64, requires_grad=True)
    direction = raw / raw.norm()
    cloud = OnSphere(direction.expand(count, 3), kappa.expand(count, 1))
    mean = cloud.sample().mean(0)
    slopes = torch.autograd.grad(mean[0], kappa, retain_graph=True)
    assert float(slopes[0]) == pytest.approx(1 / 4 - 1 / math.sinh(2) ** 2, abs=0.005)
    (turn,) = torch.autograd.grad(mean[1], raw)
    expected = 1 / math.tanh(2) - 1 / 2
    torch.testing.assert_close(turn, torch.tensor([0, expected, 0]).double(), rtol=0, atol=0.01)


def test_clouds_stay_within_what_float32_can_hold():
    model = build("hyperspherical_vae", "mlp", SHAPE)
    x = noise_images(SHAPE, 200)
    for bias in (-1e6, 1e6):
        with torch.no_grad():
            model.encoder[-1].bias[3] = bias
        cloud = model.posterior(x)
        assert float(cloud.kappa[0].detach()) == pytest.approx(KAPPA_RANGE[bias > 0])
        terms = model.loss(x, x)
        sum(terms.values()).backward()
        assert all(value.isfinite() for value in terms.values())
        assert all(part.grad.isfinite().all() for part in model.parameters())


def test_codes_and_prior_lie_on_the_sphere_evenly():
    model = build("hyperspherical_vae", "mlp", SHAPE)
    codes = model.encode(noise_images(SHAPE, 9))
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(9))
    drawn = model.sample_prior(50_000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(drawn.norm(dim=1), torch.ones(50_000))
    torch.testing.assert_close(drawn.T @ drawn / 50_000, torch.eye(3) / 3, rtol=0, atol=0.01)
    assert drawn.mean(0).abs().max() < 0.01
    torch.testing.assert_close(model.log_prior(drawn).exp(), torch.full((50_000,), 0.25 / math.pi))


def test_its_code_has_three_numbers_and_no_other_count():
    with pytest.raises(InputError, match="expected a whole number from 3 to 3, got 2"):
        variants["hyperspherical_vae"].Config.parse({"latent_dim": 2})


@pytest.mark.parametrize("draw", [normal_like, uniform_like])
def test_processes_that_share_a_batch_draw_the_rows_that_one_alone_would(draw):
    torch.manual_seed(4)
    state = torch.get_rng_state()
    alone = draw(torch.zeros(6, 2, 3))
    for rows in (slice(0, 2), slice(2, 6)):
        generator = torch.Generator()
        generator.set_state(state)
        with drawing_for(Part(rows, 6, generator)):
            mine = draw(torch.zeros(rows.stop - rows.start, 2, 3))
        assert torch.equal(mine, alone[rows])
