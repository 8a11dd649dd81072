"""The ready-made experiments: settings that work, published numbers of weights, a link each."""

import pytest
from pages_kit import link
from runs_kit import is_sentence
from test_pages import (  # noqa: F401  whoever imports `engine` gets its setting
    TRAIN,
    engine,
    sound,
    spec_of,
    visit,
    widgets,
)

from aecore.runs import RunSpec, check
from aecore.runs.experiments import EXPERIMENTS

PUBLISHED = {"mnist_denoiser": 57_633, "mnist_vae": 69_076 + 65_089, "cifar10_denoiser": 94_659}
"""Weights that training changes; the last has 512 running statistics beside them."""
IMAGES = {"mnist_denoiser": 48_000, "mnist_vae": 54_000, "cifar10_denoiser": 40_000}
"""That train; only the VAE's are fewer than published, whose 70,000 leave none to hold out."""
each = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)


@each
def test_it_has_the_published_numbers_of_weights_and_images(experiment):
    cost = check(experiment.spec())
    assert cost.parameters == PUBLISHED[experiment.name]
    assert cost.train_images == IMAGES[experiment.name]


@each
def test_it_says_what_was_published_and_what_differs(experiment):
    for text in (experiment.idea, *experiment.differences.split(". ")):
        assert is_sentence(text.rstrip(".") + ".")
    assert experiment.notebook.endswith(".ipynb")
    assert experiment.published > 0


@each
def test_its_settings_are_a_link_that_comes_back(experiment):
    spec = experiment.spec()
    assert RunSpec.from_flat(spec.to_flat()) == spec
    assert RunSpec.from_json(spec.to_json()) == spec
    held = {**spec.names, **{knob.name: value for knob, value in spec.values()}}
    assert {name: held[name] for name in experiment.settings} == dict(experiment.settings)


@each
def test_a_press_fills_the_form_and_starts_nothing(experiment, engine):  # noqa: F811
    at = visit(TRAIN, {"seed": "5", "dataset": "digits"})
    before = engine.started  # a newcomer's demonstration run
    sound(at.button(key=f"take_{experiment.name}").click().run())
    assert link(at) == experiment.spec().to_flat()
    assert spec_of(at) == experiment.spec()
    assert widgets(at)["epochs"].value == experiment.settings["epochs"]
    assert not at.warning
    assert not at.error
    assert engine.started == before


def test_the_published_network_offers_its_own_settings_only():
    at = visit(TRAIN, {"network": "published", "dataset": "digits"})
    assert {"architecture", "dropout"} <= widgets(at).keys()
    assert not {"depth", "width", "batch_norm", "activation"} & widgets(at).keys()
    sound(widgets(at)["architecture"].set_value("vae").run())
    assert spec_of(at).layers.architecture == "vae"
