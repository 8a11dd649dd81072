"""`project` and `measure` from the shell, and the measures that they tell."""

import csv
import json

import numpy as np
import pytest
from runs_kit import finished, is_sentence
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from aecore.__main__ import main
from aecore.datasets import open_data
from aecore.maps import MapSpec, draw, samples_of
from aecore.maps.measures import ground_of, judge, over_seeds
from aecore.runs.inference import load_model


@pytest.fixture
def run():
    return finished(epochs=1, latent_dim=3)


def told(capsys, *words):
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_the_measures_are_those_of_scikit_learn(run):
    spec = MapSpec.from_flat({"method": "pca", "fit_on": 300})
    drawn = draw(samples_of(run, load_model(run), spec), spec)
    ground = ground_of(run, spec)
    found = judge(ground, drawn.train, drawn.held_out)
    data = open_data("digits")
    pixels, labels = data.part("test").flatten(1).numpy() / 255, data.part_labels("test").numpy()
    assert found["trustworthiness"] == pytest.approx(
        trustworthiness(pixels, drawn.held_out, n_neighbors=5), abs=1e-4
    )
    voters = KNeighborsClassifier(5).fit(drawn.train, ground.known)
    assert found["knn_accuracy"] == pytest.approx(voters.score(drawn.held_out, labels), abs=0.01)
    assert ground.names == tuple(str(label) for label in labels)


def test_deviations_are_of_several_seeds_only():
    assert over_seeds([{"a": 0.5}]) == {"a": {"mean": 0.5, "deviation": None}}
    several = over_seeds([{"a": 0.0}, {"a": 1.0}, {"a": 2.0}])["a"]
    assert several == {"mean": 1.0, "deviation": np.std([0, 1, 2], ddof=1)}


def test_a_map_as_json_and_as_a_table(run, capsys, tmp_path):
    path = tmp_path / "map.csv"
    words = ("project", run.id, "--method", "pca", "--fit-on", "200", "--csv", str(path))
    found = json.loads(told(capsys, *words, "--json"))
    assert (found["n"], found["fitted_on"], found["split"]) == (359, 200, "test")
    assert found["settings"] == MapSpec.from_flat({"method": "pca", "fit_on": 200}).to_flat()
    assert set(found["measures"]) >= {"trustworthiness", "continuity", "knn_accuracy"}
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 359
    assert rows[0].keys() == {"image", "class", "x", "y"}
    text = told(capsys, *words)
    assert "PCA of the code" in text
    assert "359 test images" in text
    assert str(round(found["measures"]["trustworthiness"], 3)) in text


def test_several_maps_beside_the_code_itself(run, capsys):
    words = ("measure", run.id, "--methods", "pca,umap", "--seeds", "2", "--neighbours", "10")
    found = json.loads(told(capsys, *words, "--json"))
    assert list(found["measures"]) == [
        "PCA of the code", "UMAP of the code", "The code itself (3 numbers)",
    ]  # fmt: skip
    assert found["measures"]["PCA of the code"]["trustworthiness"]["deviation"] is not None
    assert found["measures"]["The code itself (3 numbers)"]["knn_accuracy"]["deviation"] is None
    assert " ± " in told(capsys, *words)


@pytest.mark.parametrize(
    "words",
    [
        ("project", "--method", "umpa"),
        ("project", "--method", "pca", "--neighbours", "5"),
        ("project", "--method", "code"),
        ("project", "--fit-on", "no"),
        ("measure", "--methods", "pca,"),
        ("measure", "--seeds", "0"),
        ("measure", "--seeds", "x"),
    ],
)
def test_wrong_words_are_told_in_one_sentence(run, capsys, words):
    command, *rest = words
    assert main([command, run.id, *rest]) == 2
    assert is_sentence(capsys.readouterr().err.strip())


def test_a_file_that_cannot_be_written_is_told(run, capsys, tmp_path):
    words = ["project", run.id, "--method", "pca", "--csv", str(tmp_path / "no" / "map.csv")]
    assert main(words) == 1
    assert is_sentence(capsys.readouterr().err.strip())
