"""Disentanglement metrics: codes whose score is known, and second implementations."""

import math

import numpy as np
import pytest
from runs_kit import is_sentence
from scipy.stats import entropy

from aecore.errors import InputError
from aecore.metrics.dci import completeness_of, dci, disentanglement_of
from aecore.metrics.factor_vae_score import factor_vae_score
from aecore.metrics.factors import entropies, mutual_information, top_two_gap
from aecore.metrics.mig import mig
from aecore.metrics.modularity import modularity, modularity_of
from aecore.metrics.sap import sap, sap_continuous

DICE = np.random.default_rng(0)
FACTORS = DICE.integers(10, size=(3000, 4))
CLEAN = FACTORS + 0.01 * DICE.normal(size=FACTORS.shape)
TURN, _ = np.linalg.qr(DICE.normal(size=(4, 4)))
MIXED = CLEAN @ TURN
DOUBLE = np.hstack([CLEAN, CLEAN])
EMPTY = np.zeros((3000, 4))
SCORES = {"mig": mig, "sap": sap, "modularity": modularity, "factor": factor_vae_score}


def test_a_code_that_is_the_factors_scores_highest():
    assert mig(FACTORS, FACTORS) > 0.98
    assert sap(CLEAN, FACTORS) == pytest.approx(0.9, abs=0.04)  # 1 − chance, of ten values
    assert sap_continuous(FACTORS, FACTORS) > 0.99
    assert modularity(FACTORS, FACTORS) > 0.999
    assert factor_vae_score(CLEAN, FACTORS) == 1
    found = dci(CLEAN, FACTORS)
    assert found.disentanglement > 0.97
    assert found.completeness > 0.97
    assert found.informativeness > 0.99


@pytest.mark.parametrize("name", SCORES)
def test_an_empty_code_scores_nothing(name):
    assert SCORES[name](EMPTY, FACTORS) == 0


def test_an_empty_code_has_no_dci_but_chance():
    found = dci(EMPTY, FACTORS)
    assert (found.disentanglement, found.completeness) == (0, 0)
    assert found.informativeness == pytest.approx(0.1, abs=0.03)
    assert sap_continuous(EMPTY, FACTORS) == 0


def test_a_code_given_twice_is_modular_but_not_compact():
    assert mig(DOUBLE, FACTORS) == 0
    assert sap(DOUBLE, FACTORS) == 0
    assert sap_continuous(DOUBLE, FACTORS) == pytest.approx(0, abs=1e-12)
    assert modularity(DOUBLE, FACTORS) == pytest.approx(modularity(CLEAN, FACTORS))
    assert factor_vae_score(DOUBLE, FACTORS) == 1


@pytest.mark.parametrize("name", SCORES)
def test_a_turned_code_scores_less(name):
    assert SCORES[name](MIXED, FACTORS) < SCORES[name](CLEAN, FACTORS) - 0.15


def test_a_turned_code_has_a_lower_dci():
    assert dci(MIXED, FACTORS).disentanglement < dci(CLEAN, FACTORS).disentanglement - 0.3


@pytest.mark.parametrize("name", SCORES)
def test_scale_sign_and_order_of_axes_do_not_count(name):
    changed = CLEAN[:, ::-1] * np.array([100, -3, 0.01, 1])
    assert SCORES[name](changed, FACTORS) == pytest.approx(SCORES[name](CLEAN, FACTORS), abs=1e-3)


DIAGONAL = 5 * np.eye(5)
ROW, COLUMN = np.zeros((1, 5)), np.zeros((5, 1))
SHARED = 1 - math.log(2) / math.log(10)


@pytest.mark.parametrize(
    ("importance", "disentanglement", "completeness"),
    [
        (DIAGONAL, 1, 1),
        (np.vstack([DIAGONAL, ROW]), 1, 1),
        (np.zeros((5, 5)), 0, 0),
        (np.ones((5, 5)), 0, 0),
        (np.hstack([DIAGONAL, DIAGONAL]), SHARED, 1),
        (np.vstack([DIAGONAL, DIAGONAL]), 1, SHARED),
    ],
    ids=["diagonal", "an idle axis", "nothing", "all alike", "one axis two factors", "two axes"],
)
def test_dci_of_known_importances(importance, disentanglement, completeness):
    assert disentanglement_of(importance) == pytest.approx(disentanglement, abs=1e-12)
    assert completeness_of(importance) == pytest.approx(completeness, abs=1e-12)


def test_dci_agrees_with_scipys_entropy():
    importance = DICE.random((6, 3))
    rows = 1 - entropy(importance, axis=1, base=3)
    columns = 1 - entropy(importance, axis=0, base=6)
    total = importance.sum()
    assert disentanglement_of(importance) == pytest.approx(rows @ importance.sum(1) / total)
    assert completeness_of(importance) == pytest.approx(columns @ importance.sum(0) / total)


@pytest.mark.parametrize(
    ("information", "expected"),
    [
        (DIAGONAL, 1),
        (np.vstack([np.eye(2), np.zeros((1, 2))]), 2 / 3),
        (np.hstack([DIAGONAL, DIAGONAL]), 1 - 1 / 9),
        (np.vstack([DIAGONAL, DIAGONAL]), 1),
        (np.zeros((3, 2)), 0),
    ],
    ids=["diagonal", "an idle axis", "one axis two factors", "two axes", "nothing"],
)
def test_modularity_of_known_information(information, expected):
    assert modularity_of(information) == pytest.approx(expected)


def test_modularity_agrees_with_its_formula_in_loops():
    information = DICE.random((6, 3))
    scores = []
    for row in information:
        best = max(row)
        rest = sum(value**2 for value in row) - best**2
        scores.append(1 - rest / (best**2 * 2))
    assert modularity_of(information) == pytest.approx(sum(scores) / 6)


def test_mutual_information_is_that_of_the_histogram():
    found = mutual_information(MIXED, FACTORS)
    counts = np.histogram2d(MIXED[:, 1], FACTORS[:, 2], bins=(20, 10))[0] / 3000
    apart = np.outer(counts.sum(1), counts.sum(0))
    expected = sum(p * math.log(p / q) for p, q in zip(counts.flat, apart.flat, strict=True) if p)
    assert found.shape == (4, 4)
    assert found[1, 2] == pytest.approx(expected)
    own = mutual_information(FACTORS, FACTORS)
    assert np.diag(own) == pytest.approx(entropies(FACTORS))


def test_mig_by_hand():
    """Two coins: the first axis knows both, the second repeats the first coin."""
    coins = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    codes = np.stack([2 * coins[:, 0] + coins[:, 1], coins[:, 0]], 1)
    assert mig(codes, coins) == pytest.approx((0 + 1) / 2)
    assert top_two_gap(np.array([[0.2, 0.9], [0.7, 0.4], [0.5, 0]])).tolist() == pytest.approx(
        [0.2, 0.5]
    )
    assert top_two_gap(np.array([[0.2, 0.9]])).tolist() == [0.2, 0.9]


def test_sap_continuous_is_the_gap_of_squared_correlations():
    table = np.corrcoef(MIXED.T, FACTORS.T)[:4, 4:] ** 2
    best, second = np.sort(table, axis=0)[::-1][:2]
    assert sap_continuous(MIXED, FACTORS) == pytest.approx((best - second).mean())


def test_sap_of_one_threshold_by_hand():
    """An axis of two clouds that overlap by a quarter on either side, beside an idle axis."""
    factor = np.arange(4000) % 2
    place = DICE.random(4000) + 0.5 * factor  # best cut anywhere between 0.5 and 1
    codes = np.stack([place, DICE.random(4000)], 1)
    assert sap(codes, factor[:, None]) == pytest.approx(0.25, abs=0.03)


def test_sap_has_no_more_thresholds_than_tell_the_values_apart():
    """Of two values one lies in the middle: a single cut leaves half of the other with it."""
    place = DICE.random(4000)
    codes = np.stack([place, DICE.random(4000)], 1)
    middle = (abs(place - 0.5) < 0.25).astype(int)
    assert sap(codes, middle[:, None]) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(
    ("second", "expected"),
    [(0.0, 0.5), (DICE.integers(10, size=3000), 0.75), (FACTORS[:, 1], 1.0)],
    ids=["without another axis all votes are alike", "noise is voted for half the time", "both"],
)
def test_factor_vae_score_of_an_axis_that_knows_its_factor_and_another(second, expected):
    codes = np.stack([FACTORS[:, 0], np.broadcast_to(second, 3000)], 1)
    found = factor_vae_score(codes, FACTORS[:, :2], votes=4000)
    assert found == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("score", [mig, sap, modularity, dci, factor_vae_score])
@pytest.mark.parametrize(
    ("codes", "factors"),
    [(CLEAN, FACTORS[:9]), (CLEAN, np.zeros((3000, 1))), (np.full((3000, 4), np.inf), FACTORS)],
    ids=["rows", "still", "infinite"],
)
def test_what_does_not_match_is_refused_with_a_sentence(score, codes, factors):
    with pytest.raises(InputError) as caught:
        score(codes, factors)
    assert is_sentence(caught.value)


def test_too_few_votes_are_refused():
    for asked in ({"votes": 1}, {"group": 1}):
        with pytest.raises(InputError, match="at least 2"):
            factor_vae_score(CLEAN, FACTORS, **asked)
