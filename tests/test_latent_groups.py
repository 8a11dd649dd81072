"""Named groups of test images: kept, replaced, deleted, damaged, taken along in archives."""

import json
from threading import Thread

import numpy as np
import pytest
from archive_kit import exported, packed, without_child
from runs_kit import finished, is_sentence, new_run

from aecore.errors import InputError, StoreError
from aecore.runs import RunStore
from aecore.runs.archive import import_run
from aecore.runs.groups import FILE, LONGEST, MOST, delete_group, read_groups, save_group


def rows(*numbers):
    return np.array(numbers, np.int64)


def kept(run):
    return {name: group.tolist() for name, group in read_groups(run).items()}


@pytest.fixture
def run():
    return new_run()


def test_a_group_is_kept_replaced_and_deleted(run):
    assert kept(run) == {}
    save_group(run, "  slanted \n ones ", rows(7, 3, 7))
    save_group(run, "round", rows(1))
    assert kept(run) == {"slanted ones": [3, 7], "round": [1]}
    save_group(run, "slanted ones", rows(5))
    assert kept(run) == {"slanted ones": [5], "round": [1]}
    delete_group(run, "slanted ones")
    delete_group(run, "nobody")
    assert kept(run) == {"round": [1]}


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST + 1), "\u202e"])
def test_a_name_that_cannot_be_kept_is_refused_in_one_sentence(run, name):
    with pytest.raises(InputError) as refused:
        save_group(run, name, rows(1))
    assert is_sentence(refused.value)
    assert kept(run) == {}


def test_an_empty_group_and_one_too_many_are_refused(run):
    with pytest.raises(InputError, match="empty"):
        save_group(run, "none", rows())
    for number in range(MOST):
        save_group(run, f"group {number}", rows(number))
    with pytest.raises(InputError) as refused:
        save_group(run, "one more", rows(1))
    assert is_sentence(refused.value)
    save_group(run, "group 3", rows(99))
    assert len(kept(run)) == MOST


DAMAGED = (
    b"", b"{", b"[]", b"null", b'{"groups": []}', b'{"groups": {"a": []}}',
    b'{"groups": {"a": [1.5]}}', b'{"groups": {"a": [-1]}}', b'{"groups": {"a": [true]}}',
    b'{"groups": {"": [1]}}', b'{"groups": {"a": [99999999999999999999999]}}', b"[" * 100_000,
    b'{"groups": {"a\\u202eb": [1]}}',
    json.dumps({"groups": {str(n): [n] for n in range(MOST + 1)}}).encode(),
)  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_one_sentence_and_nothing_is_lost(run, content):
    (run.folder / FILE).write_bytes(content)
    with pytest.raises(StoreError) as refused:
        read_groups(run)
    assert is_sentence(refused.value)
    assert (run.folder / FILE).read_bytes() == content
    save_group(run, "new", rows(1))
    assert kept(run) == {"new": [1]}
    assert (run.folder / "groups-damaged-1.json").read_bytes() == content
    (run.folder / FILE).write_bytes(b"again")
    save_group(run, "newer", rows(2))
    assert (run.folder / "groups-damaged-1.json").read_bytes() == content
    assert (run.folder / "groups-damaged-2.json").read_bytes() == b"again"


def test_groups_saved_at_the_same_time_are_all_kept(run):
    tabs = [Thread(target=save_group, args=(run, f"tab {n}", rows(n))) for n in range(8)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(kept(run)) == [f"tab {n}" for n in range(8)]


def test_a_full_disk_leaves_what_was_there(run, monkeypatch):
    save_group(run, "old", rows(1))

    def full(path, content):
        raise StoreError("The disk is full.")

    monkeypatch.setattr("aecore.runs.groups.write", full)
    with pytest.raises(StoreError):
        save_group(run, "new", rows(2))
    assert kept(run) == {"old": [1]}


def test_an_archive_takes_groups_along(monkeypatch, tmp_path):
    without_child(monkeypatch)
    run = finished(epochs=1)
    save_group(run, "thin", rows(4, 8))
    files = exported(run)
    made = import_run(packed(tmp_path / "a.zip", files), RunStore(tmp_path / "one"))
    assert kept(made) == {"thin": [4, 8]}
    hand = {name: content for name, content in files.items() if name != "manifest.json"}
    hand |= {FILE: b"damaged", "groups-damaged-1.json": b"older"}
    made = import_run(packed(tmp_path / "b.zip", hand), RunStore(tmp_path / "two"))
    assert kept(made) == {}
    (run.folder / FILE).write_bytes(b"damaged")
    assert FILE not in exported(run)
