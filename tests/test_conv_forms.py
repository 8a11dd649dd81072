"""The convolutional network's three ways to halve, and what saved runs mean."""

import pytest
import torch
from torch import nn

from aecore.networks import networks
from aecore.runs import RunSpec
from tests.kit import build, noise_images, open_small, play, session_of

FORMS = ("strided", "pooled", "residual")
REAL_SHAPES = [(1, 8, 8), (3, 9, 9), (1, 8, 13), (3, 31, 33), (3, 63, 17)]
each_form = pytest.mark.parametrize("form", FORMS)


def pair(form, shape, code=3, **knobs):
    kind = networks["conv"]
    made = kind(kind.Config(downsampling=form, **knobs), shape)
    return made.encoder(code), made.decoder(code)


@pytest.mark.parametrize("form", FORMS[1:])  # the first has its turn in test_networks.py
def test_every_size_from_8_to_64_comes_back_exactly(form):
    for height in range(8, 65):
        for width in {height, 72 - height}:
            with torch.device("meta"):
                encoder, decoder = pair(form, (1, height, width), width=8, depth=3)
                code = encoder(torch.empty(2, 1, height, width))
                assert code.shape == (2, 3)
                assert decoder(code).shape == (2, 1, height, width)


@each_form
@pytest.mark.parametrize("shape", REAL_SHAPES, ids=str)
def test_real_images_with_every_layer_kind(form, shape):
    encoder, decoder = pair(form, shape, width=16, dropout=0.2, batch_norm=True)
    image = decoder(encoder(noise_images(shape, 4)))
    assert image.shape == (4, *shape)
    assert image.isfinite().all()


@each_form
def test_the_code_has_as_many_numbers_as_it_says(form):
    for code in (1, 5, 300):
        model = build(
            "autoencoder",
            "conv",
            (3, 13, 9),
            model_knobs={"latent_dim": code},
            network_knobs={"downsampling": form},
        )
        assert model.encode(noise_images((3, 13, 9), 1)).numel() == model.code_size == code


@each_form
def test_the_features_move_with_the_picture(form):
    """A shift by the total stride (4) shifts the feature map by one, away from the border."""
    torch.manual_seed(0)
    encoder, _ = pair(form, (1, 48, 48), depth=2, width=16)
    features = encoder[:-2]  # without Flatten and Linear
    x = noise_images((1, 48, 48), 2)
    with torch.no_grad():
        moved = features(x.roll((4, 4), (2, 3)))[:, :, 4:-4, 4:-4]
        expected = features(x).roll((1, 1), (2, 3))[:, :, 4:-4, 4:-4]
        still = features(x)[:, :, 4:-4, 4:-4]
        less = features(x.roll((3, 3), (2, 3)))[:, :, 4:-4, 4:-4]
    assert features(x).shape[2:] == (12, 12)
    torch.testing.assert_close(moved, expected, atol=1e-5, rtol=0)
    assert (moved - still).abs().max() > 0.01
    assert (less - expected).abs().max() > 0.01


def count(half, kind):
    return sum(isinstance(module, kind) for module in half.modules())


def test_each_form_halves_in_its_own_way():
    strided, pooled, residual = (pair(form, (1, 16, 16), depth=2) for form in FORMS)
    steps = [[m.stride[0] for m in half.modules() if isinstance(m, nn.Conv2d)]
             for half, _ in (strided, pooled, residual)]  # fmt: skip
    assert steps == [[2, 2], [1, 1], [2, 1, 2, 2, 1, 2]]
    assert [count(half, nn.MaxPool2d) for half, _ in (strided, pooled, residual)] == [0, 2, 0]
    assert [count(half, nn.Conv2d) for _, half in (strided, pooled, residual)] == [2, 2, 4]


def test_a_residual_block_is_the_sum_of_its_two_ways():
    encoder, decoder = pair("residual", (1, 16, 16), depth=2)
    for block, x in (
        (encoder[0], noise_images((1, 16, 16), 3)),
        (decoder[4], torch.rand(3, 64, 8, 8)),
    ):
        whole = block(x)
        with torch.no_grad():
            for parameter in block.way[-1].parameters():
                parameter.zero_()
        around, way = block.around(x), whole - block.around(x)
        torch.testing.assert_close(block(x), around)
        assert around.abs().max() > 0.01
        assert way.abs().max() > 0.01


@each_form
def test_enlarging_draws_no_checkerboard(form):
    """Equal weights and a constant feature map give a constant image, away from the border."""
    _, decoder = pair(form, (1, 40, 37), depth=2, width=16)
    with torch.no_grad():
        for module in decoder.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.constant_(module.weight, 0.05)
            if isinstance(module, nn.Linear):
                module.weight.zero_()
                module.bias.fill_(1.0)
        image = decoder(torch.zeros(1, 3))
    inside = image[..., 10:-10, 10:-10]
    torch.testing.assert_close(inside, inside.mean().expand_as(inside), rtol=1e-5, atol=0)
    assert image.std() > 0.01  # zero padding does show at the border


@each_form
@pytest.mark.parametrize("variant", ["autoencoder", "stacked", "contractive"])
def test_every_form_learns(variant, form):
    data = open_small("digits", train_limit=320)
    session = session_of(
        variant,
        "conv",
        data,
        network_knobs={"downsampling": form},
        epochs=12,
        batch_size=32,
        learning_rate=1e-2,
    )
    before = session.validation.terms(session.model)["reconstruction"]
    play(session)
    assert session.validation.terms(session.model)["reconstruction"] < 0.97 * before


def test_runs_saved_before_there_were_forms_keep_their_meaning():
    spec = RunSpec.from_flat({"network": "conv"})
    saved = spec.to_json()
    assert saved["layers"].pop("downsampling") == "strided"
    assert RunSpec.from_json(saved) == spec
    model = build("autoencoder", "conv", (1, 8, 8))
    names = [name for name in model.state_dict() if "coder" in name]
    halves = [f"encoder.{i}" for i in (0, 2, 5)] + [f"decoder.{i}" for i in (0, 4, 7)]
    assert names == [f"{part}.{kind}" for part in halves for kind in ("weight", "bias")]
