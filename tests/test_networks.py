"""Networks: exact sizes everywhere, and the mathematics of the convolutional one."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from aecore.errors import InputError
from aecore.networks import networks
from tests.kit import layer_knobs, noise_images, open_small, play, same, session_of, weights_of

REAL_SHAPES = [(1, 8, 8), (3, 9, 9), (1, 8, 13), (3, 31, 33), (1, 45, 64), (3, 63, 17)]
CHOSEN = [name for name in networks if layer_knobs(name, depth=1, width=1)]
each_network = pytest.mark.parametrize("name", networks)
each_with_chosen_layers = pytest.mark.parametrize("name", CHOSEN)


def pair(name, shape, code=3, **knobs):
    kind = networks[name]
    made = kind(kind.Config(**layer_knobs(name, **knobs)), shape)
    return made.encoder(code), made.decoder(code)


@each_network
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_from_8_to_64_comes_back_exactly(name, channels):
    for height in range(8, 65):
        for width in {height, 72 - height}:
            with torch.device("meta"):
                encoder, decoder = pair(name, (channels, height, width), width=8, depth=3)
                code = encoder(torch.empty(2, channels, height, width))
                assert code.shape == (2, 3)
                assert decoder(code).shape == (2, channels, height, width)


@each_network
@pytest.mark.parametrize("shape", REAL_SHAPES, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_real_images_with_every_layer_kind(name, shape, training):
    encoder, decoder = pair(name, shape, width=16, dropout=0.2, batch_norm=True)
    encoder.train(training), decoder.train(training)
    image = decoder(encoder(noise_images(shape, 4)))
    assert image.shape == (4, *shape)
    assert image.isfinite().all()


def refusal(name, shape, depth):
    """Why a network refuses a depth, or None where it works there and back."""
    try:
        encoder, decoder = pair(name, shape, width=8, depth=depth)
    except InputError as error:
        return str(error)
    assert decoder(encoder(noise_images(shape, 2))).shape == (2, *shape)
    return None


@each_with_chosen_layers
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 9, 8), (3, 64, 8), (1, 17, 17)], ids=str)
def test_every_depth_works_or_is_refused_with_a_reason(name, shape):
    reasons = {depth: refusal(name, shape, depth) for depth in range(1, 7)}
    assert reasons[1] is None
    for depth, reason in reasons.items():
        assert reason is None or f"{depth} times" in reason


@each_with_chosen_layers
def test_dropout_and_batch_norm_are_there_when_asked_for(name):
    def kinds(**knobs):
        encoder, decoder = pair(name, (1, 16, 16), **knobs)
        return {type(module).__name__.rstrip("12d") for module in [*encoder, *decoder]}

    assert not {"Dropout", "BatchNorm"} & kinds()
    assert {"Dropout", "BatchNorm"} <= kinds(dropout=0.1, batch_norm=True)
    assert "Tanh" in kinds(activation="tanh")
    assert "Tanh" not in kinds()


@each_with_chosen_layers
def test_depth_counts_hidden_layers(name):
    def layers(depth):
        encoder, _ = pair(name, (1, 64, 64), width=64, depth=depth)
        return sum(isinstance(module, nn.Linear | nn.Conv2d) for module in encoder)

    assert [layers(depth) for depth in (1, 2, 3, 4)] == [2, 3, 4, 5]


def test_conv_refuses_a_depth_that_leaves_nothing_to_halve():
    pair("conv", (1, 8, 8), depth=3)
    with pytest.raises(InputError, match="8×8 pixels cannot be halved 4 times.*at most 3"):
        pair("conv", (1, 8, 8), depth=4)
    pair("conv", (1, 9, 30), depth=4)
    with pytest.raises(InputError, match="at most 4"):
        pair("conv", (1, 9, 30), depth=5)


def test_conv_encoder_moves_with_the_picture():
    """A shift by the total stride (4) shifts the feature map by one, away from the border."""
    torch.manual_seed(0)
    encoder, _ = pair("conv", (1, 48, 48), depth=2, width=16)
    features = encoder[:-2]  # without Flatten and Linear
    x = noise_images((1, 48, 48), 2)
    with torch.no_grad():
        moved = features(x.roll((4, 4), (2, 3)))[:, :, 2:-2, 2:-2]
        expected = features(x).roll((1, 1), (2, 3))[:, :, 2:-2, 2:-2]
        still = features(x)[:, :, 2:-2, 2:-2]
    torch.testing.assert_close(moved, expected, atol=1e-5, rtol=0)
    assert (moved - still).abs().max() > 0.01


def test_conv_decoder_draws_no_checkerboard():
    """Equal weights and a constant feature map give a constant image, away from the border."""
    _, decoder = pair("conv", (1, 40, 37), depth=2, width=16)
    with torch.no_grad():
        for module in decoder:
            if isinstance(module, nn.Conv2d):
                module.weight.fill_(0.1)
                module.bias.zero_()
            if isinstance(module, nn.Linear):
                module.weight.zero_()
                module.bias.fill_(1.0)
        image = decoder(torch.zeros(1, 3))
    inside = image[..., 8:-8, 8:-8]
    assert inside.mean() > 0.1
    torch.testing.assert_close(inside, inside.mean().expand_as(inside), rtol=1e-5, atol=0)
    assert image.std() > 0.01  # zero padding does show at the border


@each_network
def test_training_equals_the_plain_loop_of_torch(name):
    """In whatever layout the session keeps its kernels, they go where torch.optim takes them."""
    made = session_of(
        "autoencoder",
        name,
        open_small("digits", train_limit=96),
        batch_size=32,
        epochs=3,
        optimizer="adam",
        schedule="constant",
        warmup=0,
    )
    plain = deepcopy(made.model).to(memory_format=torch.contiguous_format)
    reference = torch.optim.Adam(plain.parameters(), lr=made.config.learning_rate)
    for step in range(made.total_steps):
        x, target = made.batches.get(*divmod(step, len(made.batches)))
        reference.zero_grad()
        (plain(x) - target).square().sum((1, 2, 3)).mean().backward()
        reference.step()
    before = weights_of(made.model)
    play(made)
    assert not same(before, weights_of(made.model))
    for ours, theirs in zip(weights_of(made.model), weights_of(plain), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-4)
