"""Checkpoints: whatever happens to their files, a wrong state is never taken for a right one."""

import json
import os
import random
import shutil
from math import inf
from pathlib import Path

import pytest
import torch
from runs_kit import full_at, is_sentence

from aecore.errors import CheckpointDamaged, StoreError
from aecore.runs.checkpoints import MANIFEST, PARTS, listed, load, load_last, save
from aecore.runs.files import digest
from aecore.training.session import Position
from aecore.training.state import State

FILES = (*PARTS, MANIFEST)


def state(step):
    dice = torch.Generator().manual_seed(step)
    model = {f"layer.{i}": torch.rand(5, i + 1, generator=dice) for i in range(3)}
    rest = {"random.cpu": torch.randint(0, 255, (40,), generator=dice, dtype=torch.uint8)}
    return State(model, rest, {**vars(Position(step=step)), "best": inf})


def same(left, right):
    return (
        left.numbers == right.numbers
        and all(torch.equal(left.model[name], right.model[name]) for name in right.model)
        and all(torch.equal(left.rest[name], right.rest[name]) for name in right.rest)
        and (set(left.model), set(left.rest)) == (set(right.model), set(right.rest))
    )


@pytest.fixture
def folder(tmp_path):
    """Two checkpoints, of step 10 and step 20."""
    place = tmp_path / "checkpoints"
    save(place, state(10))
    save(place, state(20))
    return place


def newest(folder):
    return listed(folder)[-1]


def test_what_was_saved_comes_back(folder):
    found, problems = load_last(folder)
    assert not problems
    assert same(found, state(20))
    assert not same(found, state(10))
    assert found.numbers["best"] == inf


def test_only_the_last_two_are_kept(folder):
    for step in (30, 40, 100):
        save(folder, state(step))
    assert sorted(path.name for path in folder.iterdir()) == ["step-0000000040", "step-0000000100"]


def test_the_same_step_again_replaces_it(folder):
    changed = state(20)
    changed.model["layer.0"].add_(1)
    save(folder, changed)
    assert same(load_last(folder)[0], changed)
    assert len(listed(folder)) == 2


def test_an_empty_folder_holds_nothing(tmp_path):
    assert load_last(tmp_path) == (None, [])
    assert load_last(tmp_path / "missing") == (None, [])


def noticed(folder):
    """The damaged one is told of and the one before is used."""
    found, problems = load_last(folder)
    assert len(problems) == 1
    assert is_sentence(problems[0]), problems[0]
    assert same(found, state(10))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.fault("F15")
def test_a_truncated_file_is_noticed(folder, name):
    path = newest(folder) / name
    whole = path.read_bytes()
    for length in {0, 1, len(whole) - 1, *random.Random(1).sample(range(len(whole)), 20)}:
        path.write_bytes(whole[:length])
        noticed(folder)
    path.write_bytes(whole)
    assert same(load_last(folder)[0], state(20))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.fault("F15")
def test_a_flipped_bit_is_noticed(folder, name):
    path = newest(folder) / name
    whole = path.read_bytes()
    dice = random.Random(2)
    for _ in range(40):
        place, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        if name == MANIFEST:  # parts of it decide nothing; a wrong state must not come of it
            assert same(load_last(folder)[0], state(20)) or noticed(folder) is None
        else:
            noticed(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["missing", "zeros", "longer", "folder"])
@pytest.mark.fault("F15")
def test_any_other_damage_is_noticed(folder, name, how):
    path = newest(folder) / name
    whole = path.read_bytes()
    path.unlink()
    if how == "zeros":
        path.write_bytes(bytes(len(whole)))
    elif how == "longer":
        path.write_bytes(whole + b"x")
    elif how == "folder":
        path.mkdir()
    noticed(folder)


@pytest.mark.parametrize("content", ["[]", "{}", '{"sha256": 3}', '{"sha256": {}}', "null"])
def test_a_manifest_of_something_else_is_noticed(folder, content):
    (newest(folder) / MANIFEST).write_text(content)
    noticed(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("numbers.json", b"[]"),
        ("numbers.json", b"{}"),
        ("numbers.json", b"3"),
        ("numbers.json", b"{"),
        ("model.safetensors", b"{}"),
        ("rest.safetensors", bytes(8) + b"{}"),
    ],
)
def test_nonsense_with_the_right_checksum_is_noticed(folder, name, content):
    (newest(folder) / name).write_bytes(content)
    sums = {part: digest((newest(folder) / part).read_bytes()) for part in PARTS}
    (newest(folder) / MANIFEST).write_text(json.dumps({"step": 20, "sha256": sums}))
    noticed(folder)


def test_files_of_another_checkpoint_are_noticed(folder):
    shutil.copy(listed(folder)[0] / "model.safetensors", newest(folder) / "model.safetensors")
    noticed(folder)


def test_where_all_are_damaged_each_is_told(folder):
    for path in listed(folder):
        (path / "rest.safetensors").unlink()
        with pytest.raises(CheckpointDamaged):
            load(path)
    found, problems = load_last(folder)
    assert found is None
    assert len(problems) == 2


CALLS = ["mkdir", "fsync", "replace", "open", "write"]


@pytest.mark.parametrize("broken", CALLS)
@pytest.mark.fault("F5")
def test_a_full_disk_leaves_the_older_ones(folder, broken, monkeypatch):
    told = []
    for number in range(1, 40):
        with monkeypatch.context() as patch:
            left = fill_disk(patch, broken, number)
            saved(folder, told)
        if left[0] > 0:
            break
        found, problems = load_last(folder)
        assert not problems
        assert same(found, state(20)) or same(found, state(30))
        assert {path.name[:5] for path in folder.iterdir()} == {"step-"}, "something was left over"
    assert told
    assert all(is_sentence(message) for message in told)
    assert same(load_last(folder)[0], state(30))


def saved(folder, told):
    try:
        save(folder, state(30))
    except StoreError as error:
        told.append(str(error))


def fill_disk(patch, broken, number):
    """Let the nth call of one kind find the disk full; the count of calls still allowed."""
    full, left = full_at(number)

    if broken == "write":
        patch.setattr("aecore.runs.checkpoints.write", full(save.__globals__["write"]))
    else:
        patch.setattr(os, broken, full(getattr(os, broken)))
    return left


@pytest.mark.fault("F4")
def test_what_gets_its_name_is_on_the_disk_before_and_the_name_after(folder, monkeypatch):
    synced, late = [], []
    sync, replace = os.fsync, os.replace

    def watched_sync(handle):
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    def watched_replace(source, target):
        moved = [Path(source), *Path(source).rglob("*")]
        late.extend(path for path in moved if path.stat().st_ino not in synced)
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(os, "replace", watched_replace)
    save(folder, state(30))
    assert late == []
    assert synced[-1] == folder.stat().st_ino


def test_what_a_killed_save_left_is_cleared_away(folder):
    left = folder / ".step-0000000025.4711"
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"half")
    assert same(load_last(folder)[0], state(20))
    save(folder, state(30))
    assert not left.exists()
