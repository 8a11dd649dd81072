"""The published network: exact numbers of weights, and any size of image or code."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from aecore.config import knobs
from aecore.networks import networks
from aecore.runs import RunSpec
from tests.kit import build, noise_images, open_small, play, session_of

MNIST = (1, 28, 28)
SHAPES = [(1, 8, 8), (3, 9, 9), (1, 8, 13), (3, 31, 33), (3, 63, 17), (1, 1, 5)]
FORMS = ("denoiser", "vae")
each_form = pytest.mark.parametrize("form", FORMS)


def network(form, shape, **chosen):
    kind = networks["published"]
    return kind(kind.Config(architecture=form, **chosen), shape)


def halves(form, shape, code=3, **chosen):
    made = network(form, shape, **chosen)
    return made.encoder(code), made.decoder(code)


def numbers(*parts):
    return sum(parameter.numel() for part in parts for parameter in part.parameters())


def test_the_numbers_of_weights_are_the_published_ones():
    plain = build("denoising", "published", MNIST, model_knobs={"latent_dim": 784})
    assert plain.parameter_count() == 57_633
    layers = {"architecture": "vae"}
    vae = build("vae", "published", MNIST, model_knobs={"latent_dim": 2}, network_knobs=layers)
    assert (numbers(vae.encoder), numbers(vae.decoder)) == (69_076, 65_089)


def test_each_layer_has_the_published_number():
    def sizes(*parts):
        layers = [m for part in parts for m in part.modules() if hasattr(m, "weight")]
        return [numbers(layer) for layer in layers]

    found = sizes(*halves("denoiser", MNIST, 784))
    assert found == [1664, 18464, 4624, 2320, 4640, 25632, 289]
    encoder, decoder = halves("vae", MNIST, 2)
    assert sizes(encoder)[:3] == [320, 18496, 50192]
    assert sizes(decoder) == [9408, 36928, 18464, 289]


@each_form
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_size_of_image_comes_back_exactly(form, shape):
    encoder, decoder = halves(form, shape, dropout=0.3)
    code = encoder(noise_images(shape, 4))
    assert code.shape == (4, 3)
    assert decoder(code).shape == (4, *shape)


@each_form
@pytest.mark.parametrize(("shape", "count"), [(MNIST, 16 * 7 * 7), ((3, 9, 13), 16 * 3 * 4)])
def test_a_code_of_the_maps_size_needs_no_dense_layer(form, shape, count):
    size = count if form == "denoiser" else count * 4
    for code in (size - 1, size, size + 1):
        dense = sum(
            isinstance(m, nn.Linear) for h in halves(form, shape, code) for m in h.modules()
        )
        expected = {"denoiser": 0 if code == size else 2, "vae": 3}
        assert dense == expected[form]


def test_a_code_that_is_the_map_has_both_signs_and_its_copy_none_the_worse():
    """The ReLU after it cuts what is below zero, as the published one before it does."""
    encoder, decoder = halves("denoiser", MNIST, 784)
    with torch.no_grad():
        code = encoder(noise_images(MNIST, 5) - 0.5)
        assert 0.1 < float((code < 0).float().mean()) < 0.9
        torch.testing.assert_close(decoder(code), decoder(code.relu()), rtol=0, atol=0)
        assert not torch.equal(decoder(code), decoder(code + 1))


def test_dropout_stands_where_it_was_published_and_nowhere_else():
    def before(part):
        layers = list(part.modules())
        return [type(a).__name__ for a, b in pairwise(layers) if isinstance(b, nn.Dropout)]

    encoder, decoder = halves("denoiser", MNIST, 784, dropout=0.3)
    assert before(encoder) == ["MaxPool2d"]
    assert before(decoder) == ["Upsample", "Upsample"]
    silent = [*halves("denoiser", MNIST, 784), *halves("vae", MNIST, 2, dropout=0.3)]
    assert [name for part in silent for name in before(part)] == []


def test_ten_times_the_signal_of_torchs_own_start_comes_through():
    torch.manual_seed(0)
    encoder, decoder = halves("denoiser", MNIST, 784)
    x = nn.functional.interpolate(open_small("digits").part("train", 100) / 255, size=MNIST[1:])

    def signal():
        with torch.no_grad():
            return float(decoder(encoder(x - x.mean(0))).std(0).mean())

    published = signal()
    for layer in [*encoder.modules(), *decoder.modules()]:
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()
    assert 5 * signal() < published < float(x.std(0).mean())


@each_form
@pytest.mark.parametrize("variant", ["autoencoder", "vae", "stacked"])
def test_both_forms_learn(form, variant):
    session = session_of(
        variant,
        "published",
        open_small("digits", train_limit=320),
        network_knobs={"architecture": form},
        epochs=8,
        batch_size=32,
        learning_rate=5e-3,
    )
    before = sum(session.validation.terms(session.model).values())
    play(session)
    assert sum(session.validation.terms(session.model).values()) < 0.9 * before


def test_it_has_no_knobs_but_its_own():
    assert [knob.name for knob in knobs(networks["published"].Config)] == [
        "architecture",
        "dropout",
    ]
    spec = RunSpec.from_flat({"network": "published", "dropout": "0.3"})
    assert not spec.layers.mixes_images
    assert RunSpec.from_flat({"network": "conv", "batch_norm": "true"}).layers.mixes_images
