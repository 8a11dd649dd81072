"""The estimator as scikit-learn wants one, and beside its own PCA."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from aecore.errors import InputError, UnknownName
from aecore.sklearn import AutoencoderTransformer

QUICK = {"epochs": 2, "settings": {"width": 8, "depth": 1}}
NEEDS_MORE = {"check_array_api_input"}
"""Passed over by scikit-learn itself where array libraries are missing that nothing here needs."""


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def test_it_passes_scikit_learns_own_checks():
    results = check_estimator(AutoencoderTransformer(**QUICK), on_skip=None, on_fail=None)
    assert len(results) > 40
    left = {r["check_name"]: str(r["exception"]) for r in results if r["status"] != "passed"}
    assert set(left) <= NEEDS_MORE, left


def test_the_linear_one_copies_as_well_as_pca():
    """Of columns that all have deviation 1, PCA's error is the best that there is."""
    x = StandardScaler().fit_transform(load_digits().data[:300])
    pca = PCA(8, svd_solver="full").fit(x)
    best = np.square(x - pca.inverse_transform(pca.transform(x))).sum(1)
    made = AutoencoderTransformer("linear", 8).fit(x)
    off = np.square(x - made.inverse_transform(made.transform(x))).sum(1)
    assert 1 - 1e-6 < off.mean() / best.mean() < 1.0001
    assert made.score_samples(x) == pytest.approx(-off, rel=1e-6)
    assert made.score(x) == pytest.approx(-best.mean(), rel=1e-4)


def test_points_share_one_scale_so_that_the_linear_one_is_pca_of_raw_numbers(iris):
    x = iris[0]
    pca = PCA(1, svd_solver="full").fit(x)
    best = np.square(x - pca.inverse_transform(pca.transform(x))).sum(1).mean()
    made = AutoencoderTransformer("linear", 1, kind="points", epochs=500).fit(x)
    off = np.square(x - made.inverse_transform(made.transform(x))).sum(1).mean()
    assert off == pytest.approx(best, rel=1e-3)
    scale = np.sqrt(x.var(0).mean())
    assert [column.scale for column in made.columns_] == pytest.approx([scale] * 4)


def test_a_seed_repeats_every_bit_and_another_does_not(iris):
    x = iris[0]
    one, same, other = (
        AutoencoderTransformer(**QUICK, random_state=seed).fit_transform(x) for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_it_works_in_a_pipeline_and_a_search(iris):
    x, y = iris
    pipe = make_pipeline(AutoencoderTransformer(epochs=30), LogisticRegression())
    search = GridSearchCV(pipe, {"autoencodertransformer__latent_dim": [1, 2]}, cv=2).fit(x, y)
    assert search.best_score_ > 0.8
    names = search.best_estimator_[0].get_feature_names_out()
    assert names[0] == "autoencodertransformer0"
    again = clone(search.best_estimator_[0])
    assert again.get_params() == search.best_estimator_[0].get_params()
    assert not hasattr(again, "model_")


def test_what_is_missing_counts_as_the_mean_and_is_not_scored(iris):
    x = iris[0].copy()
    made = AutoencoderTransformer(**QUICK).fit(x)
    holes, mean = x.copy(), x.copy()
    holes[:5, 2], mean[:5, 2] = np.nan, x[:, 2].mean()
    assert made.transform(holes) == pytest.approx(made.transform(mean), abs=1e-6)
    copies = made.inverse_transform(made.transform(mean))
    off = np.square((copies - mean) / x.std(0))[:5]
    off[:, 2] = 0
    assert made.score_samples(holes)[:5] == pytest.approx(-off.sum(1), rel=1e-4)


def test_odd_rows_score_lower(iris):
    x = iris[0]
    made = AutoencoderTransformer(latent_dim=2, epochs=100).fit(x)
    odd = x[:20] * np.array([1, 1, 4, 1])
    assert made.score_samples(odd).max() < np.quantile(made.score_samples(x), 0.1)
    assert made.loss_curve_[-1] < made.loss_curve_[0] / 2


def test_what_cannot_be_is_refused_in_a_sentence(iris):
    x = iris[0]
    with pytest.raises(UnknownName, match="There is no variant 'vea'; did you mean 'vae'"):
        AutoencoderTransformer("vea").fit(x)
    with pytest.raises(InputError, match="There is no setting 'epoch' here"):
        AutoencoderTransformer(settings={"epoch": 3}).fit(x)
    made = AutoencoderTransformer(**QUICK).fit(x)
    with pytest.raises(ValueError, match="Expected codes of 2 numbers and got 4"):
        made.inverse_transform(x)
