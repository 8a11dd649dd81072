"""What drives a number of the code: known answers, and every variant that has a code."""

import numpy as np
import pytest
import torch
from sklearn.feature_selection import f_classif

from aecore.latent.drives import eta_squared, extremes, gradient_map, within_classes
from aecore.models import variants
from tests.kit import build, noise_images, open_small

DATA = open_small("digits")
WITH_CODE = [name for name, kind in variants.items() if kind.has_code]


def numbers(count, seed=0):
    return torch.randn(count, generator=torch.Generator().manual_seed(seed))


def labels_of(count, classes, seed=1):
    return torch.randint(classes, (count,), generator=torch.Generator().manual_seed(seed))


def test_extremes_are_the_extremes():
    values = numbers(1000)
    found = extremes(values, 8)
    assert values[found.lowest].tolist() == sorted(values.tolist())[:8]
    assert values[found.highest].tolist() == sorted(values.tolist(), reverse=True)[:8]
    tied = extremes(torch.tensor([1.0, 0, 1, 0]), 3)
    assert (tied.lowest.tolist(), tied.highest.tolist()) == ([1, 3, 0], [0, 2, 1])
    assert len(extremes(values[:3], 8).lowest) == 3


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 4)])
@pytest.mark.parametrize("count", [1, 16, 300])
def test_of_a_linear_model_the_map_is_its_weights(shape, count):
    model = build("linear", "mlp", shape, model_knobs={"latent_dim": 3}).eval()
    images = (noise_images(shape, count) * 255).byte()
    with torch.no_grad():
        weights = model.encode(torch.eye(np.prod(shape)).view(-1, *shape) + model.mean).T
    found = gradient_map(model, images, 2)
    assert found == pytest.approx(weights[2].view(shape).abs().sum(0).numpy(), rel=1e-4, abs=1e-6)


def test_the_map_is_what_small_steps_find():
    model = build("vae", "mlp", (1, 8, 8), model_knobs={"latent_dim": 3}).double().eval()
    images = DATA.part("test", 5)
    x = (images / 255).double()
    found = gradient_map(_Doubled(model), images, 1).flatten()
    for pixel in (9, 27, 44):
        step = torch.zeros(64, dtype=torch.float64)
        step[pixel] = 1e-5
        step = step.view(1, 1, 8, 8)
        with torch.no_grad():
            slopes = (model.encode(x + step) - model.encode(x - step))[:, 1] / 2e-5
        assert float(found[pixel]) == pytest.approx(float(slopes.abs().mean()), rel=1e-4)


class _Doubled:
    """A model of float64, given float32."""

    def __init__(self, model):
        self.model = model

    def encode(self, x):
        return self.model.encode(x.double())


@pytest.mark.parametrize("variant", WITH_CODE)
def test_every_variant_with_a_code_has_a_map(variant):
    model = build(variant, "mlp", DATA.shape, model_knobs={"latent_dim": 3}).eval()
    model.prepare(DATA.part("train", 200), DATA.part_labels("train", 200), 0)
    model.requires_grad_(False)
    images = DATA.part("test", 20)
    maps = [gradient_map(model, images, axis) for axis in range(model.code_size - model.label_size)]
    assert all(found.shape == (8, 8) for found in maps)
    assert all((found >= 0).all() for found in maps)
    assert any(found.max() > 0 for found in maps)


def test_where_there_is_no_gradient_there_is_no_map():
    class Rounded:
        def encode(self, x):
            return x.detach().flatten(1).round()

    class Deaf:
        weight = torch.ones(3, requires_grad=True)

        def encode(self, x):
            return self.weight.expand(len(x), -1)

    for model in (Rounded(), Deaf()):
        assert gradient_map(model, DATA.part("test", 4), 1) is None


def test_a_code_book_is_asked_for_the_numbers_before_it():
    model = build("vq_vae", "mlp", DATA.shape, model_knobs={"latent_dim": 4}).eval()
    images = DATA.part("test", 6)
    x = (images / 255).requires_grad_()
    (slope,) = torch.autograd.grad(model.encoder(x - model.mean)[:, 3].sum(), x)
    found = gradient_map(model, images, 3)
    assert found == pytest.approx(slope.abs().mean((0, 1)).numpy(), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_eta_squared_is_what_the_f_test_says(classes):
    labels = labels_of(400, classes)
    values = numbers(400) + 0.3 * labels
    f, _ = f_classif(values[:, None].numpy(), labels.numpy())
    wanted = f[0] * (classes - 1) / (f[0] * (classes - 1) + 400 - classes)
    assert eta_squared(values, labels) == pytest.approx(wanted, rel=1e-5)


def test_eta_squared_knows_both_ends():
    labels = labels_of(20_000, 10)
    assert eta_squared((labels * 37 % 11).float(), labels) == pytest.approx(1)
    assert eta_squared(numbers(20_000), labels) < 0.002
    assert eta_squared(torch.ones(50), labels[:50]) == 0
    gaps = torch.tensor([0, 0, 7, 7])
    assert eta_squared(torch.tensor([1.0, 1, 2, 2]), gaps) == pytest.approx(1)


def test_means_and_deviations_are_those_of_each_class():
    values, labels = numbers(300), labels_of(300, 4)
    found = within_classes(values, labels, 6)
    for kind in range(4):
        own = values[labels == kind].numpy()
        assert float(found.means[kind]) == pytest.approx(own.mean(), abs=1e-6)
        assert float(found.deviations[kind]) == pytest.approx(own.std(), abs=1e-6)
        assert int(found.counts[kind]) == len(own)
    assert found.counts[4:].tolist() == [0, 0]
    assert found.means[4:].isnan().all()
