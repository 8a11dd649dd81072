"""What is measured of a code beside the factors that the images were made from."""

import numpy as np
import pytest
import torch
from kit import build, open_small

from aecore.datasets import datasets, open_data
from aecore.metrics.dci import dci
from aecore.metrics.descriptions import MEASURES
from aecore.metrics.factor_vae_score import factor_vae_score
from aecore.metrics.mig import mig
from aecore.metrics.modularity import modularity
from aecore.metrics.sap import sap
from aecore.runs import RunSpec
from aecore.runs.judging import ALL, Subject
from aecore.runs.judging.factors import FACTORS


def subject_of(data, variant="autoencoder", **knobs):
    model = build(variant, "mlp", data.shape, model_knobs=knobs).eval()
    spec = RunSpec.from_flat({"dataset": data.name, "variant": variant})
    return Subject(model, spec, data, "test", 0, lambda: None)


@pytest.fixture(scope="module")
def data():
    return open_data("shapes", datasets["shapes"].Config(image_count=1000, image_side=16))


def sample_of(subject):
    rows = subject.rows("test", 2000)
    assert set(rows.tolist()) == set(subject.data.splits["test"].tolist())
    return rows, np.stack([values[rows].numpy() for values in subject.data.factors.values()], 1)


def test_the_figures_are_those_of_the_metrics_on_the_same_images(data):
    subject = subject_of(data, latent_dim=4)
    found = FACTORS.take(subject)
    rows, factors = sample_of(subject)
    codes = subject.codes(data.images[rows])
    forests = dci(codes, factors, 0)
    expected = {
        "mig": mig(codes, factors),
        "sap": sap(codes, factors, 0),
        "disentanglement": forests.disentanglement,
        "completeness": forests.completeness,
        "informativeness": forests.informativeness,
        "factor_vae_score": factor_vae_score(codes, factors),
        "modularity": modularity(codes, factors),
    }
    assert found.metrics == expected
    assert set(expected) == set(found.baselines["pca"]) <= set(MEASURES)
    assert found.baselines["pca"] != expected
    assert found.counts == dict.fromkeys(expected, 200)


def test_a_code_that_is_the_factors_is_perfect(data, monkeypatch):
    subject = subject_of(data, latent_dim=5)
    known = {image.numpy().tobytes(): i for i, image in enumerate(data.images)}
    factors = torch.stack(list(data.factors.values()), 1)

    def told(x):
        images = (x * 255).round().byte()
        return factors[[known[image.numpy().tobytes()] for image in images]]

    monkeypatch.setattr(subject.model, "encode", told)
    metrics = FACTORS.take(subject).metrics
    assert metrics["mig"] > 0.8  # two factors agree a little by chance in 200 images
    assert metrics["disentanglement"] > 0.9
    assert metrics["factor_vae_score"] == 1
    assert metrics["modularity"] > 0.95


def test_it_applies_where_there_are_factors_and_numbers_to_keep_apart(data):
    assert FACTORS in ALL
    assert FACTORS.applies(subject_of(data, latent_dim=2))
    assert not FACTORS.applies(subject_of(data, latent_dim=1))
    assert not FACTORS.applies(subject_of(open_small("digits"), latent_dim=2))
    assert not FACTORS.applies(subject_of(data, "unet_denoiser"))
