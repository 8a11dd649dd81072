"""Per-sample trustworthiness and continuity: their means are the measures, and they tell where."""

import numpy as np
import pytest
import torch
from sklearn.manifold import trustworthiness

from aecore.errors import InputError
from aecore.metrics.pointwise import pointwise


def cloud(count=80, size=6, seed=0):
    return np.random.default_rng(seed).normal(size=(count, size))


@pytest.mark.parametrize("k", [1, 5, 20])
def test_the_means_are_those_of_scikit_learn(k):
    x, z = cloud(), cloud()[:, :2]
    found = pointwise(x, z, k)
    assert found.trustworthiness.mean() == pytest.approx(trustworthiness(x, z, n_neighbors=k))
    assert found.continuity.mean() == pytest.approx(trustworthiness(z, x, n_neighbors=k))
    assert found.trustworthiness.shape == (80,)


def test_one_sample_put_elsewhere_is_the_one_that_is_told_of():
    x = cloud(size=2)
    z = x.copy()
    z[7] = z[x[:, 0].argmax()] + 0.01
    found = pointwise(x, z)
    assert found.trustworthiness.argmin() == found.continuity.argmin() == 7


def test_a_faithful_map_is_1_everywhere():
    x = torch.from_numpy(cloud(size=2))
    found = pointwise(x, 3 * x + 1)
    assert (found.trustworthiness == 1).all()
    assert (found.continuity == 1).all()
    with pytest.raises(InputError, match="neighbours do not fit"):
        pointwise(x[:8], x[:8], 4)
