"""The skip-connection denoiser: its published numbers, its bridge, and that it cleans."""

import pytest
import torch
from torch import nn

from aecore.corruptions import corruptions
from aecore.metrics.reconstruction import psnr_per_image
from aecore.models import empty_model, variants
from aecore.networks import networks
from aecore.runs import RunSpec, check
from aecore.samples import to_float
from tests.kit import build, noise_images, open_small, play, session_of

CIFAR = (3, 32, 32)
SHAPE = (1, 8, 8)


def made(shape=SHAPE, **knobs):
    return build("skip_denoiser", "mlp", shape, model_knobs={"channels": 4, **knobs})


def test_it_has_the_published_numbers():
    model = made(CIFAR, channels=32)
    statistics = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    running = sum(2 * m.num_features for m in statistics)
    assert model.parameter_count() == 94_659
    assert model.parameter_count() + running == 95_171
    assert model.middle == (64, 4, 4)
    slopes = [m.negative_slope for m in model.modules() if isinstance(m, nn.LeakyReLU)]
    assert slopes == [0.3, 0.3]


def test_each_layer_has_the_published_number():
    layers = [m for m in made(CIFAR, channels=32).modules() if hasattr(m, "weight")]
    found = [sum(p.numel() for p in m.parameters()) for m in layers]
    keras = [896, 128, 9248, 128, 18496, 256, 36928, 256, 18464, 128, 9248, 128, 867]
    norms = [i for i, m in enumerate(layers) if isinstance(m, nn.BatchNorm2d)]
    assert [2 * n if i in norms else n for i, n in enumerate(found)] == keras


def test_the_bridge_is_added_at_half_size():
    """By hand: the middle's picture of half the size, plus what went around it."""
    model, x = made().eval(), noise_images(SHAPE, 5)
    with torch.no_grad():
        bridge = model.down(x - model.mean)
        assert bridge.shape == (5, 4, 4, 4)
        inner = model.outward(model.encode(x).view(5, *model.middle))
        wanted = model.offset + model.up(inner + bridge)
        torch.testing.assert_close(model.cleaned_raw(x), wanted)
        assert (model.cleaned_raw(x) - model.decode_raw(model.encode(x))).abs().max() > 0.01


@pytest.mark.parametrize("likelihood", ["mse", "bce"])
def test_the_loss_is_the_distance_to_the_clean_image(likelihood):
    model = made(likelihood=likelihood).eval()
    x, target = noise_images(SHAPE, 7), noise_images(SHAPE, 7, seed=1)
    with torch.no_grad():
        (found,), x_hat = model.loss(x, target).values(), model(x)
    if likelihood == "mse":
        wanted = (x_hat - target).square().sum() / 7
    else:
        wanted = -(target * x_hat.log() + (1 - target) * (1 - x_hat).log()).sum() / 7
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=0)


def test_odd_and_even_sizes_come_back_exactly():
    kind, network = variants["skip_denoiser"], networks["mlp"]
    for height in (1, 2, 9, 23, *range(8, 41, 8)):
        for width in {height, 42 - height}:
            shape = (1, height, width)
            parts = network(network.Config(), shape)
            model = empty_model("skip_denoiser", kind.Config(channels=2), parts)
            x = torch.empty(2, *shape, device="meta")
            assert model(x).shape == model.decode(model.encode(x)).shape == x.shape
            assert model.encode(x).shape == (2, model.code_size)


def test_it_cleans_noise():
    data, noise = open_small("digits"), corruptions["gaussian"]
    damage = noise(noise.Config(level=0.22))
    session = session_of(
        "skip_denoiser",
        "mlp",
        data,
        model_knobs={"channels": 16, "feature_dropout": 0.0, "likelihood": "bce"},
        corruption=damage,
        epochs=15,
        learning_rate=5e-3,
    )
    play(session)
    clean = to_float(data.part("test", 200))
    noisy = damage(clean, torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = float(psnr_per_image(session.model(noisy), clean).mean())
    assert found > float(psnr_per_image(noisy, clean).mean()) + 2


def test_its_batch_norm_needs_all_images_of_a_batch():
    assert variants["skip_denoiser"].whole_batch
    assert check(RunSpec.from_flat({"variant": "skip_denoiser", "dataset": "digits"}))
