"""The U-Net denoiser: it starts as the identity, goes around its middle, shows no code."""

import json

import pytest
import torch
from runs_kit import finished, is_sentence, taken_in
from test_pages import (  # noqa: F401  whoever imports `engine` gets its setting
    RECONSTRUCT,
    TRAIN,
    engine,
    sound,
    told,
    visit,
    widgets,
)

from aecore.corruptions import corruptions
from aecore.errors import InputError
from aecore.metrics.reconstruction import psnr_per_image
from aecore.models import empty_model, variants
from aecore.networks import networks
from aecore.runs import RunSpec, check
from aecore.runs.evaluate import evaluate
from aecore.samples import to_float
from aecore.training.optimizers import Adam
from tests.kit import build, noise_images, open_small, play, session_of
from ui.words import NO_CODE

SHAPE = (1, 8, 8)
SMALL = {"variant": "unet_denoiser", "channels": 4, "epochs": 2}


def made(shape=SHAPE, **knobs):
    return build("unet_denoiser", "mlp", shape, model_knobs={"channels": 8, **knobs})


def moved(model):
    """The same after its last layer has left zero."""
    torch.manual_seed(0)
    torch.nn.init.normal_(model.last.weight, std=0.3)
    return model


def silence(model):
    """From now on the narrow middle holds nothing but zeros."""
    model.down[-1].register_forward_hook(lambda *given: torch.zeros_like(given[-1]))
    return model


@pytest.mark.parametrize("shape", [SHAPE, (3, 16, 12), (1, 9, 13)], ids=str)
def test_it_starts_as_the_identity(shape):
    x = noise_images(shape, 20) * 3 - 1  # noise leaves [0, 1]
    with torch.no_grad():
        assert torch.equal(made(shape)(x), x)
        assert not torch.equal(moved(made(shape))(x), x)
        clean = noise_images(shape, 20, seed=1)
        noisy = corruptions["gaussian"](corruptions["gaussian"].Config())(clean, torch.Generator())
        out = made(shape, likelihood="bce")(noisy)
    torch.testing.assert_close(out, noisy, rtol=0, atol=1.1e-3)


@pytest.mark.parametrize("likelihood", ["mse", "bce"])
def test_the_loss_is_the_distance_to_the_clean_image(likelihood):
    model = moved(made(likelihood=likelihood))
    x, target = noise_images(SHAPE, 7), noise_images(SHAPE, 7, seed=1)
    with torch.no_grad():
        (found,), x_hat = model.loss(x, target).values(), model(x)
    if likelihood == "mse":
        wanted = (x_hat - target).square().sum() / 7
    else:
        wanted = -(target * x_hat.log() + (1 - target) * (1 - x_hat).log()).sum() / 7
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=0)


def test_it_copies_clean_images_without_its_middle():
    """The bridges do it, and not only the start: the last layer is moved off zero before."""
    model, x = silence(moved(made())), to_float(open_small("digits").part("train", 64))
    assert model.encode(x).count_nonzero() == 0
    optimizer = Adam(list(model.parameters()), 0.0)
    losses = []
    for _ in range(80):
        loss = model.loss(x, x)["reconstruction"]
        gradients = torch.autograd.grad(loss, optimizer.parameters, allow_unused=True)
        known = [torch.zeros_like(p) if g is None else g
                 for p, g in zip(optimizer.parameters, gradients, strict=True)]  # fmt: skip
        with torch.no_grad():
            optimizer.step(known, 3e-3)
        losses.append(float(loss.detach()))
    assert losses[0] > 1
    assert losses[-1] < 0.02 * losses[0]
    with torch.no_grad():
        alone = model.decode(model.encode(x))  # what the middle says without the bridges
    assert float((alone - x).square().sum() / len(x)) > 50 * losses[-1]


def test_it_cleans_better_than_an_autoencoder_of_as_many_parameters():
    """Of mild noise. At a level of 0.3 on these small digits, with a code of 64, nobody wins."""
    data, noise = open_small("digits"), corruptions["gaussian"]
    damage = noise(noise.Config(level=0.15))
    found, sizes = [], []
    clean = to_float(data.part("test", 200))
    noisy = damage(clean, torch.Generator().manual_seed(0))
    cases = {
        "unet_denoiser": ({"channels": 8}, {}),
        "denoising": ({"latent_dim": 16}, {"width": 50}),
    }
    for variant, (own, layers) in cases.items():
        session = session_of(
            variant,
            "conv",
            data,
            model_knobs=own,
            network_knobs=layers,
            epochs=10,
            corruption=damage,
            learning_rate=5e-3,
        )
        play(session)
        sizes.append(session.model.parameter_count())
        with torch.no_grad():
            found.append(float(psnr_per_image(session.model(noisy), clean).mean()))
    assert abs(sizes[0] / sizes[1] - 1) < 0.1
    assert found[0] > found[1] + 1
    assert found[0] > float(psnr_per_image(noisy, clean).mean()) + 1


def test_odd_and_even_sizes_come_back_exactly():
    kind, network = variants["unet_denoiser"], networks["mlp"]
    for height in (*range(8, 65, 8), 9, 23, 47):
        for width in {height, 72 - height}:
            shape = (1, height, width)
            model = empty_model(
                "unet_denoiser", kind.Config(channels=2), network(network.Config(), shape)
            )
            x = torch.empty(2, *shape, device="meta")
            assert model(x).shape == x.shape
            assert model.encode(x).shape == (2, model.code_size)
            assert model.decode(model.encode(x)).shape == x.shape


def test_the_size_of_the_code_has_no_effect_and_the_form_says_so():
    assert made(latent_dim=2).parameter_count() == made(latent_dim=99).parameter_count()
    knob = variants["unet_denoiser"].Config.model_fields["latent_dim"]
    assert "no effect" in knob.description


@pytest.mark.parametrize(
    "flat", [{"corruption": "none"}, {"dataset": "digits", "halvings": 4}], ids=str
)
def test_what_cannot_work_is_refused_in_one_sentence(flat):
    assert check(RunSpec.from_flat({**SMALL, "dataset": "digits", "halvings": 3}))
    with pytest.raises(InputError) as caught:
        check(RunSpec.from_flat({**SMALL, **flat}))
    assert is_sentence(caught.value)


# What the app shows of a variant without a code


@pytest.fixture
def run():
    return taken_in(finished(**SMALL))


def live_data(at):
    (view,) = at.get("bidi_component")
    return json.loads(view.proto.json)


def test_it_is_not_measured_against_pca(run):
    found = evaluate(run)
    assert set(found["baselines"]) == {"noisy_input"}
    assert set(found["metrics"]) == {"mse", "psnr", "ssim", "denoising_mse", "denoising_psnr"}


def test_the_form_says_that_there_is_no_code(engine):  # noqa: F811
    at = visit(TRAIN, {"variant": "unet_denoiser", "dataset": "digits"})
    figures = {metric.label: metric.value for metric in at.metric}
    assert figures["Code"] == "none"
    assert "code map" not in told(at.caption)
    assert "no code ·" in told(at.markdown)
    sound(widgets(at)["variant"].set_value("autoencoder").run())
    assert {metric.label: metric.value for metric in at.metric}["Code"] == "16 of 64"
    assert "code map" in told(at.caption)


def test_a_sentence_stands_in_place_of_the_code_map(run):
    assert live_data(visit(TRAIN, {"run": run.id}))["no_code"] == NO_CODE
    assert is_sentence(NO_CODE)
    other = taken_in(finished(epochs=1))
    assert live_data(visit(TRAIN, {"run": other.id}))["no_code"] == ""


def test_the_figures_stand_without_pca(run):
    evaluate(run)
    at = visit(RECONSTRUCT, {"run": run.id})
    assert "PCA" not in str([table.proto for table in at.get("table")])
    assert NO_CODE in told(at.markdown)
    assert len(at.get("table")) == 2
