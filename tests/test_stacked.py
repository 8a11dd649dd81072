"""The stacked autoencoder: each phase trains one layer on clean input, and nothing else moves."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from aecore.datasets import ImageData
from aecore.models.moment import Moment
from aecore.networks import networks
from aecore.networks.stages import stages
from tests.kit import (
    build,
    layer_knobs,
    logged,
    noise_images,
    open_small,
    play,
    same,
    session_of,
    weights_of,
)

SHAPE = (1, 8, 8)
EVERYTHING = {"width": 16, "batch_norm": True, "dropout": 0.3}
NETWORKS = [
    (name, layer_knobs(name, **knobs)) for name in networks for knobs in ({"width": 16}, EVERYTHING)
]
each_network = pytest.mark.parametrize(("network", "knobs"), NETWORKS)


def made(network="mlp", knobs=None, **model_knobs):
    values = {"latent_dim": 3, **model_knobs}
    return build("stacked", network, SHAPE, model_knobs=values, network_knobs=knobs)


TURNS = [(*case, phase) for case in NETWORKS for phase in range(len(made(*case).layers))]
BELOW = [turn for turn in TURNS if (*turn[:2], turn[2] + 1) in TURNS]


def in_phase(model, phase):
    """The model as training has it in this phase."""
    model.enter(phase)
    model.moment = Moment(model.phases()[phase].start)
    return model.train()


def total(model, x, target):
    torch.manual_seed(0)  # dropout and masks
    return sum(model.loss(x, target).values())


@each_network
def test_the_halves_are_cut_into_layers_that_mirror_each_other(network, knobs):
    model = made(network, knobs).eval()
    h = noise_images(SHAPE, 4)
    for half in (model.encoder, model.decoder):
        pieces = stages(half)
        assert [layer for piece in pieces for layer in piece] == list(half)
        for piece in pieces:
            assert sum(any(p.dim() > 1 for p in layer.parameters()) for layer in piece) == 1
    assert len(model.layers) == (3 if "width" in knobs else 2)
    for encode, decode in model.layers:
        code = encode(h)
        assert decode(code).shape == h.shape
        h = code
    assert h.shape == (4, 3)


@each_network
def test_the_whole_is_its_layers_one_after_the_other(network, knobs):
    """1.4 (1): after pretraining; and the decoder's layers come in reverse order."""
    data = open_small("digits", train_limit=64)
    session = session_of("stacked", network, data, network_knobs=knobs, epochs=4, batch_size=32)
    play(session, until=4)
    model, x = session.model.eval(), noise_images(SHAPE, 5)
    h = x - model.mean
    for encode, _ in model.layers:
        h = encode(h)
    torch.testing.assert_close(h, model.encode(x), rtol=0, atol=1e-6)
    for _, decode in reversed(model.layers):
        h = decode(h)
    torch.testing.assert_close(h + model.offset, model.decode(model.encode(x)), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("network", "knobs", "phase"), TURNS)
def test_only_the_layer_in_training_moves(network, knobs, phase):
    """1.4 (2): what is frozen keeps every bit, running means of batch norm included."""
    model, x = in_phase(made(network, knobs), phase), noise_images(SHAPE, 8)
    own = {id(p) for half in model.layers[phase] for p in half.parameters()}
    statistics = {id(b) for half in model.layers[phase] for b in half.buffers()}
    before = weights_of(model)
    total(model, x, x).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            assert parameter.requires_grad == (id(parameter) in own)
            assert (parameter.grad is not None) == (id(parameter) in own)
            if parameter.grad is not None:
                parameter.sub_(parameter.grad)
    now = dict(zip(model.state_dict(keep_vars=True).values(), before, strict=True))
    for tensor, old in now.items():
        if id(tensor) not in own | statistics:
            assert torch.equal(tensor, old)
    assert sum(not torch.equal(tensor, old) for tensor, old in now.items()) >= 4


@each_network
def test_the_last_phase_trains_everything_on_the_whole_reconstruction(network, knobs):
    model, x = made(network, knobs), noise_images(SHAPE, 8)
    in_phase(model, len(model.layers))
    assert all(parameter.requires_grad for parameter in model.parameters())
    twin = build("autoencoder", network, SHAPE, model_knobs={"latent_dim": 3}, network_knobs=knobs)
    twin.load_state_dict(model.state_dict())
    target = noise_images(SHAPE, 8, seed=1)
    assert torch.equal(total(model, x, target), total(twin.train(), x, target))


@pytest.mark.parametrize(("network", "knobs", "phase"), BELOW)
def test_the_loss_of_a_layer_knows_nothing_of_those_above(network, knobs, phase):
    """1.4 (3), and the reverse: those below do matter."""
    model, x = in_phase(made(network, knobs), phase), noise_images(SHAPE, 8)
    before = total(model, x, x)
    with torch.no_grad():
        for half in (half for pair in model.layers[phase + 1 :] for half in pair):
            for parameter in half.parameters():
                parameter.add_(1.0)
    assert torch.equal(total(model, x, x), before)
    with torch.no_grad():
        next(model.layers[phase][0].parameters()).add_(1.0)
    assert not torch.equal(total(model, x, x), before)


def test_a_layer_redraws_the_clean_output_of_those_below():
    """The second layer by hand: clean input from below, masks on its own input, squared error."""
    model, x = in_phase(made(layer_masking=0.4), 1), noise_images(SHAPE, 50)
    (first, _), (second, back) = model.layers[:2]
    clean = first(x - model.mean)
    torch.manual_seed(0)
    masked = clean * (torch.rand(clean.shape) >= 0.4)
    assert 0.3 < float((masked == 0).float().mean()) < 0.5
    wanted = (back(second(masked)) - clean).square().sum(1).mean()
    torch.testing.assert_close(total(model, noise_images(SHAPE, 50, seed=9), x), wanted)


@pytest.mark.parametrize("likelihood", ["mse", "bce"])
def test_only_the_first_layer_is_compared_as_the_likelihood_says(likelihood):
    model, x = made(likelihood=likelihood, layer_masking=0.0), noise_images(SHAPE, 20)
    encode, decode = model.layers[0]
    raw = decode(encode(x - model.mean)) + model.offset
    pixel = {"mse": F.mse_loss, "bce": F.binary_cross_entropy_with_logits}[likelihood]
    found = total(in_phase(model, 0), x, x)
    torch.testing.assert_close(found, pixel(raw, x, reduction="sum") / 20)
    (_, below), (encode, decode) = model.layers[:2]
    h = model.layers[0][0](x - model.mean)
    found = total(in_phase(model, 1), x, x)
    torch.testing.assert_close(found, F.mse_loss(decode(encode(h)), h, reduction="sum") / 20)


def test_the_phases_share_the_steps_and_tell_their_names():
    data = open_small("digits", train_limit=320)
    session = session_of(
        "stacked", "mlp", data, model_knobs={"pretraining": 0.75}, epochs=16, batch_size=16
    )
    rows = [row for row in logged(play(session)) if row.split == "train"]
    names = [list(row.terms) for row in rows]
    turns = [
        rows[0].step - 1,
        *(a.step for a, b in pairwise(rows) if a.terms.keys() != b.terms.keys()),
    ]
    order = [names[0], *(b for a, b in pairwise(names) if a != b)]
    assert order == [["layer 1"], ["layer 2"], ["layer 3"], ["reconstruction"]]
    assert turns == [0, 80, 160, 240]
    for name in ("layer 1", "layer 2", "layer 3"):
        own = [row.terms[name] for row in rows if name in row.terms]
        assert sum(own[-10:]) < 0.9 * sum(own[:10])


def test_without_pretraining_it_is_the_plain_autoencoder_bit_by_bit():
    data = open_small("digits", train_limit=64)
    shown = {"epochs": 3, "batch_size": 32}
    stacked = session_of("stacked", "mlp", data, model_knobs={"pretraining": 0.0}, **shown)
    plain = session_of("autoencoder", "mlp", data, **shown)
    play(stacked), play(plain)
    assert same(weights_of(stacked.model), weights_of(plain.model))


def enlarged():
    """300 digits of 28×28 pixels to train on."""
    small = open_small("digits", train_limit=300)
    images = F.interpolate(small.images.float(), size=(28, 28), mode="bilinear").to(torch.uint8)
    return ImageData("digits", "", "", images, small.labels, small.classes, small.splits)


def deep_session(variant, epochs, **knobs):
    """784-1000-500-250-30 of sigmoids, 6 steps an epoch."""
    return session_of(
        variant,
        "mlp",
        enlarged(),
        model_knobs={"latent_dim": 30, "likelihood": "bce", **knobs},
        network_knobs={"width": 1000, "depth": 3, "activation": "sigmoid"},
        epochs=epochs,
        batch_size=50,
        learning_rate=3e-3,
        schedule="constant",
        warmup=0,
    )


def test_deep_sigmoids_start_better_than_random_ones_become():
    """1.4 (4): pretrained and not yet tuned, against random after four epochs of tuning."""
    random = deep_session("autoencoder", 4)
    play(random)
    stacked = deep_session("stacked", 20, pretraining=0.8, layer_masking=0.0)
    play(stacked, until=96)
    start, became = (sum(s.validation.terms(s.model).values()) for s in (stacked, random))
    assert stacked.model.phases()[4].start * stacked.total_steps == 96
    assert start < 0.98 * became
