"""Runs of earlier schemas: they open today, and to read one does not change it."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from runs_kit import curves, is_sentence, weights

from aecore.errors import InputError, NewerVersion
from aecore.runs import RunSpec, RunStore, migrations, read_status
from aecore.runs.about import About, read_about
from aecore.runs.archive import export_run, import_run
from aecore.runs.evaluate import evaluate, known
from aecore.runs.inference import load_model
from aecore.runs.migrations import migrate, write_spec

GOLDEN = Path(__file__).parent / "golden"
ID = "1m7yzbxbtd4dpzttpsta"
FOLDERS = sorted(GOLDEN.glob("run-schema-*"))


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def old(request):
    """A copy of a golden run, in a store."""
    store = RunStore()
    shutil.copytree(request.param, store.root / ID)
    return store[ID]


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_there_is_one_for_every_schema():
    schemas = [json.loads((folder / "spec.json").read_bytes())["schema"] for folder in FOLDERS]
    assert schemas == list(range(1, migrations.SCHEMA + 1))
    size = sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file())
    assert size < 300_000 * len(FOLDERS)


@pytest.mark.fault("F19")
def test_it_opens_and_reading_changes_nothing(old):
    before = contents(old.folder)
    assert [run.id for run in RunStore()] == [ID]
    assert old.spec.names["variant"] == "linear"
    assert old.spec.training.seed == 7
    status = read_status(old)
    assert (status.state, status.step, status.total_steps) == ("finished", 8, 8)
    assert read_about(old) == About()
    assert {row[2] for row in curves(old)} >= {"reconstruction"}
    assert load_model(old).step == 8
    assert contents(old.folder) == before


def test_its_model_measures_as_it_did(old):
    path = old.folder / "evaluation-test-0.json"
    kept = json.loads(path.read_bytes())["result"]
    assert known(old, load_model(old)) is None  # measured by a version that measured less
    measured = evaluate(old)
    for then, now in (
        (kept["metrics"], measured["metrics"]),
        (kept["baselines"]["pca"], measured["baselines"]["pca"]),
    ):
        assert {name: now[name] for name in then} == pytest.approx(then, rel=1e-5)


def told(run):
    """The status without the number of attempts, which another store starts anew."""
    return replace(read_status(run), attempt=0)


def test_it_travels(old, tmp_path):
    evaluate(old)
    new = import_run(export_run(old, tmp_path / "old.aerun.zip"), RunStore())
    assert new.id != old.id
    assert (weights(new), curves(new)) == (weights(old), curves(old))
    assert (new.spec, told(new)) == (old.spec, told(old))
    snapshots = sorted(path.name for path in old.snapshots.iterdir())
    assert sorted(path.name for path in new.snapshots.iterdir()) == snapshots
    kept = json.loads((new.folder / "evaluation-test-0.json").read_bytes())["result"]
    assert evaluate(new) == kept == {**evaluate(old), "run": new.id}


# Schemas to come


@pytest.fixture
def second_schema(monkeypatch):
    """As if schema 2 had moved the splits' seed into a setting of another name."""

    def from_one(values):
        splits = dict(values["splits"])
        splits["train_limit"] = splits.pop("train_limit") + 5
        return {**values, "splits": splits}

    monkeypatch.setattr(migrations, "SCHEMA", 2)
    monkeypatch.setattr(migrations, "STEPS", {1: from_one})


def test_a_step_leads_from_each_schema_to_the_next():
    assert sorted(migrations.STEPS) == list(range(1, migrations.SCHEMA))


def test_an_old_spec_is_migrated_when_read_and_left_as_it_is(second_schema):
    store = RunStore()
    shutil.copytree(GOLDEN / "run-schema-1", store.root / ID)
    before = contents(store[ID].folder)
    assert store[ID].spec.splits.train_limit == 5
    assert contents(store[ID].folder) == before


def test_writing_back_keeps_the_old_spec(second_schema):
    store = RunStore()
    shutil.copytree(GOLDEN / "run-schema-1", store.root / ID)
    folder = store[ID].folder
    original = (folder / "spec.json").read_bytes()
    spec = store[ID].spec
    for _ in range(2):  # the second time there is nothing older to keep
        write_spec(folder, spec.to_json())
        assert (folder / "spec.v1.json").read_bytes() == original
        assert json.loads((folder / "spec.json").read_bytes())["schema"] == 2
        assert store[ID].spec == spec


def test_steps_are_taken_in_order(monkeypatch):
    monkeypatch.setattr(migrations, "SCHEMA", 4)
    steps = {n: lambda values, n=n: {**values, "way": [*values["way"], n]} for n in (1, 2, 3)}
    monkeypatch.setattr(migrations, "STEPS", steps)
    for start in (1, 2, 3, 4):
        given = {"schema": start, "way": []}
        assert migrate(given) == {"schema": 4, "way": list(range(start, 4))}
        assert given == {"schema": start, "way": []}


def test_a_newer_spec_is_told_and_hides_no_other_run(old):
    values = old.spec.to_json()
    newer = RunStore().create(old.spec)
    (newer.folder / "spec.json").write_text(json.dumps({**values, "schema": 99, "more": 1}))
    with pytest.raises(NewerVersion, match="made by a newer version") as caught:
        _ = RunStore()[newer.id].spec
    assert is_sentence(caught.value)
    assert {run.id for run in RunStore()} == {old.id, newer.id}


@pytest.mark.parametrize("schema", [None, 0, -1, True, 1.0, "1", [1], 10**30])
def test_a_schema_that_never_was_is_told(schema):
    values = {**RunSpec.from_flat({}).to_json(), "schema": schema}
    with pytest.raises(InputError) as caught:
        RunSpec.from_json(values)
    assert is_sentence(caught.value)
