"""Own data sets in the catalogue: who may do what, quotas, deletion, folders without rows."""

import json
import shutil
import time

import numpy as np
import pytest
from catalog_kit import ANNA, BEN, enter
from data_kit import in_process, own_data, zip_of_shapes
from sqlalchemy import select, update

from aecore.catalog.data import (
    ACTIONS,
    add,
    find,
    links_of,
    listed,
    make_link,
    may,
    open_link,
    rename,
    revoke_link,
    used_by,
)
from aecore.catalog.people import LAPTOP, NOBODY, OWNER, Person
from aecore.catalog.reindex import reindex
from aecore.catalog.removal import remove
from aecore.catalog.retention import LEFTOVER_SECONDS, UPLOAD_SECONDS, clean
from aecore.catalog.tables import audit, dataset_share
from aecore.catalog.uploads import MOST_WAITING, find_upload, put
from aecore.datasets import datasets, open_data
from aecore.datasets.own import SAMPLES, own
from aecore.errors import DataUnavailable, InputError, UnknownName
from aecore.intake import keep_python, sandboxed
from aecore.runs import RunSpec
from aecore.runs.checks import blank_model
from aecore.runs.store import new_id

ADMIN = Person("chief", "admin")
SHELL = Person(OWNER, "owner")
LINKED, REVOKED, EXPIRED = (Person(f"b{n}", "member") for n in ("link", "revoked", "expired"))
WHO = {
    "anna, whose it is": (ANNA, set(ACTIONS)),
    "another": (BEN, set()),
    "nobody": (NOBODY, set()),
    "an administrator": (ADMIN, set()),
    "with a link": (LINKED, {"view", "train"}),
    "with a revoked link": (REVOKED, set()),
    "with a link that is over": (EXPIRED, set()),
    "the owner of a laptop": (SHELL, set(ACTIONS)),
}


@pytest.fixture
def shapes(catalog, monkeypatch, tmp_path):
    """A data set of anna's."""
    in_process(monkeypatch)
    return own_data(catalog, ANNA, tmp_path)


def audited(catalog):
    with catalog.read() as db:
        return list(db.execute(select(audit.c.action).order_by(audit.c.id)).scalars())


def test_who_may_do_what(catalog, shapes):
    assert set(ACTIONS) == {"view", "train", "edit", "share", "delete"}
    for person in (LINKED, REVOKED, EXPIRED):
        open_link(catalog, person, make_link(catalog, ANNA, shapes))
    expired, revoked, _ = links_of(catalog, shapes)
    revoke_link(catalog, ANNA, shapes, revoked.id)
    with catalog.write() as db:
        over = update(dataset_share).where(dataset_share.c.id == expired.id)
        db.execute(over.values(expires=time.time() - 1))
    told = set()
    for who, (person, allowed) in WHO.items():
        for action in ACTIONS:
            if action in allowed:
                assert find(catalog, person, shapes.name, action) == shapes, who
                continue
            with pytest.raises(UnknownName) as caught:
                find(catalog, person, shapes.name, action)
            told.add(str(caught.value))
        seen = [row.id for row in listed(catalog, person)]
        assert seen == ([shapes.id] if "view" in allowed and person is not SHELL else []), who
        train = RunSpec.from_flat({"dataset": shapes.name, "variant": "autoencoder"})
        if "train" in allowed:
            enter(catalog, person, flat=train.to_flat())
        else:
            with pytest.raises(UnknownName):
                enter(catalog, person, flat=train.to_flat())
    with pytest.raises(UnknownName) as unknown:
        find(catalog, BEN, absent := f"own-{new_id()}")
    assert {text.replace(shapes.name, absent) for text in told} == {str(unknown.value)}
    with pytest.raises(UnknownName):
        open_link(catalog, BEN, "nonsense")
    assert not may(NOBODY, "view", shapes, linked=True)


def test_a_deleted_data_set_is_gone_for_good(catalog, shapes):
    open_link(catalog, BEN, make_link(catalog, ANNA, shapes))
    remove(catalog, ANNA, shapes)
    assert list((catalog.root / "datasets").iterdir()) == []
    assert listed(catalog, ANNA) == listed(catalog, BEN) == []
    with pytest.raises(UnknownName):
        datasets[shapes.name]
    assert audited(catalog) == ["add data", "share data", "delete data"]


def test_of_one_that_runs_name_only_the_form_stays(catalog, shapes):
    spec = RunSpec.from_flat({"dataset": shapes.name, "variant": "autoencoder"})
    before = blank_model(spec).parameter_count()
    enter(catalog, ANNA, flat=spec.to_flat())
    assert used_by(catalog, shapes.name) == 1
    remove(catalog, ANNA, shapes)
    (folder,) = (catalog.root / "datasets").iterdir()
    assert [path.name for path in folder.iterdir()] == ["about.json"]
    text = (folder / "about.json").read_text()
    assert not [word for word in ("Shapes", "discs", "squares") if word in text]
    assert blank_model(spec).parameter_count() == before
    with pytest.raises(DataUnavailable, match="was deleted"):
        open_data(shapes.name)
    with pytest.raises(UnknownName):
        enter(catalog, ANNA, flat=spec.to_flat())
    assert reindex(catalog).data == ()
    assert listed(catalog, ANNA) == []


def test_folders_without_rows_and_rows_without_folders(catalog, shapes, tmp_path):
    folder = catalog.root / "datasets" / shapes.id
    shutil.move(folder, tmp_path / "aside")
    reindex(catalog)
    assert listed(catalog, ANNA) == []
    shutil.move(tmp_path / "aside", folder)
    assert reindex(catalog).data == (shapes.id,)
    assert listed(catalog, ANNA) == [shapes]


def test_what_a_script_keeps_is_met_by_its_owner_alone(catalog, shapes):
    name = keep_python(np.zeros((20, 4, 4), np.uint8), "From a script")
    for person in (ANNA, BEN, ADMIN, NOBODY):
        assert name not in [row.name for row in listed(catalog, person)]
        with pytest.raises(UnknownName):
            find(catalog, person, name)
    assert find(catalog, SHELL, name).title == "From a script"
    assert [row.name for row in listed(catalog, SHELL)] == [name]
    again = keep_python(np.zeros((20, 4, 4), np.uint8), "Another")
    assert {row.name for row in listed(catalog, SHELL)} == {name, again}
    folder = catalog.root / "datasets" / new_id()
    folder.mkdir()  # half of a copy by hand
    assert {row.name for row in listed(catalog, SHELL)} == {name, again}
    remove(catalog, SHELL, find(catalog, SHELL, name))
    assert [row.name for row in listed(catalog, SHELL)] == [again]


def test_what_is_too_much_is_not_listed_though_its_owner_met_it(catalog, monkeypatch, tmp_path):
    in_process(monkeypatch)
    (tmp_path / "given").write_bytes(zip_of_shapes())
    name = sandboxed.take_in("images", [(tmp_path / "given", "a.zip")], "A", owner=OWNER)
    assert [row.name for row in listed(catalog, SHELL)] == [name]
    with pytest.raises(InputError, match="delete some"):
        add(catalog, SHELL, name, LAPTOP.model_copy(update={"data_gb": 1e-9}))
    assert listed(catalog, SHELL) == []


def test_a_deletion_that_broke_off_is_ended(catalog, shapes):
    folder = catalog.root / "datasets" / shapes.id
    (folder / "about.json").write_text(json.dumps(own(shapes.name).about.emptied().to_json()))
    assert (folder / SAMPLES).exists()
    reindex(catalog)
    assert not folder.exists()
    assert listed(catalog, ANNA) == []


def test_what_a_crash_left_is_cleaned_up(catalog, shapes):
    partial = catalog.root / "datasets" / f".{new_id()}"
    partial.mkdir()
    upload = put(catalog, ANNA, [("a.png", b"x")])
    assert upload.folder.stat().st_mode & 0o077 == 0
    assert clean(catalog, now=time.time() + LEFTOVER_SECONDS / 2) == []
    clean(catalog, now=time.time() + LEFTOVER_SECONDS + 60)
    assert not partial.exists()
    assert upload.folder.exists()
    clean(catalog, now=time.time() + UPLOAD_SECONDS + 60)
    assert not upload.folder.exists()
    assert find(catalog, ANNA, shapes.name) == shapes


def test_quotas(catalog, shapes, tmp_path):
    few = LAPTOP.model_copy(update={"uploads": 1})
    with pytest.raises(InputError, match="a day"):
        own_data(catalog, ANNA, tmp_path, limits=few)
    small = LAPTOP.model_copy(update={"data_gb": 1e-9 * (shapes.bytes + 10)})
    with pytest.raises(InputError, match="delete some"):
        own_data(catalog, ANNA, tmp_path, limits=small)
    assert [path.name for path in (catalog.root / "datasets").iterdir()] == [shapes.id]
    assert own_data(catalog, BEN, tmp_path, limits=few).owner == "ben"


def test_another_title_stands_in_the_folder_too(catalog, shapes):
    assert rename(catalog, ANNA, shapes, "New\nname").title == "New name"
    assert find(catalog, ANNA, shapes.name).title == datasets[shapes.name].title == "New name"


def test_uploads_are_their_persons_alone_and_few(catalog):
    first = put(catalog, ANNA, [("../../evil.png", b"x"), ("b.png", b"y")])
    assert [path.parent for path, _ in first.files] == [first.folder] * 2
    assert find_upload(catalog, ANNA, first.id) == first
    for person, number in ((BEN, first.id), (ANNA, "../anna"), (ANNA, new_id())):
        with pytest.raises(UnknownName):
            find_upload(catalog, person, number)
    for _ in range(MOST_WAITING):
        put(catalog, ANNA, [("a.png", b"x")])
    with pytest.raises(UnknownName):
        find_upload(catalog, ANNA, first.id)
