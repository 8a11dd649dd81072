"""What an evaluation measures of which model, on how many images, and how it is ended."""

import json

import pytest
import torch
from kit import build, open_small
from runs_kit import finished
from sklearn.manifold import trustworthiness

from aecore.metrics.descriptions import MEASURES
from aecore.metrics.embedding import silhouette
from aecore.metrics.likelihood import active_units
from aecore.metrics.probes import linear_accuracy, neighbour_accuracy
from aecore.metrics.ssim import ssim_per_image
from aecore.models import variants
from aecore.models.variational import Variational
from aecore.runs import RunSpec
from aecore.runs.checkpoints import load_last, save
from aecore.runs.evaluate import evaluate, known
from aecore.runs.inference import load_model
from aecore.runs.judging import ALL, Subject, code
from aecore.runs.judging.likelihood import LIKELIHOOD as LIKELIHOOD_MEASURE

CODE = {"trustworthiness", "continuity", "neighbourhood_area", "distance_correlation"}
CLASSES = {"knn_accuracy", "linear_accuracy", "silhouette"}
LIKELIHOOD = {"elbo", "nll", "reconstruction_nats", "kl", "active_units"}


def subject_of(variant, split="test"):
    """An untrained model and the digits."""
    spec = RunSpec.from_flat({"dataset": "digits", "variant": variant})
    model = build(variant, "mlp", (1, 8, 8)).eval()
    return Subject(model, spec, open_small("digits"), split, 0, lambda: None)


@pytest.mark.parametrize("name", variants)
def test_what_is_measured_follows_from_what_a_variant_can_do(name):
    subject = subject_of(name)
    titles = {measure.title for measure in ALL if measure.applies(subject)}
    kind = variants[name]
    expected = {"copies of clean images", "likeness"}
    if kind.has_code:
        expected |= {"neighbourhoods of the codes", "classes in the codes", "zeros in the codes"}
    if subject.spec.corruption != "none":
        expected |= {"copies of damaged images"}
    if hasattr(kind, "indices"):
        expected |= {"the code book"}
    if issubclass(kind, Variational):
        expected |= {"likelihood"}
    assert titles == expected


def test_a_vae_has_all_measures_but_those_of_zeros_and_damage():
    result = evaluate(finished(epochs=1, likelihood="bce"))
    copies = {"mse", "psnr", "ssim", "bce_above_floor"}
    assert set(result["metrics"]) == copies | CODE | CLASSES | LIKELIHOOD
    assert set(result["baselines"]["pca"]) == {"mse", "psnr", "ssim"} | CODE | CLASSES
    assert set(result["metrics"]) <= set(MEASURES)
    assert result["counts"]["nll"] == 100
    kl = result["per_dimension"]["kl"]
    assert len(kl) == 2
    metrics = result["metrics"]
    assert sum(kl) == pytest.approx(metrics["kl"])
    assert -metrics["elbo"] == pytest.approx(metrics["reconstruction_nats"] + metrics["kl"])
    assert metrics["nll"] == pytest.approx(-metrics["elbo"], rel=0.1)  # other images, more draws


def test_a_learned_prior_has_a_bound_and_no_fixed_scale_to_call_axes_active_by():
    found = LIKELIHOOD_MEASURE.take(subject_of("vamp_prior"))
    assert set(found.metrics) == LIKELIHOOD - {"active_units"}
    assert found.per_dimension == {}


def test_a_model_without_a_code_is_measured_by_its_copies_alone(monkeypatch):
    run = finished(variant="autoencoder", epochs=1)
    monkeypatch.setattr(variants["autoencoder"], "has_code", False)
    result = evaluate(run)
    assert set(result["metrics"]) == {"mse", "psnr", "ssim"}
    assert result["baselines"] == {}


def test_the_figures_are_those_of_the_metrics_on_the_models_own_codes():
    run = finished(epochs=5)
    metrics = evaluate(run)["metrics"]
    data, model = open_small("digits"), load_model(run).model
    parts, images = [], data.part("test") / 255
    with torch.no_grad():
        for split in ("train", "test"):
            parts += [model.encode(data.part(split) / 255), data.part_labels(split)]
        likeness = float(ssim_per_image(model(images), images).mean())
    codes, labels = parts[2:]
    assert metrics["knn_accuracy"] == pytest.approx(neighbour_accuracy(*parts), abs=0.003)
    assert metrics["linear_accuracy"] == pytest.approx(linear_accuracy(*parts), abs=0.003)
    assert metrics["silhouette"] == pytest.approx(silhouette(codes, labels), abs=1e-5)
    assert metrics["active_units"] == active_units(codes)
    assert metrics["ssim"] == pytest.approx(likeness, rel=1e-5)
    theirs = trustworthiness(images.flatten(1), codes)
    assert metrics["trustworthiness"] == pytest.approx(theirs, abs=1e-4)


def test_a_label_that_the_model_was_told_is_not_counted_as_found():
    subject = subject_of("conditional_vae")
    images = subject.images[:20]
    codes = subject.codes(images)
    assert codes.shape == (20, subject.model.config.latent_dim)
    means = subject.model.posterior(images / 255).cloud.mean
    torch.testing.assert_close(codes, means, rtol=1e-4, atol=1e-5)


def test_slow_measures_take_a_sample_and_say_so(monkeypatch):
    monkeypatch.setattr(code, "MOST_NEIGHBOURS", 100)
    monkeypatch.setattr(code, "MOST_CLASSES", 200)
    counts = evaluate(finished(variant="autoencoder", epochs=1))["counts"]
    assert {counts[name] for name in CODE} == {100}
    assert (counts["knn_accuracy"], counts["linear_accuracy"], counts["silhouette"]) == (
        200,
        200,
        100,
    )


def test_a_sample_is_drawn_by_the_seed_and_a_smaller_one_begins_it():
    subject = subject_of("autoencoder")
    images, labels = subject.sample("test", 300)
    assert torch.equal(subject.sample("test", 50)[0], images[:50])
    assert not torch.equal(images[:50], subject.images[:50])
    assert len(subject.sample("test", 10**6)[1]) == 359
    assert torch.equal(labels.bincount() > 0, torch.ones(10, dtype=torch.bool))


def test_no_probe_is_scored_on_what_it_was_fitted_on():
    metrics = evaluate(finished(variant="autoencoder", epochs=1), "train")["metrics"]
    assert not CLASSES & set(metrics)
    assert set(metrics) >= CODE


def test_zeros_in_a_code_are_counted_where_there_are_any():
    run = finished(variant="linear", latent_dim=4, epochs=1)
    assert "sparsity" not in evaluate(run)["metrics"]
    state, _ = load_last(run.checkpoints)
    state.model["encoder.weight"][1] = 0
    save(run.checkpoints, state)
    metrics = evaluate(run)["metrics"]
    assert (metrics["sparsity"], metrics["dead_units"]) == (0.25, 1)


def test_a_code_book_is_measured_where_a_model_has_one(monkeypatch):
    run = finished(variant="autoencoder", epochs=1)
    kind = variants["autoencoder"]
    monkeypatch.setattr(
        kind, "indices", lambda _, x: (x.flatten(1)[:, 20:22] > 0.5).long(), raising=False
    )
    result = evaluate(run)
    pixels = open_small("digits").part("test").flatten(1)[:, 20:22] > 127
    share = pixels.double().mean()
    expected = float((-(share * share.log() + (1 - share) * (1 - share).log())).exp())
    assert result["metrics"]["perplexity"] == pytest.approx(expected)


def test_a_code_that_fell_together_is_measured_without_what_is_undefined():
    run = finished(variant="linear", epochs=1)
    state, _ = load_last(run.checkpoints)
    state.model["encoder.weight"].zero_()
    save(run.checkpoints, state)
    metrics = evaluate(run)["metrics"]
    assert "distance_correlation" not in metrics
    assert metrics["linear_accuracy"] < 0.2
    assert metrics["dead_units"] == 2


def test_only_the_seed_decides_what_is_drawn():
    run = finished(epochs=1)
    first = evaluate(run)
    assert evaluate(run, seed=1)["metrics"]["elbo"] != first["metrics"]["elbo"]
    (run.folder / "evaluation-test-0.json").unlink()
    torch.manual_seed(99)
    assert evaluate(run) == first
    assert json.loads(json.dumps(first)) == first


def test_progress_is_told_and_whoever_hears_it_can_end_it():
    run = finished(epochs=1)
    told = []

    class Enough(BaseException):
        """What Streamlit raises is no Exception either."""

    def report(what, share):
        told.append((what, share))
        if what == "likelihood":
            raise Enough

    with pytest.raises(Enough):
        evaluate(run, report=report)
    assert known(run, load_model(run)) is None
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1] < 1) == (0, True)
    assert len({what for what, _ in told}) == 7
