"""Paths through the code, and one number moved at a time, against known answers."""

from math import pi

import pytest
import torch
from kit import build, open_small

from aecore.latent.axes import axes_of, traversal
from aecore.latent.codes import pictures, tell
from aecore.latent.paths import on_sphere, spherical, straight
from aecore.models import variants
from aecore.runs.inference import codes_of


def random_codes(count, size=6, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def test_a_straight_path_is_even_and_hits_both_ends():
    a, b = random_codes(2)
    path = straight(a, b, 5)
    assert torch.equal(path[0], a)
    assert torch.equal(path[4], b)
    assert path[1].tolist() == pytest.approx((0.75 * a + 0.25 * b).tolist(), abs=1e-6)
    images = straight(torch.zeros(1, 2, 2), torch.ones(1, 2, 2), 3)
    assert images[1].unique().tolist() == [0.5]


def test_a_spherical_path_between_equally_long_codes_keeps_their_length():
    a, b = random_codes(2)
    b = b * a.norm() / b.norm()
    path = spherical(a, b, 9)
    assert path.norm(dim=1).tolist() == pytest.approx([a.norm().item()] * 9, rel=1e-5)
    assert torch.allclose(path[0], a, atol=1e-6)
    assert torch.allclose(path[-1], b, atol=1e-5)
    assert (straight(a, b, 9)[4].norm() < 0.9 * a.norm()).item()


def test_a_spherical_path_is_shoemakes():
    a, b = torch.nn.functional.normalize(random_codes(2, seed=3))
    angle = torch.acos(a @ b)
    for share, code in zip(torch.linspace(0, 1, 7), spherical(a, b, 7), strict=True):
        known = torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b
        assert torch.allclose(code, known / torch.sin(angle), atol=1e-5)


def test_the_angle_and_the_length_of_a_spherical_path_grow_evenly():
    path = spherical(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), 4)
    angles = torch.atan2(path[:, 1], path[:, 0])
    assert angles.tolist() == pytest.approx([0, pi / 6, pi / 3, pi / 2], abs=1e-6)
    assert path.norm(dim=1).tolist() == pytest.approx([1, 5 / 3, 7 / 3, 3], rel=1e-5)


@pytest.mark.parametrize("factor", [1.0, 2.5, 0.0])
def test_between_parallel_codes_both_paths_are_the_same(factor):
    a = random_codes(1)[0]
    assert torch.allclose(spherical(a, factor * a, 5), straight(a, factor * a, 5), atol=1e-5)


def test_between_opposite_codes_there_is_a_path_of_the_same_length():
    a = torch.tensor([0.6, 0.8, 0.0])
    path = spherical(a, -a, 5)
    assert path.norm(dim=1).tolist() == pytest.approx([1.0] * 5, rel=1e-5)
    assert torch.allclose(path[-1], -a, atol=1e-6)


def test_between_codes_of_one_number_every_path_is_straight():
    a, b = torch.tensor([1.0]), torch.tensor([-3.0])
    assert torch.equal(spherical(a, b, 5), straight(a, b, 5))


def test_codes_on_a_sphere_are_known_by_their_length():
    codes = random_codes(50)
    assert not on_sphere(codes)
    assert on_sphere(torch.nn.functional.normalize(codes))
    assert not on_sphere(torch.nn.functional.normalize(codes) * torch.linspace(1, 2, 50)[:, None])


@pytest.fixture(scope="module")
def test_images():
    return open_small("digits").part("test")


def test_each_row_of_a_traversal_moves_one_number_between_its_quantiles(test_images):
    model = build("autoencoder", "mlp", (1, 8, 8), model_knobs={"latent_dim": 5}).eval()
    axes = axes_of(model, test_images)
    codes = traversal(axes, axes.middle, rows=3, columns=4)
    assert codes.shape == (3, 4, 5)
    order = axes.codes.var(0).argsort(descending=True)[:3].tolist()
    assert axes.order[:3].tolist() == order
    for row, axis in enumerate(order):
        moved = axes.codes[:, axis].sort().values
        assert codes[row, 0, axis] == moved[int(0.005 * len(moved))]
        assert codes[row, -1, axis] == moved[-1 - int(0.005 * len(moved))]
        rest = [other for other in range(5) if other != axis]
        assert (codes[row][:, rest] == axes.middle[rest]).all()
    assert len(traversal(axes, axes.middle, rows=8, columns=2)) == 5


def with_code():
    return [name for name, kind in variants.items() if kind.has_code]


@pytest.mark.parametrize("variant", with_code())
def test_every_code_can_be_moved_and_decoded(variant, test_images):
    network = {"network_knobs": {"width": 8}}
    model = build(variant, "mlp", (1, 8, 8), **network).eval()
    axes = axes_of(model, test_images[:64])
    assert len(axes.order) == model.code_size - model.label_size
    assert set(axes.order.tolist()) == set(range(len(axes.order)))
    codes = traversal(axes, axes.codes[0], rows=2, columns=3)
    assert pictures(model.decode, codes).shape == (*codes.shape[:2], 1, 8, 8)
    for path in (straight, spherical):
        assert torch.isfinite(model.decode(path(*axes.codes[:2], 4))).all()


def test_pictures_are_what_the_decoder_makes(test_images):
    model = build("autoencoder", "mlp", (1, 8, 8)).eval()
    codes = codes_of(model, test_images)
    with torch.no_grad():
        known = (model(test_images / 255).clamp(0, 1) * 255).round()
    assert (pictures(model.decode, codes).float() - known).abs().max() <= 1


def test_another_class_is_told_in_the_numbers_at_the_end():
    codes = random_codes(4, 5)
    told = tell(codes, 1, 3)
    assert torch.equal(told[:, :2], codes[:, :2])
    assert told[:, 2:].tolist() == [[0, 1, 0]] * 4
