"""Registries: names are unique, kept in order, and a wrong one is answered helpfully."""

import subprocess
import sys

import pytest
from runs_kit import is_sentence

from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.errors import InputError, UnknownName
from aecore.models import variants
from aecore.networks import networks
from aecore.registry import Registry, import_siblings

ALL = [datasets, variants, networks, corruptions]


@pytest.fixture
def fruit():
    registry = Registry("fruit")
    for name in ("pear", "apple"):
        registry.register(name)(type(name, (), {}))
    return registry


def test_names_come_in_order_and_classes_know_theirs(fruit):
    assert list(fruit) == ["apple", "pear"]
    assert len(fruit) == 2
    assert all(kind.name == name for name, kind in fruit.items())


def test_a_second_class_of_the_same_name_is_refused(fruit):
    with pytest.raises(ValueError, match="fruit 'pear' is already pear"):
        fruit.register("pear")(type("quince", (), {}))
    assert fruit["pear"].__name__ == "pear"


def test_a_reloaded_class_takes_its_own_place(fruit):
    again = fruit.register("pear")(type("pear", (), {}))
    assert fruit["pear"] is again
    assert len(fruit) == 2


def test_it_is_read_only(fruit):
    with pytest.raises(TypeError):
        fruit["plum"] = object


def test_a_near_miss_gets_a_hint(fruit):
    with pytest.raises(UnknownName, match="did you mean 'apple'") as caught:
        fruit["aple"]
    assert is_sentence(caught.value)


@pytest.mark.parametrize("name", ["", "../pear", "PEAR", "é", "x" * 10**6, None, 3, ["pear"]])
def test_any_other_name_is_refused_in_a_sentence(fruit, name):
    assert name not in fruit
    with pytest.raises(UnknownName, match="apple, pear") as caught:
        fruit[name]
    assert is_sentence(caught.value)
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize("registry", ALL, ids=lambda registry: registry.kind)
def test_the_real_ones_are_filled_and_say_what_they_hold(registry):
    assert len(registry) >= 2
    for name, kind in registry.items():
        assert kind.name == name
        assert name.isidentifier()
        assert name.islower()
        assert kind.title
        assert getattr(kind, "idea", None) or kind.summary


def test_a_new_file_registers_itself(tmp_path, monkeypatch):
    package = tmp_path / "orchard"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from aecore.registry import Registry\ntrees = Registry('tree')\n"
    )
    (package / "oak.py").write_text(
        "from orchard import trees\n@trees.register('oak')\nclass Oak: ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import orchard

    import_siblings("orchard", orchard.__path__)
    assert list(orchard.trees) == ["oak"]


def test_no_name_is_wrong_where_only_one_registry_is_imported():
    code = "from aecore.corruptions import corruptions; assert 'gaussian' in corruptions"
    subprocess.run([sys.executable, "-c", code], check=True)
