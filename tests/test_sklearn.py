"""The estimator as scikit-learn wants one, and beside its own PCA."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from aecore.errors import InputError, UnknownName
from aecore.sklearn import AutoencoderTransformer

QUICK = {"epochs": 2, "settings": {"width": 8, "depth": 1}}


@parametrize_with_checks([AutoencoderTransformer(**QUICK), AutoencoderTransformer("vae", **QUICK)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)
