"""Runs as archives: out, in, and nothing lost or made up on the way."""

import io
import json
import os
from contextlib import closing
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from archive_kit import exported, without_child
from runs_kit import curves, drive, finished, full_at, is_sentence, new_run, table, weights

from aecore.__main__ import main
from aecore.errors import InputError, StoreError
from aecore.jobs.drive import Driver
from aecore.runs import RunStore, archive, read_status
from aecore.runs.about import About, read_about, write_about
from aecore.runs.archive import SUFFIX, export_run, import_run, write_archive
from aecore.runs.checkpoints import listed, load
from aecore.runs.database import Database
from aecore.runs.evaluate import evaluate, known
from aecore.runs.inference import load_model
from aecore.training import StepDone


@pytest.fixture
def here(monkeypatch):
    """Take archives in without a child."""
    without_child(monkeypatch)


@pytest.fixture
def out(tmp_path):
    """Where archives go."""
    return tmp_path / f"run{SUFFIX}"


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def store_is(*runs):
    """Nothing but these runs is there, hidden leftovers included."""
    assert sorted(os.listdir(RunStore().root)) == sorted(run.id for run in runs)


def set_status(run, **values):
    with closing(run.database()) as database:
        database.set_status(values)


def told_snapshots(run):
    """The snapshot files that the database tells of."""
    steps = table(run, "SELECT step FROM snapshot")
    return {f"step-{step:010d}.safetensors" for (step,) in steps}


# Round trips


def test_a_run_comes_back_bit_by_bit(out):
    run = finished(variant="denoising", corruption="gaussian", epochs=2)
    result = evaluate(run)
    write_about(run, About("Name", "a\nnote", ("x", "y"), owner="me", demo=True))
    (run.folder / "log.txt").write_text("a line\n")
    before = files(run.folder)
    new = import_run(export_run(run, out), RunStore(), owner="you")
    assert files(run.folder) == before
    assert new.id != run.id
    store_is(run, new)
    assert (weights(new), curves(new), new.spec) == (weights(run), curves(run), run.spec)
    same = [name for name in before if name.startswith(("checkpoints/", "snapshots/", "spec"))]
    assert {name: files(new.folder).get(name) for name in same} == {n: before[n] for n in same}
    assert set(files(new.folder)) == set(before)
    about = read_about(new)
    assert (about.name, about.note, about.tags) == ("Name", "a\nnote", ("x", "y"))
    assert (about.owner, about.demo) == ("you", False)
    assert out.name in about.provenance
    assert read_status(new).state == "finished"
    assert evaluate(new) == {**result, "run": new.id}
    assert (new.folder / "log.txt").read_text() == "a line\n"


@pytest.mark.parametrize("variant", ["linear", "autoencoder", "vae"])
def test_every_kind_of_run_travels_twice(here, variant, tmp_path):
    run = finished(variant=variant, epochs=1, patience=1)
    once = import_run(export_run(run, tmp_path / "1"), RunStore())
    twice = import_run(export_run(once, tmp_path / "2"), RunStore())
    assert len({run.id, once.id, twice.id}) == 3
    assert (weights(twice), curves(twice)) == (weights(run), curves(run))
    assert exported(twice).keys() == exported(run).keys()


def test_an_archive_holds_nothing_of_people_and_processes(out):
    run = finished(epochs=1)
    write_about(run, About("Name", owner="secret-owner"))
    with closing(run.database()) as database:
        database.command("pause")
    (run.folder / "secret.txt").write_text("secret")
    export_run(run, out)
    content = b"".join(exported(run).values())
    assert b"secret" not in content
    assert not list(out.parent.glob(".*"))


def test_tensors_are_stored_and_words_deflated(out):
    export_run(finished(epochs=1), out)
    with ZipFile(out) as opened:
        for info in opened.infolist():
            stored = info.compress_type == ZIP_STORED
            assert stored == info.filename.endswith(".safetensors"), info.filename


def test_a_stream_takes_it_too(here, out):
    run = finished(epochs=1)
    stream = io.BytesIO()
    write_archive(run, stream)
    out.write_bytes(stream.getvalue())
    assert weights(import_run(out, RunStore())) == weights(run)


def test_a_waiting_run_travels(here, out):
    run = new_run()
    new = import_run(export_run(run, out), RunStore())
    assert new.spec == run.spec
    assert read_status(new).state == "paused"  # nobody has queued it here
    drive(new)
    assert read_status(new).state == "finished"


# Runs in training


def test_an_interrupted_run_goes_on_elsewhere_as_if_it_had_stayed(here, out, monkeypatch):
    monkeypatch.setattr("aecore.jobs.recorder.CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr("aecore.jobs.recorder.FLUSH_SECONDS", 0)
    run = new_run(epochs=3)
    drive(run, until=13)
    with closing(run.database()) as database:
        database.command("stop")
    new = import_run(export_run(run, out), RunStore())
    raw = dict(table(new, "SELECT key, value FROM status"))
    assert raw.keys() & {"pid", "pid_started", "asked", "beat", "attempt"} == set()
    assert table(new, "SELECT * FROM command") == []
    status = read_status(new)
    assert (status.state, status.step) == ("interrupted", 13)
    drive(new)
    twin = finished(epochs=3)
    assert (weights(new), curves(new)) == (weights(twin), curves(twin))


def test_an_archive_made_in_the_middle_of_training_is_consistent(here, out, monkeypatch):
    """The run moves on by five events before each checkpoint is read."""
    monkeypatch.setattr("aecore.jobs.recorder.CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr("aecore.jobs.recorder.FLUSH_SECONDS", 0)
    run = new_run(epochs=4)
    events = Driver(run).events()
    while not isinstance(event := next(events), StepDone) or event.step < 3:
        pass
    real, read = archive.parts, []

    def late(path):
        read.append(path.name)
        for _ in range(5):
            next(events, None)
        return real(path)

    monkeypatch.setattr(archive, "parts", late)
    for number in range(3):
        new = import_run(export_run(run, out.with_name(f"{number}")), RunStore())
        (step,) = table(new, "SELECT max(step) FROM rate")[0]
        kept = [load(path).numbers["step"] for path in listed(new.checkpoints)]
        assert all(saved <= step for saved in kept)
        assert told_snapshots(new) <= {path.name for path in new.snapshots.iterdir()}
        assert table(new, "PRAGMA integrity_check") == [("ok",)]
    assert len(read) >= 6
    events.close()


# Folders zipped by hand


def by_hand(run, path, top="a run/"):
    """As `zip -r` does it: entries for the folders too."""
    with ZipFile(path, "w") as opened:
        for found in sorted(run.folder.rglob("*")):
            name = found.relative_to(run.folder).as_posix()
            if found.is_dir():
                opened.writestr(f"{top}{name}/", b"")
            else:
                opened.write(found, top + name)
    return path


@pytest.mark.parametrize("top", ["", "a run/", "1m7yzbxbtd4dpzttpsta/", "Läufe 1/"])
def test_a_folder_zipped_by_hand_is_taken_in(here, top, out):
    run = finished(epochs=1)
    evaluate(run)
    new = import_run(by_hand(run, out, top), RunStore(), owner="you")
    assert (weights(new), curves(new), new.spec) == (weights(run), curves(run), run.spec)
    assert read_about(new).owner == "you"
    assert known(new, load_model(new))["run"] == new.id


def test_rows_that_are_still_in_the_log_come_along(here, out):
    run = finished(epochs=1)
    database = run.database()  # held open, so that what is written stays in metrics.db-wal
    with database.write() as db:
        db.execute("INSERT INTO change VALUES (7, 0.125)")
    assert (run.folder / "metrics.db-wal").stat().st_size > 0
    by_hand(run, out)
    database.close()
    assert table(import_run(out, RunStore()), "SELECT * FROM change") == [(7, 0.125)]


def test_what_systems_and_killed_workers_leave_is_passed_over(here, out):
    run = finished(epochs=1)
    for name in (".DS_Store", "snapshots/.x.safetensors.12.part", "checkpoints/.step-1.3/model.st"):
        path = run.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    (run.folder / "spec.v0.json").write_bytes(b"x")
    by_hand(run, out)
    with ZipFile(out, "a") as opened:
        opened.writestr("__MACOSX/a run/._spec.json", b"x")
    assert files(import_run(out, RunStore()).folder).keys() >= {"spec.json", "metrics.db"}


# Damage


def damaged(run, newest_only):
    for path in listed(run.checkpoints)[-1 if newest_only else 0 :]:
        content = bytearray((path / "model.safetensors").read_bytes())
        content[-1] ^= 1
        (path / "model.safetensors").write_bytes(content)


def two_checkpoints(monkeypatch):
    monkeypatch.setattr("aecore.jobs.recorder.CHECKPOINT_SECONDS", 0)
    run = finished(epochs=1)
    assert len(listed(run.checkpoints)) == 2
    return run


def test_a_damaged_checkpoint_is_left_out_and_told(here, out, monkeypatch):
    run = two_checkpoints(monkeypatch)
    damaged(run, newest_only=True)
    assert len({name.split("/")[1] for name in exported(run) if name.startswith("check")}) == 1
    new = import_run(by_hand(run, out), RunStore())
    assert [path.name for path in listed(new.checkpoints)] == [listed(run.checkpoints)[0].name]
    assert "does not match its checksum" in read_about(new).provenance


def test_a_run_without_a_whole_checkpoint_comes_in_without(here, out, monkeypatch):
    run = two_checkpoints(monkeypatch)
    damaged(run, newest_only=False)
    new = import_run(by_hand(run, out), RunStore())
    assert listed(new.checkpoints) == []
    assert curves(new) == curves(run)


def test_a_damaged_snapshot_is_left_out_with_its_row(here, out):
    run = finished(epochs=1)
    victim = sorted(run.snapshots.glob("step-*"))[3]
    victim.write_bytes(victim.read_bytes()[:-1])
    new = import_run(by_hand(run, out), RunStore())
    assert not (new.snapshots / victim.name).exists()
    assert told_snapshots(new) == {path.name for path in new.snapshots.glob("step-*")}
    assert victim.stem in read_about(new).provenance


@pytest.mark.parametrize("damage", ["metrics.db", "spec.json"])
def test_a_damaged_run_is_not_exported_in_part(damage, out):
    run = finished(epochs=1)
    for path in run.folder.glob(f"{damage}*"):
        path.unlink()
    if damage == "metrics.db":
        (run.folder / damage).write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError) as caught:
        export_run(run, out)
    assert is_sentence(caught.value)
    assert os.listdir(out.parent) == ["home"] or not list(out.parent.glob("*run*"))


# Disks


def test_nothing_is_overwritten(out):
    run = new_run()
    out.write_bytes(b"mine")
    with pytest.raises(InputError, match="already") as caught:
        export_run(run, out)
    assert is_sentence(caught.value)
    assert out.read_bytes() == b"mine"
    with pytest.raises(StoreError) as caught:
        export_run(run, out.parent / "no folder" / "x.zip")
    assert is_sentence(caught.value)


CALLS = ((os, "mkdir"), (os, "fsync"), (os, "replace"), (Database, "set_status"))


def breaking(patch, number):
    """Let the nth call that changes the disk find it full; the count of calls still allowed."""
    full, left = full_at(number)
    for owner, name in CALLS:
        patch.setattr(owner, name, full(getattr(owner, name)))
    opening, counted = Path.open, full(Path.open)

    def opened(path, mode="r", *values, **named):
        return (opening if "r" in mode else counted)(path, mode, *values, **named)

    patch.setattr(Path, "open", opened)
    return left


def test_a_full_disk_leaves_no_half_run(here, out, monkeypatch):
    run = finished(epochs=1)
    evaluate(run)
    export_run(run, out)
    store, told = RunStore(), []
    for number in range(1, 200):
        with monkeypatch.context() as patch:
            left = breaking(patch, number)
            try:
                new = import_run(out, store)
            except StoreError as error:
                told.append(str(error))
        if left[0] > 0:
            break
        store_is(run)
    assert len(told) > 40
    assert all(is_sentence(message) for message in told)
    assert weights(new) == weights(run)


def test_a_full_disk_leaves_no_half_archive(out, monkeypatch):
    run = finished(epochs=1)
    told = []
    for number in range(1, 200):
        with monkeypatch.context() as patch:
            left = breaking(patch, number)
            try:
                export_run(run, out)
            except StoreError as error:
                told.append(str(error))
                assert not list(out.parent.glob("*run*")), number
        if left[0] > 0:
            break
        out.unlink(missing_ok=True)
    assert len(told) >= 3
    assert all(is_sentence(message) for message in told)


def test_a_database_that_cannot_grow_is_told(here, out, monkeypatch):
    run = finished(epochs=40)
    export_run(run, out)
    real = Database.create

    def small(self):
        real(self)
        self.rows("PRAGMA max_page_count = 8")

    monkeypatch.setattr(Database, "create", small)
    with pytest.raises(StoreError, match="full") as caught:
        import_run(out, RunStore())
    assert is_sentence(caught.value)
    store_is(run)


# The command line


def say(capsys, *words):
    capsys.readouterr()
    status = main([str(word) for word in words])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_the_command_line_takes_a_run_out_and_in(here, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = finished(epochs=1)
    status, told, _ = say(capsys, "runs", "export", run.id)
    assert status == 0
    assert f"{run.id}{SUFFIX}" in told
    status, told, _ = say(capsys, "runs", "import", f"{run.id}{SUFFIX}")
    (new,) = [found for found in RunStore() if found.id != run.id]
    assert status == 0
    assert new.id in told
    assert weights(new) == weights(run)
    answer = say(capsys, "runs", "export", new.id, "other.zip", "--json")
    made = {"run": new.id, "file": "other.zip", "bytes": os.path.getsize("other.zip")}
    assert json.loads(answer[1]) == made
    answer = say(capsys, "runs", "import", "other.zip", "--json")
    assert json.loads(answer[1]).keys() == {"run", "provenance"}
    assert len(json.loads(say(capsys, "runs", "--json")[1])) == 3


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["export"], "RUN"),
        (["export", "../x"], "../x"),
        (["import"], "FILE"),
        (["import", "nowhere.zip"], "nowhere.zip"),
        (["import", "."], "no file"),
        (["dance"], "dance"),
    ],
)
def test_the_command_line_refuses_in_a_sentence(capsys, words, part):
    status, told, error = say(capsys, "runs", *words)
    assert (status, told) == (2, "")
    assert part in error
    assert is_sentence(error.strip())


def test_the_list_shows_a_run_of_a_newer_version(capsys):
    run, newer = new_run(), new_run()
    spec = {**newer.spec.to_json(), "schema": 99}
    (newer.folder / "spec.json").write_text(json.dumps(spec))
    rows = {row["id"]: row for row in json.loads(say(capsys, "runs", "--json")[1])}
    assert (rows[newer.id]["state"], rows[run.id]["state"]) == ("newer version", "queued")
