"""The denoising autoencoder: its weights, its clean target, and the best linear denoiser."""

import math

import pytest
import torch
from torch import nn

from aecore.corruptions import corruptions
from aecore.models import variants
from aecore.networks import Network, NetworkConfig
from aecore.training.optimizers import Adam
from tests.kit import build, noise_images, open_small, play, session_of

SHAPE = (1, 8, 8)


def damaged_pair():
    """Images whose left half is untouched and whose right half is black."""
    target = noise_images(SHAPE, 6) * 0.8 + 0.1
    x = target.clone()
    x[..., 4:] = 0
    return x, target


def loss(model, x, target):
    with torch.no_grad():
        return sum(model.loss(x, target).values())


@pytest.mark.parametrize("likelihood", ["mse", "bce"])
@pytest.mark.parametrize("emphasis", [0.0, 0.3, 1.0])
def test_damaged_pixels_weigh_twice_the_emphasis(likelihood, emphasis):
    x, target = damaged_pair()
    model = build(
        "denoising", "mlp", SHAPE, model_knobs={"emphasis": emphasis, "likelihood": likelihood}
    )
    with torch.no_grad():
        raw = model.decode_raw(model.encode(x))
    if likelihood == "mse":
        pixel = (raw - target).square()
    else:
        pixel = -torch.distributions.Bernoulli(logits=raw, validate_args=False).log_prob(target)
    untouched, damaged = pixel[..., :4].sum() / 6, pixel[..., 4:].sum() / 6
    expected = 2 * (1 - emphasis) * untouched + 2 * emphasis * damaged
    torch.testing.assert_close(loss(model, x, target), expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("likelihood", ["mse", "bce"])
def test_even_emphasis_is_the_plain_loss_bit_by_bit(likelihood):
    x, target = damaged_pair()
    knobs = {"likelihood": likelihood}
    plain = build("autoencoder", "mlp", SHAPE, model_knobs=knobs)
    even = build("denoising", "mlp", SHAPE, model_knobs=knobs | {"emphasis": 0.5})
    uneven = build("denoising", "mlp", SHAPE, model_knobs=knobs | {"emphasis": 0.6})
    assert torch.equal(loss(even, x, target), loss(plain, x, target))
    assert not torch.equal(loss(uneven, x, target), loss(plain, x, target))


def test_training_shows_noise_and_asks_for_the_clean_image(monkeypatch):
    data = open_small("digits", train_limit=64)
    session = session_of("denoising", "mlp", data, epochs=2, batch_size=32)
    clean = {image.numpy().tobytes() for image in data.part("train")}
    shown = []
    learn = session.learner.gradients

    def spy(x, target, step):
        shown.append((x.clone(), target.clone()))
        return learn(x, target, step)

    monkeypatch.setattr(session.learner, "gradients", spy)
    play(session)
    assert len(shown) == 4
    for x, target in shown:
        images = (target * 255).round().to(torch.uint8)
        assert all(image.numpy().tobytes() in clean for image in images)
        assert ((x - target).abs() > 0.01).float().mean() > 0.4
    noises = [(x - target)[0] for x, target in shown]
    assert not torch.equal(noises[0], noises[1])  # fresh damage for every batch


class Matrices(Network):
    """A linear denoiser: one matrix each way."""

    def encoder(self, out_features):
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(self.shape), out_features))

    def decoder(self, in_features):
        return nn.Sequential(
            nn.Linear(in_features, math.prod(self.shape)), nn.Unflatten(1, self.shape)
        )


def test_a_linear_denoiser_of_gaussian_data_is_the_wiener_filter():
    """Its error is the sum over components of λ·s² / (λ + s²), below which nothing can go."""
    values = torch.tensor([0.30, 0.20, 0.10, 0.05, 0.02, 0.01, 0.005, 0.002])
    noise = 0.25
    wiener = float((values * noise**2 / (values + noise**2)).sum())
    shape = (1, 1, len(values))
    kind = variants["denoising"]
    torch.manual_seed(0)
    model = kind(
        kind.Config(latent_dim=8), Matrices(NetworkConfig(), shape), torch.full(shape, 0.5)
    )
    gaussian = corruptions["gaussian"]
    corrupt = gaussian(gaussian.Config(level=noise, clip=False))
    generator = torch.Generator().manual_seed(1)

    def batch(count):
        z = torch.randn(count, *shape, generator=generator)
        target = 0.5 + z * values.sqrt()
        return corrupt(target, generator), target

    optimizer = Adam(list(model.parameters()), 0.0)
    steps = 2000
    for step in range(steps):
        value = sum(model.loss(*batch(256)).values())
        gradients = torch.autograd.grad(value, optimizer.parameters)
        with torch.no_grad():
            optimizer.step(list(gradients), 1e-2 * (1 - step / steps))
    x, target = batch(200_000)
    error = float(loss(model, x, target))
    assert 0.99 * wiener < error < 1.02 * wiener
    assert float((x - target).square().sum() / len(x)) > 1.5 * wiener  # there was noise to remove
