"""Training in a script: the model that a run would have trained, and what is told of it."""

import re
from textwrap import dedent

import pytest
import torch
from runs_kit import finished

import aecore
from aecore.datasets import SplitConfig, from_array, open_data
from aecore.errors import InputError, RunFailed, UnknownName
from aecore.models import variants
from aecore.runs.inference import load_model
from aecore.training import EpochDone

X = torch.rand(60, 6, 6, generator=torch.Generator().manual_seed(0))
ROWS = torch.randn(60, 5, generator=torch.Generator().manual_seed(0))
QUICK = {"epochs": 2, "network": "mlp", "width": 16, "depth": 1, "batch_size": 16}


def test_it_is_the_model_of_a_run_with_the_same_settings():
    settings = {"latent_dim": 3, "epochs": 1, "batch_size": 256, "seed": 4}
    run = finished(**settings)
    data = open_data("digits", splits=SplitConfig())
    fitted = aecore.fit(data, run.spec.variant, **settings, **_given(run, settings))
    known = load_model(run).model
    for name, value in known.state_dict().items():
        assert torch.equal(fitted.model.state_dict()[name], value), name


def _given(run, settings):
    """What the run's kit sets besides, as flat settings without those of the data."""
    flat = {knob.name: value for knob, value in run.spec.values()}
    ours = {*type(run.spec.model).model_fields, *type(run.spec.layers).model_fields}
    ours |= {*type(run.spec.training).model_fields}
    return {name: value for name, value in flat.items() if name in ours - set(settings)}


def test_the_example_of_the_package_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(tmp_path))
    code = dedent("\n".join(re.findall(r"^    .*|^$", aecore.__doc__, re.MULTILINE)))
    assert 8 <= len(code.strip().splitlines()) <= 12
    known = {}
    exec(compile(code, "aecore", "exec"), known)
    assert known["z"].shape == (359, 2)
    assert known["x_hat"].shape == (359, 1, 8, 8)
    assert torch.equal(open_data(known["name"]).images, known["data"].images)
    # scikit-learn's digits have 17 levels, from 0 to 16, of which both are there.
    assert torch.equal(known["data"].images, open_data("digits").images)


def test_what_it_gives_back_works_on_samples_and_codes():
    data = from_array(X)
    heard = []
    fitted = aecore.fit(data, "autoencoder", latent_dim=3, watch=heard.append, **QUICK)
    x = data.part("test")
    z = fitted.encode(x)
    assert z.shape == (12, 3)
    assert torch.equal(z, fitted.model.encode(x * (1 / 255)))
    assert torch.allclose(fitted.decode(z), fitted.reconstruct(x), atol=1e-6)
    assert fitted.reconstruct(x).shape == x.shape
    assert not fitted.model.training
    epochs = [each.epoch for each in fitted.history if each.split == "validation"]
    assert epochs == [0, 1]
    assert sum(isinstance(event, EpochDone) for event in heard) == 2
    assert fitted.settings["latent_dim"] == 3
    assert fitted.settings["learning_rate"] == 2e-3


def test_the_same_seed_gives_the_same_model_and_leaves_random_numbers_alone():
    data = from_array(ROWS)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = (aecore.fit(data, "vae", seed=seed, **QUICK) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    x = data.images
    assert torch.equal(one.encode(x), same.encode(x))
    assert not torch.equal(one.encode(x), other.encode(x))


def test_what_is_left_out_is_what_suits_variant_and_data():
    images = aecore.fit(from_array(X), "vae", **QUICK)
    assert images.settings["likelihood"] == variants["vae"].suggested["likelihood"] == "bce"
    rows = aecore.fit(from_array(ROWS), "vae", **QUICK)
    assert rows.settings["likelihood"] == "gaussian"  # bce is for pixels
    assert rows.settings["latent_dim"] == 1  # a third of 5 numbers


def test_what_cannot_be_is_refused_before_anything_is_trained():
    data = from_array(ROWS)
    with pytest.raises(UnknownName, match="There is no variant"):
        aecore.fit(data, "no")
    with pytest.raises(InputError, match="There is no setting 'latent' here"):
        aecore.fit(data, latent=2)
    with pytest.raises(InputError, match="choose a corruption"):
        aecore.fit(data, "denoising", corruption="none")
    with pytest.raises(InputError, match="damages images"):
        aecore.fit(data, "denoising", corruption="occlusion")


def test_a_loss_that_is_no_number_and_a_watcher_end_it():
    with pytest.raises(RunFailed, match="stopped being a number"):
        aecore.fit(from_array(ROWS), "autoencoder", optimizer="sgd", learning_rate=10, **QUICK)

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aecore.fit(from_array(ROWS), "autoencoder", watch=stop, **QUICK)
