"""The report on anomalies: its figures against computations of their own on the same images."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from runs_kit import finished, is_sentence
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors

import aecore.reports.detect
from aecore.__main__ import main
from aecore.datasets import SplitConfig, datasets, open_data
from aecore.detection import methods
from aecore.errors import DataUnavailable, InputError
from aecore.reports import reports
from aecore.reports.base import unheard
from aecore.reports.suspects import as_shape
from aecore.runs.inference import load_model

DETECT = reports["detect"]
DATA = open_data("digits", splits=SplitConfig(leave_out=3))
TEST = (DATA.part("test").double() / 255).flatten(1)
ODD = (DATA.part_labels("test") == 3).numpy()


def made(run, follow=unheard, **values):
    report = DETECT(DETECT.Config.parse(values))
    return report.make(run, load_model(run), follow)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        yield finished(variant="autoencoder", latent_dim=8, width=64, epochs=30, leave_out=3)


@pytest.fixture(scope="module")
def found(run):
    return made(run)


def by_name(found):
    return {row["name"]: row for row in found.tables["scores"]}


def test_every_score_is_judged_and_the_best_stands_first(found):
    rows = found.tables["scores"]
    assert {row["name"] for row in rows} == set(methods)
    areas = [row["ROC-AUC"] for row in rows]
    assert areas == sorted(areas, reverse=True)
    assert found.scope["n"] == 359
    assert found.scope["odd"] == ODD.sum()
    assert found.scope["what is odd"] == "class 3"


def test_the_models_own_error_is_that_of_its_reconstructions(run, found):
    model = load_model(run).model
    with torch.inference_mode():
        made = model(TEST.float().view(-1, 1, 8, 8)).double().flatten(1)
    errors = (made - TEST).square().mean(1).numpy()
    assert found.arrays["score:error"] == pytest.approx(errors, rel=1e-4)
    row = by_name(found)["error"]
    assert row["ROC-AUC"] == pytest.approx(roc_auc_score(ODD, errors))
    assert row["average precision"] == pytest.approx(average_precision_score(ODD, errors))
    assert row["prevalence"] == pytest.approx(ODD.mean())
    assert row["ROC-AUC low"] < row["ROC-AUC"] < row["ROC-AUC high"]


def test_the_nearest_image_is_looked_for_among_what_trained(found):
    known = DATA.part("train").double().flatten(1) / 255
    assert by_name(found)["neighbour"]["fitted on"] == len(known)
    distances = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(TEST)[0][:, 0]
    assert found.arrays["score:neighbour"] == pytest.approx(distances, abs=1e-5)
    assert by_name(found)["neighbour"]["ROC-AUC"] == pytest.approx(roc_auc_score(ODD, distances))


def test_validation_scores_are_of_normal_images_that_did_not_train(found):
    known = DATA.part("train").double().flatten(1) / 255
    rows = DATA.part("validation").double().flatten(1) / 255
    distances = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(rows)[0][:, 0]
    assert found.arrays["validation:neighbour"] == pytest.approx(distances, abs=1e-5)
    assert 3 not in DATA.part_labels("validation")


def test_a_lead_is_the_difference_to_the_error(found):
    rows = by_name(found)
    gained = rows["neighbour"]["ROC-AUC"] - rows["error"]["ROC-AUC"]
    assert rows["neighbour"]["ahead of the error"] == pytest.approx(gained)
    assert rows["neighbour"]["ahead low"] < gained < rows["neighbour"]["ahead high"]
    assert rows["error"]["ahead of the error"] == 0


def test_the_highest_scores_are_shown_as_they_are(run, found):
    shown = found.arrays["shown"]
    for name in methods:
        worst = np.argsort(-found.arrays[f"score:{name}"], kind="stable")[:20]
        assert set(worst) <= set(shown)
    assert np.array_equal(found.arrays["originals"], DATA.part("test")[shown].numpy())
    with torch.inference_mode():
        copies = load_model(run).model(DATA.part("test")[shown] / 255)
    expected = (copies.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    assert np.array_equal(found.arrays["reconstructions"], expected)


def test_the_same_seed_finds_the_same_and_another_learns_from_others(run):
    first, again, other = (made(run, fit_on=200, count=100, seed=seed) for seed in (1, 1, 2))
    for name in ("score:neighbour", "score:forest", "validation:both"):
        assert np.array_equal(first.arrays[name], again.arrays[name])
        assert not np.array_equal(first.arrays[name], other.arrays[name])
    assert {row["fitted on"] for row in first.tables["scores"]} == {200}
    assert first.scope["n"] == 100


def test_another_data_set_is_judged_beside_the_normal_test_images(run):
    found = made(run, suspects="image_patches", count=150)
    odd = found.arrays["odd"]
    normal = DATA.part_labels("test")[:150] != 3
    assert (~odd).sum() == normal.sum()
    assert odd.sum() == normal.sum()
    assert found.scope["what is odd"] == datasets["image_patches"].title
    assert by_name(found)["error"]["ROC-AUC"] > 0.9
    assert odd[found.arrays["shown"]].sum() > 10


def test_it_speaks_often_and_is_ended_by_whoever_hears(run):
    heard = []
    made(run, lambda share, doing: heard.append((share, doing)), fit_on=100, count=100)
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[-1] < 1
    assert len({doing for _, doing in heard}) == 1 + len(methods)

    class Ended(Exception):
        pass

    def end(share, doing):
        raise Ended

    with pytest.raises(Ended):
        made(run, end)


def test_a_model_without_a_code_is_judged_by_the_other_scores():
    bare = finished(variant="unet_denoiser", corruption="gaussian", epochs=1, leave_out=3)
    names = {row["name"] for row in made(bare, fit_on=100).tables["scores"]}
    assert names == {name for name, kind in methods.items() if not kind.needs_code}


@pytest.mark.parametrize("variant", ["conditional_vae", "vq_vae"])
def test_codes_of_other_kinds_are_judged_too(variant):
    other = finished(variant=variant, epochs=1, leave_out=3)
    assert {row["name"] for row in made(other, fit_on=100).tables["scores"]} == set(methods)


@pytest.mark.parametrize(
    ("suspects", "error"),
    [("left_out", InputError), ("digits", InputError), ("svhn", DataUnavailable)],
)
def test_what_cannot_be_asked_is_told(suspects, error):
    everything = finished(epochs=1)
    with pytest.raises(error) as caught:
        made(everything, suspects=suspects)
    assert is_sentence(caught.value)


def test_a_diverged_run_is_told(run, monkeypatch):
    broken = lambda x_hat, x: torch.full((len(x),), torch.inf)  # noqa: E731
    monkeypatch.setattr(aecore.reports.suspects, "mse_per_image", broken)
    with pytest.raises(InputError, match="no finite numbers") as caught:
        made(run)
    assert is_sentence(caught.value)


def timeless(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_the_command_gives_the_same_figures(capsys):
    own = finished(variant="autoencoder", epochs=3, leave_out=3)
    assert main(["detect", own.id, "--fit-on", "200", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    timeless = [
        {k: v for k, v in row.items() if k != "seconds"} for row in told["tables"]["scores"]
    ]
    expected = made(own, fit_on=200).tables["scores"]
    assert timeless == [{k: v for k, v in row.items() if k != "seconds"} for row in expected]
    assert (told["split"], told["seed"], told["n"]) == ("test", 0, 359)


def test_colours_become_grey_as_pillow_makes_them():
    images = open_data("image_patches").part("test", 5)
    grey = as_shape(images, (1, *images.shape[2:]))
    for image, found in zip(images, grey, strict=True):
        expected = np.asarray(Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L"))
        assert np.abs(found[0].numpy().astype(int) - expected).max() <= 1


def test_another_size_is_what_pillow_makes_of_it():
    images = DATA.part("test", 5)
    for size in (28, 5):
        for image, found in zip(images, as_shape(images, (1, size, size)), strict=True):
            small = Image.fromarray(image[0].numpy())
            expected = np.asarray(small.resize((size, size), Image.Resampling.BILINEAR))
            assert np.abs(found[0].numpy().astype(int) - expected).max() <= 1


def test_grey_becomes_three_equal_channels_and_what_fits_stays():
    images = DATA.part("test", 5)
    assert torch.equal(as_shape(images, (3, 8, 8)), images.expand(-1, 3, -1, -1))
    assert torch.equal(as_shape(images, (1, 8, 8)), images)
