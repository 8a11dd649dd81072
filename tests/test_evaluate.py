"""Evaluation: the stated numbers from the last saved weights, kept until these change."""

import json

import numpy as np
import pytest
import torch
from runs_kit import drive, finished, is_sentence, new_run

from aecore.corruptions import corruptions
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.runs import evaluate as module
from aecore.runs.checkpoints import listed, load_last, save
from aecore.runs.evaluate import evaluate
from aecore.runs.inference import load_model, reconstruct


def clean():
    return corruptions["none"](corruptions["none"].Config())


def scores(made, x):
    """(mse, psnr) in numpy."""
    errors = ((made.double().numpy() - x.double().numpy()) ** 2).reshape(len(x), -1).mean(1)
    return errors.mean(), np.mean(-10 * np.log10(errors))


def part(scores, *names):
    """Some of the scores."""
    return [scores[name] for name in names]


def test_the_numbers_are_those_of_the_saved_model():
    run = finished()
    result = evaluate(run)
    images = open_data("digits").part("test")
    with torch.no_grad():
        made = load_model(run).model(images / 255)
    mse, psnr = scores(made, images / 255)
    assert part(result["metrics"], "mse", "psnr") == pytest.approx([mse, psnr], rel=1e-5)
    assert {k: result[k] for k in ("run", "split", "n", "seed")} == {
        "run": run.id,
        "split": "test",
        "n": 359,
        "seed": 0,
    }
    parts = ["metrics", "baselines", "counts", "per_dimension"]
    assert list(result) == ["run", "split", "n", "seed", *parts]
    assert set(result["baselines"]) == {"pca", "pixels"}


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_pca_keeps_as_many_numbers_as_the_code(split):
    run = finished(latent_dim=3, epochs=1)
    data = open_data("digits")
    train, x = (data.part(s).flatten(1).double().numpy() / 255 for s in ("train", split))
    mean = train.mean(0)
    axes = np.linalg.svd(train - mean, full_matrices=False)[2][:3]
    made = torch.from_numpy(mean + (x - mean) @ axes.T @ axes)
    mse, psnr = scores(made, torch.from_numpy(x))
    found = evaluate(run, split)["baselines"]["pca"]
    assert part(found, "mse", "psnr") == pytest.approx([mse, psnr], rel=1e-4)


def test_no_linear_autoencoder_beats_pca_on_its_training_images():
    run = finished(variant="linear", latent_dim=4, epochs=300)
    result = evaluate(run, "train")
    best, found = result["baselines"]["pca"]["mse"], result["metrics"]["mse"]
    assert best * 0.9999 < found < best * 1.05


def test_a_denoiser_is_judged_on_damaged_input_too():
    run = finished(variant="denoising", corruption="gaussian", epochs=60, latent_dim=16, width=64)
    result = evaluate(run, seed=3)
    images = open_data("digits").part("test")
    inputs, outputs = reconstruct(load_model(run).model, images, run.spec.make_corruption(), 3)
    names = ("denoising_mse", "denoising_psnr")
    wanted = dict(zip(names, scores(outputs, images / 255), strict=True))
    assert {name: result["metrics"][name] for name in names} == pytest.approx(wanted, rel=1e-5)
    noisy = dict(zip(names, scores(inputs, images / 255), strict=True))
    assert result["baselines"]["noisy_input"] == pytest.approx(noisy, rel=1e-5)
    assert result["metrics"]["mse"] < result["metrics"]["denoising_mse"] < noisy["denoising_mse"]


def test_only_the_seed_decides_the_damage():
    run = finished(variant="denoising", corruption="gaussian", epochs=1)
    first = evaluate(run, seed=1)
    assert evaluate(run, seed=2)["baselines"] != first["baselines"]
    for kept in run.folder.glob("evaluation-*"):
        kept.unlink()
    torch.manual_seed(99)
    assert evaluate(run, seed=1) == first


def never(*_):
    raise AssertionError("computed again")


def test_a_result_is_kept_until_there_are_newer_weights(monkeypatch):
    run = new_run()
    drive(run, until=8)
    state, _ = load_last(run.checkpoints)
    assert state is None
    drive(run)
    first = evaluate(run)
    monkeypatch.setattr(module, "_evaluate", never)
    assert evaluate(run) == first
    state, _ = load_last(run.checkpoints)
    state.model["mean"].add_(0.1)
    save(run.checkpoints, state)  # the same step, other weights: early stopping does that
    monkeypatch.undo()
    assert evaluate(run)["metrics"] != first["metrics"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 1', b"\xff"])
def test_a_damaged_result_is_computed_anew(content):
    run = finished(epochs=1)
    first = evaluate(run)
    kept = run.folder / "evaluation-test-0.json"
    assert json.loads(kept.read_bytes())["result"] == first
    kept.write_bytes(content)
    assert evaluate(run) == first


def test_without_saved_weights_a_sentence_says_what_to_do():
    with pytest.raises(InputError, match="has no saved weights yet") as caught:
        evaluate(new_run())
    assert is_sentence(caught.value)


def test_a_damaged_checkpoint_is_passed_over_and_told():
    run = finished(epochs=1)
    state, _ = load_last(run.checkpoints)
    state.numbers["step"] += 5
    save(run.checkpoints, state)
    (listed(run.checkpoints)[-1] / "model.safetensors").write_bytes(b"junk")
    loaded = load_model(run)
    assert loaded.step == 8
    assert len(loaded.problems) == 1
    for path in listed(run.checkpoints):
        (path / "manifest.json").unlink()
    with pytest.raises(InputError, match="no whole checkpoint left") as caught:
        load_model(run)
    assert is_sentence(caught.value)


def test_weights_that_do_not_fit_are_refused():
    run = finished(epochs=1)
    state, _ = load_last(run.checkpoints)
    state.model.popitem()
    save(run.checkpoints, state)
    with pytest.raises(InputError, match="do not fit") as caught:
        load_model(run)
    assert is_sentence(caught.value)


def test_a_model_that_gives_no_numbers_is_said_to():
    run = finished(epochs=1)
    state, _ = load_last(run.checkpoints)
    state.model["mean"].fill_(float("nan"))
    save(run.checkpoints, state)
    with pytest.raises(InputError, match="no numbers") as caught:
        evaluate(run)
    assert is_sentence(caught.value)


def test_an_unknown_split_is_refused():
    with pytest.raises(InputError, match="train, validation, test"):
        evaluate(new_run(), "../../x")


def test_loading_disturbs_no_random_numbers_and_gives_a_quiet_model():
    run = finished(epochs=1)
    before = torch.get_rng_state()
    model = load_model(run).model
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("count", [0, 1, 256, 257])
def test_reconstruct_takes_any_number_of_images(count):
    model = load_model(finished(epochs=1)).model
    images = open_data("digits").images[:count]
    inputs, outputs = reconstruct(model, images, clean(), 0)
    assert inputs.shape == outputs.shape == images.shape
    assert torch.equal(inputs, images * (1 / 255))
    with torch.no_grad():
        assert torch.allclose(outputs, model(images / 255), atol=1e-5)
