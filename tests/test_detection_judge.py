"""How a score of oddness is judged: figures, intervals, curves and the threshold."""

import numpy as np
import pytest
from runs_kit import is_sentence
from sklearn.metrics import (
    auc,
    average_precision_score,
    confusion_matrix,
    roc_auc_score,
)

from aecore.detection import judge
from aecore.detection.judge import (
    confusion,
    judged,
    lead,
    precision_recall,
    roc,
    threshold_for,
)
from aecore.errors import InputError
from aecore.metrics.intervals import bootstrap

GENERATOR = np.random.default_rng(0)
ODD = GENERATOR.random(400) < 0.15
SCORES = GENERATOR.normal(size=400) + 1.2 * ODD
TIED = SCORES.round(1)


@pytest.mark.parametrize("scores", [SCORES, TIED], ids=["all different", "many ties"])
def test_figures_are_those_of_scikit_learn(scores):
    found = judged(scores, ODD)
    assert found.roc_auc.value == pytest.approx(roc_auc_score(ODD, scores))
    assert found.average_precision.value == pytest.approx(average_precision_score(ODD, scores))
    assert found.prevalence == ODD.mean()


@pytest.mark.parametrize("scores", [SCORES, TIED], ids=["all different", "many ties"])
def test_intervals_are_those_of_the_plain_bootstrap(scores):
    found = judged(scores, ODD, seed=5)
    area = bootstrap(lambda s, odd: roc_auc_score(odd, s), scores, ODD, seed=5)
    precision = bootstrap(lambda s, odd: average_precision_score(odd, s), scores, ODD, seed=5)
    assert found.roc_auc == pytest.approx(area)
    assert found.average_precision == pytest.approx(precision)


def test_the_interval_holds_95_of_100_resamples_and_the_figure():
    found = judged(SCORES, ODD, seed=1)
    inside = (found.areas >= found.roc_auc.low) & (found.areas <= found.roc_auc.high)
    assert inside.mean() == pytest.approx(0.95, abs=0.002)
    for each in (found.roc_auc, found.average_precision):
        assert each.low < each.value < each.high
    assert judged(SCORES, ODD, seed=1).roc_auc == found.roc_auc
    assert judged(SCORES, ODD, seed=2).roc_auc != found.roc_auc


def test_in_portions_the_figures_are_as_sound(monkeypatch):
    monkeypatch.setattr(judge, "AT_A_TIME", 400 * 64)
    found = judged(SCORES, ODD)
    assert len(found.areas) == judge.RESAMPLES
    assert len(set(found.areas)) > 900


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    generator, covered = np.random.default_rng(7), 0
    truth = 0.5 * (1 + _erf(1.0 / 2))  # of two normal distributions one deviation apart
    for _ in range(60):
        odd = np.arange(300) < 100
        low, high = judged(generator.normal(size=300) + odd, odd).roc_auc[1:]
        covered += low <= truth <= high
    assert 52 <= covered <= 60


def _erf(x):
    from scipy.special import erf

    return float(erf(x))


def test_a_resample_without_odd_images_counts_for_nothing():
    odd = np.zeros(20, bool)
    odd[3] = True
    found = judged(np.arange(20.0), odd)
    assert np.isnan(found.areas).any()
    assert 0 <= found.roc_auc.low <= found.roc_auc.value <= found.roc_auc.high <= 1


def test_a_lead_is_measured_on_the_same_resamples():
    first, second = judged(SCORES, ODD), judged(SCORES + 0.01 * GENERATOR.normal(size=400), ODD)
    ahead = lead(first, second)
    assert ahead.value == pytest.approx(first.roc_auc.value - second.roc_auc.value)
    assert ahead.high - ahead.low < 0.2 * (first.roc_auc.high - first.roc_auc.low)
    assert lead(first, first) == (0, 0, 0)
    assert lead(judged(SCORES, ODD), judged(-SCORES, ODD)).low > 0.2


def test_the_curves_enclose_the_figures():
    false_alarms, found, thresholds = roc(SCORES, ODD)
    assert auc(false_alarms, found) == pytest.approx(roc_auc_score(ODD, SCORES))
    assert (false_alarms[0], found[0], thresholds[0]) == (0, 0, np.inf)
    precision, recall, thresholds = precision_recall(SCORES, ODD)
    assert len(precision) == len(recall) == len(thresholds)
    for at in (0, len(thresholds) // 2):
        alarm = thresholds[at] <= SCORES
        assert precision[at] == pytest.approx(ODD[alarm].mean())
        assert recall[at] == pytest.approx(alarm[ODD].mean())


def test_the_confusion_is_that_of_scikit_learn():
    ((passed, false_alarms), (missed, found)) = confusion_matrix(ODD, SCORES > 0.7)
    assert confusion(SCORES, ODD, 0.7) == (found, missed, false_alarms, passed)


def test_the_threshold_is_passed_by_the_share_of_normal_images_that_was_asked_for():
    normal = np.arange(1000.0)
    assert (normal > threshold_for(normal)).mean() == pytest.approx(0.05)
    assert (normal > threshold_for(normal, 0.2)).mean() == pytest.approx(0.2)


@pytest.mark.parametrize("measure", [judged, roc, precision_recall])
@pytest.mark.parametrize(
    ("scores", "odd"),
    [(SCORES, ODD & False), (SCORES, ODD | True), (SCORES[:9], ODD), (SCORES * np.nan, ODD)],
)
def test_what_cannot_be_judged_is_told(measure, scores, odd):
    with pytest.raises(InputError) as caught:
        measure(scores, odd)
    assert is_sentence(caught.value)
