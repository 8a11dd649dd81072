"""The README names what there is; a thing that it does not name turns this red."""

import re
from pathlib import Path

import pytest

from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.metrics.descriptions import MEASURES
from aecore.models import variants
from aecore.networks import networks

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()


@pytest.mark.parametrize("name", variants)
def test_every_variant_has_its_row(name):
    row = next(line for line in README.splitlines() if line.startswith(f"| `{name}` |"))
    assert str(variants[name].year) in row
    assert variants[name].paper.split(",")[0].split(" et al")[0] in row


@pytest.mark.parametrize("name", [*datasets, *networks, *corruptions])
def test_everything_that_can_be_chosen_is_named(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_its_row(name):
    rows = [line.split("|") for line in README.splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in row[1] and len(row[2]) > 20 for row in rows)


def test_every_make_target_it_names_exists():
    makefile = (REPOSITORY / "Makefile").read_text()
    named = set(re.findall(r"make (\w+)", README))
    assert named
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named - {"PYTHON"})


def test_its_python_examples_run(capsys):
    run, own = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(run.replace('"latent_dim": 2', '"latent_dim": 2, "epochs": 2'), "README", "exec"))
    assert "Finished(" in capsys.readouterr().out
    here = {}
    exec(compile(own, "README", "exec"), here)
    assert here["z"].shape == (359, 2)
    assert here["x_hat"].shape == (359, 1, 8, 8)


def test_its_picture_is_there():
    for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert (REPOSITORY / path).stat().st_size > 10_000
