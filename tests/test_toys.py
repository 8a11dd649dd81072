"""Toy shapes: without noise every point satisfies its equation; scikit-learn draws the same."""

from math import pi

import numpy as np
import pytest
import torch
from scipy import signal
from sklearn import datasets as sklearn_datasets

from aecore.datasets import datasets, open_data
from aecore.datasets.manifolds import BLOB, CORNERS, INNER, PLANE, SPACE, THICK, TURNS
from aecore.datasets.scaling import in_units
from aecore.datasets.waves import AMPLITUDE, FREQUENCY, STEPS

FAMILIES = {"toy_plane": PLANE, "toy_space": SPACE}
EVERY = [(name, shape) for name, shapes in FAMILIES.items() for shape in shapes]
each = pytest.mark.parametrize(("name", "shape"), EVERY)


def pool_of(name, shape, noise=0.0, count=600, seed=0):
    kind = datasets[name]
    config = kind.Config(manifold=shape, point_noise=noise, point_count=count, point_seed=seed)
    return kind(config).read()


def drawn(name, shape, **more):
    """Points as float64 columns, labels, and what is known of each by name."""
    pool = pool_of(name, shape, **more)
    return pool.images.flatten(1).double().unbind(1), pool.labels, pool.metadata


def close(left, right, tolerance=1e-6):
    right = torch.as_tensor(right, dtype=torch.float64).expand_as(left)
    torch.testing.assert_close(left, right, atol=tolerance, rtol=0)


class TestEquations:
    def test_circles(self):
        (x, y), part, known = drawn("toy_plane", "circles")
        close(x**2 + y**2, torch.where(part == 0, 1.0, INNER**2).double())
        close(torch.atan2(y, x), torch.remainder(known["angle"] + pi, 2 * pi).double() - pi, 1e-5)

    def test_moons(self):
        (x, y), part, known = drawn("toy_plane", "moons")
        upper = part == 0
        close(x[upper] ** 2 + y[upper] ** 2, 1.0)
        close((x[~upper] - 1) ** 2 + (y[~upper] - 0.5) ** 2, 1.0)
        assert y[upper].min() >= 0
        assert y[~upper].max() <= 0.5
        assert 0 <= known["angle"].min() < known["angle"].max() < pi

    def test_spirals(self):
        (x, y), part, known = drawn("toy_plane", "spirals")
        close((x**2 + y**2).sqrt(), known["angle"].double() / TURNS[1])
        turned = torch.atan2(y, x) - known["angle"] - pi * part
        close(turned.cos(), 1.0)

    def test_ring(self):
        (x, y), _, _ = drawn("toy_plane", "ring")
        close(x**2 + y**2, 1.0)

    def test_wave(self):
        (x, y), _, known = drawn("toy_plane", "wave")
        close(y, x.sin())
        close(x, known["distance"].double())

    def test_swiss_roll(self):
        (x, y, z), _, known = drawn("toy_space", "swiss_roll")
        close((x**2 + z**2).sqrt(), known["roll"].double(), 1e-5)
        close(torch.atan2(z, x).cos(), known["roll"].double().cos(), 1e-5)
        close(y, known["height"].double())
        assert 1.5 * pi <= known["roll"].min() < known["roll"].max() <= 4.5 * pi

    def test_s_curve(self):
        (x, y, z), _, known = drawn("toy_space", "s_curve")
        close(x**2 + (z.abs() - 1) ** 2, 1.0)
        close(x, known["bend"].double().sin())
        assert torch.equal(z.sign(), -known["bend"].double().sign())
        assert 0 <= y.min() < y.max() <= 2

    def test_helix(self):
        (x, y, z), _, _ = drawn("toy_space", "helix")
        close(x**2 + y**2, 1.0)
        close(torch.atan2(y, x).cos(), (2 * pi * z).cos(), 1e-5)
        assert 0 <= z.min() < z.max() <= 2

    def test_twisted_cubic(self):
        (x, y, z), _, _ = drawn("toy_space", "twisted_cubic")
        close(y, x**2)
        close(z, x**3)

    def test_sphere(self):
        (x, y, z), _, known = drawn("toy_space", "sphere")
        close(x**2 + y**2 + z**2, 1.0)
        close(z, known["latitude"].double().sin())

    def test_torus(self):
        (x, y, z), _, known = drawn("toy_space", "torus")
        close(((x**2 + y**2).sqrt() - 1) ** 2 + z**2, THICK**2)
        close(z, THICK * known["tube"].double().sin())


class TestMeasures:
    """Clouds and even covers, by their moments: 40,000 points leave errors of about 0.005."""

    def test_the_sphere_is_covered_evenly(self):
        columns, _, _ = drawn("toy_space", "sphere", count=40_000)
        points = torch.stack(columns, 1)
        close(points.mean(0), 0.0, 0.02)
        close(points.T @ points / len(points), torch.eye(3, dtype=torch.float64) / 3, 0.02)

    def test_the_torus_is_covered_evenly(self):
        """By Pappus, the mean of cos v is THICK / 2; the outer half has more area."""
        _, _, known = drawn("toy_space", "torus", count=40_000)
        assert float(known["tube"].cos().mean()) == pytest.approx(THICK / 2, abs=0.015)

    def test_blobs_are_normal_clouds_around_the_corners(self):
        (x, y), part, known = drawn("toy_plane", "blobs", count=30_000)
        points = torch.stack([x, y], 1)
        assert not known
        for blob in range(3):
            found = points[part == blob]
            close(found.mean(0), CORNERS[blob].double(), 0.01)
            close(found.T.cov(), BLOB**2 * torch.eye(2, dtype=torch.float64), 0.003)
            far = (found - found.mean(0)).norm(dim=1) / BLOB  # Rayleigh: P(far < 1) = 1 - e^-½
            assert float((far < 1).double().mean()) == pytest.approx(1 - np.exp(-0.5), abs=0.015)


class TestScikitLearn:
    def test_moons(self):
        theirs, labels = sklearn_datasets.make_moons(200, shuffle=False)
        u = torch.linspace(0, 1, 100, dtype=torch.float64).repeat(2)[:, None]
        ours, _ = PLANE["moons"].draw(u, torch.from_numpy(labels))
        close(ours, theirs)

    def test_circles(self):
        theirs, labels = sklearn_datasets.make_circles(200, shuffle=False, factor=INNER)
        u = (torch.arange(100, dtype=torch.float64) / 100).repeat(2)[:, None]
        ours, _ = PLANE["circles"].draw(u, torch.from_numpy(labels))
        close(ours, theirs)

    @pytest.mark.parametrize(
        ("shape", "make"),
        [
            ("swiss_roll", sklearn_datasets.make_swiss_roll),
            ("s_curve", sklearn_datasets.make_s_curve),
        ],
    )
    def test_sheets(self, shape, make):
        theirs, roll = make(300, random_state=0)
        low, high = (1.5 * pi, 4.5 * pi) if shape == "swiss_roll" else (-1.5 * pi, 1.5 * pi)
        tall = 21 if shape == "swiss_roll" else 2
        u = torch.from_numpy(np.stack([(roll - low) / (high - low), theirs[:, 1] / tall], 1))
        ours, known = SPACE[shape].draw(u, torch.zeros(300).long())
        close(ours, theirs)
        close(known[:, 0], roll)


class TestWaves:
    def test_they_are_scipys(self):
        kind = datasets["waves"]
        pool = kind(kind.Config(wave_noise=0, wave_count=400)).read()
        time = np.arange(STEPS) / STEPS
        theirs = (np.sin, signal.square, lambda told: signal.sawtooth(told, 0.5), signal.sawtooth)
        known = [pool.metadata[name].double() for name in ("frequency", "phase", "amplitude")]
        for window, label, frequency, phase, amplitude in zip(
            pool.images, pool.labels.tolist(), *known, strict=True
        ):
            told = 2 * pi * (float(frequency) * time + float(phase))
            expected = float(amplitude) * theirs[label](told)
            wrong = np.abs(window.flatten().numpy() - expected) > 1e-4
            assert wrong.sum() <= (label in (1, 3))  # a jump may fall right on a step
        for values, (low, high) in zip(known, (FREQUENCY, (0, 1), AMPLITUDE), strict=True):
            assert low <= values.min() < values.max() <= high


@each
def test_noise_is_a_share_of_the_shapes_own_spread(name, shape):
    exact = pool_of(name, shape, count=20_000).images.flatten(1)
    noisy = pool_of(name, shape, noise=0.2, count=20_000).images.flatten(1)
    spread = exact.var(0).mean().sqrt()
    assert float((noisy - exact).std() / spread) == pytest.approx(0.2, rel=0.03)


@each
def test_every_shape_opens_with_its_parts_and_its_seed(name, shape):
    kind = datasets[name]
    config = kind.Config(manifold=shape, point_count=150)
    data, source = open_data(name, config), kind(config)
    assert data.classes == source.classes == FAMILIES[name][shape].classes
    assert set(data.labels.tolist()) == set(range(len(data.classes)))
    assert tuple(data.metadata) == tuple(column.name for column in source.metadata)
    back = in_units(data.images, data.columns)
    torch.testing.assert_close(back, source.read().images, atol=1e-4, rtol=1e-5)
    assert torch.equal(data.images, open_data(name, config).images)
    other = open_data(name, config.model_copy(update={"point_seed": 1}))
    assert not torch.equal(data.images, other.images)
