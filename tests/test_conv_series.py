"""The convolutional network on time series: one-dimensional convolutions, whatever the form."""

import pytest
import torch
from torch import nn

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.models import new_model, variants
from aecore.networks import networks
from aecore.networks.conv import Residual
from aecore.training import TrainConfig, TrainingSession
from tests.kit import corruption_for, play

FORMS = ("strided", "pooled", "residual")
each_form = pytest.mark.parametrize("form", FORMS)


def network(shape, **knobs):
    kind = networks["conv"]
    return kind(kind.Config(**knobs), shape)


def in_one_dimension(layer):
    """The same layer for (n, C, W), written with torch's own one-dimensional layers."""
    if isinstance(layer, Residual):
        return Residual(in_one_dimension(layer.way), in_one_dimension(layer.around))
    if isinstance(layer, nn.Sequential):
        return nn.Sequential(*map(in_one_dimension, layer))
    if isinstance(layer, nn.Conv2d):
        kernel, stride = layer.kernel_size[1], layer.stride[1]
        flat = nn.Conv1d(layer.in_channels, layer.out_channels, kernel, stride, kernel // 2,
                         bias=layer.bias is not None)  # fmt: skip
        weights = {
            name: w.squeeze(2) if w.dim() > 1 else w for name, w in layer.state_dict().items()
        }
        flat.load_state_dict(weights)
        return flat
    if isinstance(layer, nn.MaxPool2d):
        return nn.MaxPool1d(2, ceil_mode=True)
    if isinstance(layer, nn.Upsample):
        return nn.Upsample(size=layer.size[1])
    if isinstance(layer, nn.Unflatten):
        channels, _, width = layer.unflattened_size
        return nn.Unflatten(1, (channels, width))
    assert isinstance(layer, nn.Flatten | nn.Linear | nn.SiLU), layer
    return layer


@each_form
@pytest.mark.parametrize("steps", [64, 37])
def test_it_equals_one_dimensional_convolutions(form, steps):
    torch.manual_seed(0)
    made = network((2, 1, steps), downsampling=form, width=16, depth=3)
    encoder, decoder = made.encoder(5), made.decoder(5)
    x = torch.randn(4, 2, 1, steps)
    with torch.no_grad():
        code = encoder(x)
        torch.testing.assert_close(in_one_dimension(encoder)(x[:, :, 0]), code)
        torch.testing.assert_close(in_one_dimension(decoder)(code), decoder(code)[:, :, 0])
    assert code.std() > 0.01


@each_form
def test_every_length_comes_back_exactly(form):
    for steps in [*range(2, 40), 63, 64, 100, 101]:
        deepest = (steps - 1).bit_length()
        for depth in {1, min(3, deepest), min(6, deepest)}:
            with torch.device("meta"):
                made = network((3, 1, steps), downsampling=form, width=8, depth=depth)
                x = torch.empty(2, 3, 1, steps)
                assert made.decoder(4)(made.encoder(4)(x)).shape == x.shape


def test_a_depth_that_leaves_nothing_to_halve_is_told_of_windows():
    network((1, 1, 9), depth=4)
    with pytest.raises(InputError, match="^Windows of 9 steps cannot be halved 5 times; .*most 4"):
        network((1, 1, 9), depth=5)
    with pytest.raises(InputError, match="^Windows of one step .* mlp"):
        network((1, 1, 1), depth=1)


@each_form
def test_what_shifts_in_time_shifts_in_the_features(form):
    torch.manual_seed(0)
    encoder = network((1, 1, 96), downsampling=form, width=16, depth=2).encoder(3)
    features = encoder[:-2]
    x = torch.randn(2, 1, 1, 96)
    with torch.no_grad():
        moved = features(x.roll(4, 3))[..., 4:-4]
        expected = features(x).roll(1, 3)[..., 4:-4]
    assert features(x).shape[2:] == (1, 24)
    torch.testing.assert_close(moved, expected, atol=1e-5, rtol=0)
    assert moved.std() > 0.01


@pytest.mark.parametrize("variant", ["autoencoder", "vae", "stacked", "contractive"])
@pytest.mark.parametrize("name", ["mlp", "conv"])
def test_variants_learn_windows(variant, name):
    data = open_data("waves")
    kind = networks[name]
    made = kind(kind.Config(width=16), data.shape)
    config = variants[variant].Config(latent_dim=8)
    model = new_model(variant, config, made, data.mean, 0, data.layout)
    training = TrainConfig(device="cpu", epochs=3, batch_size=64, learning_rate=1e-2)
    session = TrainingSession(model, data, corruption_for(variant), training)
    before = session.validation.terms(session.model)["reconstruction"]
    play(session)
    assert session.validation.terms(session.model)["reconstruction"] < 0.95 * before
