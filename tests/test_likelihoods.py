"""The likelihoods of the variational family against closed forms, and what softens its KL."""

import math

import pytest
import torch
from scipy.integrate import quad
from torch.distributions import ContinuousBernoulli, Normal

from aecore.errors import InputError
from aecore.models.langevin import inverse_langevin, langevin, log_sinhc
from aecore.models.likelihoods import LIKELIHOODS, LOG_VAR_RANGE
from aecore.models.moment import Moment
from aecore.models.variational import gaussian_kl
from aecore.training.parallel import Parallel
from tests.kit import build, noise_images, open_small, play, same, session_of, weights_of

SHAPE = torch.Size((1, 2, 3))
POINTS = torch.tensor([0, 1e-12, 1e-6, 1e-3, 0.1, 0.29999, 0.30001, 0.5, 1, 3, 20, 300, 1e4])
BOTH_SIDES = torch.cat([POINTS, -POINTS]).double()


def likelihood(name, sigma=0.3):
    return LIKELIHOODS[name](sigma, SHAPE).double()


def data(spread=1.0):
    generator = torch.Generator().manual_seed(0)
    raw = spread * torch.randn(5, *SHAPE, generator=generator, dtype=torch.float64)
    return raw, torch.rand(5, *SHAPE, generator=generator, dtype=torch.float64)


def nats_of(part, raw, target):
    """-log p(x|z) of each image."""
    return part.nats(part.distance(raw, target).flatten(1).sum(1)) + part.log_normaliser()


@pytest.mark.parametrize("name", ["mse", "gaussian"])
def test_gaussian_nats_are_those_of_the_normal_density(name):
    raw, target = data()
    expected = -Normal(raw, 0.3).log_prob(target).flatten(1).sum(1)
    torch.testing.assert_close(nats_of(likelihood(name), raw, target), expected)


@pytest.mark.parametrize("spread", [0.02, 1.0, 4.0])
def test_continuous_bernoulli_nats_are_those_of_its_density(spread):
    raw, target = data(spread)
    part = likelihood("continuous_bernoulli")
    expected = -ContinuousBernoulli(logits=raw).log_prob(target).flatten(1).sum(1)
    # torch's own takes a short series where raw is within 0.008 of 0
    torch.testing.assert_close(nats_of(part, raw, target), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("raw", [-300.0, -4.0, -0.7, -1e-4, 0.0, 1e-7, 0.59, 0.61, 3.0, 90.0])
def test_continuous_bernoulli_integrates_to_one_and_its_picture_is_its_mean(raw):
    part, at = likelihood("continuous_bernoulli"), torch.tensor(raw, dtype=torch.float64)

    def density(x):
        return math.exp(-float(part.distance(at, torch.tensor(x, dtype=torch.float64))))

    ends = [min(1, 20 / abs(raw)), 1 - min(1, 20 / abs(raw))] if abs(raw) > 20 else None
    assert quad(density, 0, 1, points=ends)[0] == pytest.approx(1, abs=1e-9)
    mean = quad(lambda x: x * density(x), 0, 1, points=ends)[0]
    assert float(part.picture(at)) == pytest.approx(mean, abs=1e-9)
    # -log p has its least value over raw where the target is that mean
    at.requires_grad_()
    part.distance(at, torch.tensor(mean, dtype=torch.float64)).backward()
    assert abs(float(at.grad)) < 1e-9


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_functions_and_their_gradients_are_exact_near_zero_and_far_out(dtype):
    k = BOTH_SIDES.to(dtype).requires_grad_()
    value = log_sinhc(k)
    (slope,) = torch.autograd.grad(value.sum(), k, create_graph=True)
    (bend,) = torch.autograd.grad(langevin(k).sum(), k)
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype == torch.float32 else {"rtol": 1e-9}
    for at, got, first, second, mean in zip(
        *(part.tolist() for part in (k, value, slope, bend, langevin(k))), strict=True
    ):
        exact = at**2 / 6, at / 3, 1 / 3 - at**2 / 15
        if abs(at) > 1e-3:
            far = abs(at) > 300
            log = abs(at) - math.log(2 * abs(at)) if far else math.log(math.sinh(at) / at)
            curve = 0.0 if far else 1 / math.sinh(at) ** 2
            exact = log, 1 / math.tanh(at) - 1 / at, 1 / at**2 - curve
        assert got == pytest.approx(exact[0], rel=tolerance["rtol"], abs=1e-6)
        assert first == pytest.approx(exact[1], rel=1e-5, abs=1e-9)
        assert mean == pytest.approx(exact[1], rel=1e-5, abs=1e-9)
        assert second == pytest.approx(exact[2], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_training_starts_from_the_average_image(name):
    shape = (1, 8, 8)
    mean = torch.linspace(0.02, 0.98, 64).view(shape)
    model = build("vae", "mlp", shape, mean=mean, model_knobs={"likelihood": name})
    picture = model.likelihood.picture(model.offset)
    torch.testing.assert_close(picture, mean, rtol=0, atol=0.02)
    rough = inverse_langevin(torch.linspace(-0.96, 0.96, 50))
    torch.testing.assert_close(langevin(rough), torch.linspace(-0.96, 0.96, 50), rtol=0, atol=0.03)


def test_the_best_learned_noise_is_the_root_of_the_mean_squared_error():
    raw, target = data()
    error = (raw - target).square().mean()
    best = LIKELIHOODS["gaussian"](math.sqrt(error), SHAPE).double()
    loss = nats_of(best, raw, target).mean()
    (slope,) = torch.autograd.grad(loss, best.part)
    assert abs(float(slope)) < 1e-6
    for factor in (0.9, 1.1):
        other = LIKELIHOODS["gaussian"](factor * math.sqrt(error), SHAPE).double()
        assert nats_of(other, raw, target).mean() > loss


def test_a_learned_noise_starts_where_it_was_told_and_stays_where_the_loss_is_a_number():
    model = build("vae", "mlp", (1, 8, 8), model_knobs={"likelihood": "gaussian", "sigma": 0.2})
    x = noise_images((1, 8, 8), 4)
    assert float(model.likelihood.log_var.detach()) == pytest.approx(2 * math.log(0.2))
    with torch.no_grad():
        model.likelihood.part.fill_(-1e6)
        model.after_step()
    assert float(model.likelihood.log_var.detach()) == LOG_VAR_RANGE[0]
    assert all(value.isfinite() for value in model.loss(x, x).values())


def test_a_learned_noise_is_trained_with_the_model():
    session = session_of(
        "vae", "mlp", open_small("digits", train_limit=320), epochs=20, batch_size=32,
        learning_rate=5e-3, model_knobs={"likelihood": "gaussian", "sigma": 1.0},
    )  # fmt: skip
    play(session)
    terms = session.validation.terms(session.model)
    learned = float(session.model.likelihood.log_var.detach().exp())
    assert learned < 0.1
    # nats = (error / variance + log variance) · pixels / 2, and at the best variance error = it
    best = 32 * (1 + math.log(learned))
    assert terms["reconstruction"] == pytest.approx(best, abs=5)


def vae(**knobs):
    return build("vae", "mlp", (1, 8, 8), model_knobs={"latent_dim": 4, **knobs})


def test_free_bits_are_a_floor_under_the_mean_over_the_batch_of_each_dimension():
    x = noise_images((1, 8, 8), 50)
    model = vae(free_bits=0.002)
    posterior = model.posterior(x)
    charged, nats = model.kl(posterior), gaussian_kl(posterior).mean(0)
    assert 0 < int((nats < 0.002).sum()) < 4
    torch.testing.assert_close(charged, sum(max(value, 0.002 + 0 * value) for value in nats))
    torch.testing.assert_close(vae().kl(posterior), nats.sum())
    (gradient,) = torch.autograd.grad(charged, posterior.mean)
    assert torch.equal(gradient.abs().sum(0) == 0, nats < 0.002)


def test_free_bits_see_the_whole_batch():
    assert not vae().whole_batch
    with pytest.raises(InputError, match="cannot be split over 2 processes"):
        session_of(
            "vae", "mlp", open_small("digits"), model_knobs={"free_bits": 0.1},
            parallel=Parallel(0, 2),
        )  # fmt: skip


def test_warm_up_raises_the_price_from_zero_and_validation_pays_it_in_full():
    x = noise_images((1, 8, 8), 20)
    model = vae(kl_warmup=0.4).requires_grad_(False)
    posterior = model.posterior(x)
    whole = float(vae().kl(posterior))
    for progress, weight in ((0.0, 0.0), (0.1, 0.25), (0.4, 1.0), (0.9, 1.0)):
        model.moment = Moment(progress)
        assert float(model.kl(posterior)) == pytest.approx(weight * whole)
    session = session_of(
        "vae", "mlp", open_small("digits", train_limit=64), epochs=1,
        model_knobs={"kl_warmup": 1.0},
    )  # fmt: skip
    plain = session_of("vae", "mlp", open_small("digits", train_limit=64), epochs=1)
    assert session.validation.terms(session.model) == plain.validation.terms(plain.model)
    play(session), play(plain)
    assert not same(weights_of(session.model), weights_of(plain.model))


def test_importance_weights_are_those_of_their_parts():
    model = vae(likelihood="continuous_bernoulli").double().requires_grad_(False)
    x = noise_images((1, 8, 8), 3).double()
    torch.manual_seed(0)
    weighed = model.weigh(x, x, 5000)
    assert weighed.distortion.shape == weighed.rate.shape == (3, 5000)
    kl = gaussian_kl(model.posterior(x)).sum(1)
    torch.testing.assert_close(weighed.rate.mean(1), kl, rtol=0, atol=0.02)
    many = x.repeat_interleave(5000, 0)
    expected = float(model.loss(many, many)["reconstruction"].detach())
    assert float(weighed.distortion.mean()) == pytest.approx(expected, abs=0.03)


def test_the_prior_is_drawn_as_it_is_measured():
    model = vae()
    codes = model.sample_prior(100_000, torch.Generator().manual_seed(0))
    assert codes.shape == (100_000, model.code_size)
    assert codes.mean(0).abs().max() < 0.02
    torch.testing.assert_close(codes.T.cov(), torch.eye(4), rtol=0, atol=0.03)
    expected = Normal(0.0, 1.0).log_prob(codes).sum(1)
    torch.testing.assert_close(model.log_prior(codes), expected)
    again = model.sample_prior(5, torch.Generator().manual_seed(0))
    assert torch.equal(model.sample_prior(5, torch.Generator().manual_seed(0)), again)
