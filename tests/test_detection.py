"""Each score of oddness against a computation of its own on the same samples."""

import numpy as np
import pytest
import torch
from kit import open_small
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

from aecore.detection import Views, methods
from aecore.detection.density import BANDWIDTHS

DIGITS = open_small("digits")


def views(part, count=None):
    """Digits as scores see them; the code is the middle row of pixels, the error what it lacks."""
    pixels = (DIGITS.part(part, count).flatten(1) / 255).numpy()
    errors = np.square(pixels[:, :24]).mean(1, dtype=np.float64)
    return Views(pixels, errors, pixels[:, 27:31].copy())


TRAIN, VALIDATION, TEST = views("train"), views("validation"), views("test", 100)


def scores(name, seed=0):
    return methods[name]().fit(TRAIN, VALIDATION, seed).score(TEST)


def neighbours(train, test, k):
    return NearestNeighbors(n_neighbors=k).fit(train).kneighbors(test)[0][:, -1]


def log_density(rows, bandwidth):
    """Directly; scikit-learn's trees lose up to 10 nats at these bandwidths (1.9.1)."""
    kernels = np.exp(-(cdist(rows, X) ** 2) / (2 * bandwidth**2)).mean(1)
    return np.log(kernels) - 32 * np.log(2 * np.pi * bandwidth**2)


def density_by_hand():
    tried = VALIDATION.pixels[np.linspace(0, len(VALIDATION) - 1, 300).astype(int)]
    wide = [h for h in BANDWIDTHS if h > 0.05]  # below, the direct sum underflows
    best = max(wide, key=lambda h: log_density(tried, h).mean())
    return -log_density(NEW, best)


def pca_by_hand():
    model = PCA(4, svd_solver="full").fit(X)
    return ((model.inverse_transform(model.transform(NEW)) - NEW) ** 2).mean(1)


def code_distance_by_hand():
    known = TRAIN.codes.astype(np.float64)
    off = TEST.codes - known.mean(0)
    return np.sqrt((off * np.linalg.solve(np.cov(known.T), off.T).T).sum(1))


X, NEW = TRAIN.pixels.astype(np.float64), TEST.pixels.astype(np.float64)
BY_HAND = {
    "error": lambda: TEST.errors,
    "code_distance": code_distance_by_hand,
    "code_neighbours": lambda: neighbours(TRAIN.codes, TEST.codes, 5),
    "neighbour": lambda: neighbours(X, NEW, 1),
    "neighbour_5": lambda: neighbours(X, NEW, 5),
    "pca": pca_by_hand,
    "density": density_by_hand,
    "forest": lambda: -IsolationForest(random_state=0).fit(X).score_samples(NEW),
    "svm": lambda: -OneClassSVM(kernel="rbf", gamma="scale", nu=0.1).fit(X).score_samples(NEW),
}


@pytest.mark.parametrize("name", sorted(set(methods) - {"both"}))
def test_it_is_what_a_direct_computation_gives(name):
    found, expected = scores(name), BY_HAND[name]()
    if name == "density":  # ours leaves out what is the same for every image
        found, expected = found - found.mean(), expected - expected.mean()
    assert found.dtype == np.float64
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_both_together_is_the_sum_of_two_standardised_scores():
    distance = methods["code_distance"]().fit(TRAIN, VALIDATION, 0).score
    usual, new = distance(VALIDATION), distance(TEST)
    expected = (new - usual.mean()) / usual.std()
    expected += (TEST.errors - VALIDATION.errors.mean()) / VALIDATION.errors.std()
    assert scores("both") == pytest.approx(expected)


@pytest.mark.parametrize("name", methods)
def test_the_same_seed_gives_the_same_scores_in_any_portions(name):
    fitted = methods[name]().fit(TRAIN, VALIDATION, 3)
    whole = fitted.score(TEST)
    again = methods[name]().fit(TRAIN, VALIDATION, 3).score(TEST)
    parts = [fitted.score(TEST.part(slice(start, start + 30))) for start in range(0, 100, 30)]
    assert np.array_equal(whole, again)
    assert np.concatenate(parts) == pytest.approx(whole, rel=1e-6)


def test_another_seed_grows_another_forest():
    assert not np.array_equal(scores("forest", 0), scores("forest", 1))


# A forest looks at one pixel at a time, and sees little in uniform noise.
@pytest.mark.parametrize("name", sorted(set(methods) - {"forest"}))
def test_noise_is_odder_than_digits(name):
    noise = torch.rand(50, 64, generator=torch.Generator().manual_seed(0)).numpy()
    errors = np.square(noise[:, :24]).mean(1, dtype=np.float64)
    fitted = methods[name]().fit(TRAIN, VALIDATION, 0)
    odd = fitted.score(Views(noise, errors, noise[:, 27:31].copy()))
    assert np.median(odd) > np.median(fitted.score(TEST))


@pytest.mark.parametrize("name", methods)
def test_it_says_what_it_is(name):
    kind = methods[name]
    assert kind.title
    assert kind.idea.endswith(".")
    assert kind().fit(TRAIN, VALIDATION, 0).setting


def test_without_a_code_a_score_of_codes_is_refused():
    bare = Views(TRAIN.pixels, TRAIN.errors)
    with pytest.raises(TypeError, match="has none"):
        methods["code_distance"]().fit(bare, bare, 0)
    assert methods["code_distance"].needs_code
    assert len(methods["neighbour"]().fit(bare, bare, 0).score(bare.part(slice(0, 7)))) == 7


def test_where_codes_do_not_vary_the_direction_counts_for_nothing():
    flat = TRAIN.codes.copy()
    flat[:, 2] = 0.5
    fitted = methods["code_distance"]().fit(Views(TRAIN.pixels, TRAIN.errors, flat), VALIDATION, 0)
    kept = methods["code_distance"]().fit(
        Views(TRAIN.pixels, TRAIN.errors, flat[:, [0, 1, 3]]), VALIDATION, 0
    )
    fewer = Views(TEST.pixels, TEST.errors, TEST.codes[:, [0, 1, 3]])
    assert fitted.score(TEST) == pytest.approx(kept.score(fewer), rel=1e-5)


def test_pca_never_keeps_more_than_half_of_the_numbers():
    wide = Views(TRAIN.pixels, TRAIN.errors, TRAIN.pixels)
    fitted = methods["pca"]().fit(wide, VALIDATION, 0)
    assert fitted.setting == "k = 32"
    assert fitted.score(TEST).mean() > 1e-4
