"""The sandbox: whatever happens in the child, this process gets an answer or one sentence."""

import sys

import pytest
from runs_kit import is_sentence

from aecore.errors import InputError, NewerVersion, StoreError
from aecore.runs.sandbox import Limits, call

SMALL = Limits(memory=2 << 30, file=1 << 20, cpu=1, wall=60)
limited = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


def do(name, limits=SMALL, **values):
    return call(f"tests.sandbox_cases:{name}", values, limits)


def test_arguments_go_in_and_an_answer_comes_out():
    values = {"a": [1, 2.5, None, "é\n\0"], "b": {"c": True}}
    assert do("echo", **values) == values


def test_the_child_knows_no_secret(monkeypatch):
    monkeypatch.setenv("AECORE_SECRET", "hidden")
    monkeypatch.setenv("AECORE_DATABASE_URL", "postgresql://someone:hidden@host/db")
    assert "hidden" not in str(do("environment"))


@pytest.mark.parametrize(
    ("kind", "error"), [("input", InputError), ("newer", NewerVersion), ("damaged", StoreError)]
)
def test_what_it_raises_on_purpose_comes_through(kind, error):
    with pytest.raises(error, match=r"^It cannot be\.$"):
        do("refuse", kind=kind)


def test_a_full_disk_is_no_fault_of_the_file():
    with pytest.raises(StoreError, match="No space left") as caught:
        do("fill")
    assert is_sentence(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "fail",
        pytest.param("take_memory", marks=limited),
        pytest.param("compute", marks=limited),
        "crash",
    ],
)
def test_a_child_that_dies_is_told_in_a_sentence(name):
    with pytest.raises(InputError, match="limits of memory and time") as caught:
        do(name)
    assert is_sentence(caught.value)


@limited
def test_it_writes_no_larger_file_than_it_may(tmp_path):
    with pytest.raises((InputError, StoreError)) as caught:
        do("write", path=str(tmp_path / "large"))
    assert is_sentence(caught.value)
    assert (tmp_path / "large").stat().st_size <= SMALL.file


def test_a_child_that_sleeps_is_ended():
    with pytest.raises(InputError, match="takes too long"):
        do("sleep", limits=Limits(wall=2))
