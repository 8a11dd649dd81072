"""Archives that somebody made to do harm: each is refused in one sentence, or harmless inside.

Everything hostile is made here, at the time of the test.
"""

import gzip
import io
import json
import random
import sqlite3
import stat
import struct
import tracemalloc
from contextlib import closing
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import pytest
import torch
from archive_kit import exported, packed, without_child
from runs_kit import curves, finished, is_sentence, table, weights

from aecore.errors import InputError, NewerVersion
from aecore.paths import home
from aecore.runs import RunStore, read_status
from aecore.runs.about import read_about
from aecore.runs.archive import import_run
from aecore.runs.archive_zip import extract
from aecore.runs.checkpoints import MANIFEST, PARTS, listed
from aecore.runs.database import Database
from aecore.runs.evaluate import VERSION as EVALUATION
from aecore.runs.files import digest, pack, unpack

BIG = 40 << 20


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Most of them are taken in without a child, which needs seconds to start."""
    without_child(monkeypatch)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The files of a good archive, without its manifest, so that each can be changed alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        files = exported(finished(epochs=1, variant="vae"))
    del files["manifest.json"]
    return files


@pytest.fixture
def path(tmp_path):
    """Where the archive lies."""
    return tmp_path / "hostile.zip"


def refused(path, match=None, error=InputError, **named):
    """One sentence, and nothing left: not in the store, not beside it."""
    before = everything(path.parent)
    with pytest.raises(error, match=match) as caught:
        import_run(path, RunStore(), **named)
    assert is_sentence(caught.value), str(caught.value)
    assert everything(path.parent) == before
    assert list(RunStore()) == []


def everything(folder):
    kept = {found for found in folder.rglob("*") if found.is_file()}
    return kept | {found for found in home().rglob("*") if found.is_file()}


def with_entry(path, whole, info, content=b"x"):
    """The good files and one more entry."""
    packed(path, whole)
    with ZipFile(path, "a") as archive:
        archive.writestr(info, content)


def lying(path, whole, change, name="log.txt", content=b"x" * 1000, kind=ZIP_DEFLATED):
    """The good files, and one entry that is changed before the directory is written."""
    packed(path, whole)
    with ZipFile(path, "a", kind) as archive:
        archive.writestr(name, content)
        change(archive.filelist[-1], archive.filelist)


def test_the_good_one_is_taken_in(whole, path):
    run = import_run(packed(path, whole), RunStore())
    assert read_status(run).state == "finished"
    assert len(listed(run.checkpoints)) == 1


# No archive at all


def gzipped():
    stream = io.BytesIO()
    with gzip.open(stream, "wb") as file:
        file.write(b"x" * 5000)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"PK\x03\x04" + bytes(100),
        b"PK\x05\x06" + b"\xff" * 18,
        b"\x89PNG\r\n\x1a\n<html>",
        b"x" * 10_000,
        gzipped(),
    ],
    ids=range(7),
)
def test_no_zip_is_refused(path, content):
    path.write_bytes(content)
    refused(path)


def test_a_truncated_archive_is_refused(whole, path):
    content = packed(path, whole).read_bytes()
    for length in random.Random(1).sample(range(len(content)), 20):
        path.write_bytes(content[:length])
        refused(path)


def test_an_empty_archive_and_two_runs_in_one_are_refused(whole, path):
    refused(packed(path, {}), "no spec.json")
    both = {f"{top}/{name}": content for top in "ab" for name, content in whole.items()}
    refused(packed(path, both), "no spec.json of one run")
    refused(packed(path, {"a/b/" + name: content for name, content in whole.items()}), "spec.json")


# Too much


def test_too_many_entries_are_refused(whole, path):
    packed(path, {**whole, **{f".{i}": b"" for i in range(5000)}})
    refused(path, "entries")


def test_a_bomb_is_refused_by_its_ratio(whole, path):
    packed(path, {**whole, "log.txt": bytes(BIG)})
    assert path.stat().st_size < BIG / 100
    refused(path, "100 times")


def test_what_is_larger_than_the_limit_is_refused(whole, path):
    noise = random.Random(1).randbytes(1 << 20)
    packed(path, {**whole, "log.txt": noise})
    refused(path, "larger than 1,000,000 bytes", limit=1_000_000)
    packed(path, {**whole, "log.txt": noise[:600_000].hex().encode()})
    refused(path, "unpacked it is larger than 1,000,000 bytes", limit=1_000_000)


def test_a_large_spec_is_refused(whole, path):
    packed(path, {**whole, "spec.json": b" " * (5 << 20) + whole["spec.json"]}, ZIP_STORED)
    refused(path, "larger than")


@pytest.mark.parametrize("claimed", [10, 1000, 1 << 20])
def test_a_lying_size_costs_no_memory(whole, path, claimed):
    lying(path, whole, lambda info, _: setattr(info, "file_size", claimed), content=bytes(BIG))
    tracemalloc.start()
    try:
        refused(path)
        assert tracemalloc.get_traced_memory()[1] < BIG / 4
    finally:
        tracemalloc.stop()


def test_a_size_that_is_not_reached_is_refused(whole, path):
    lying(path, whole, lambda info, _: setattr(info, "file_size", 1001))
    refused(path, "not the size that it claims")


def test_a_wrong_checksum_is_refused(whole, path):
    lying(path, whole, lambda info, _: setattr(info, "CRC", info.CRC ^ 1))
    refused(path)


def test_overlapping_entries_are_refused(whole, path):
    def same_place(info, infos):
        info.header_offset = infos[-2].header_offset

    lying(path, whole, same_place)
    refused(path, "overlap")

    def inside(info, infos):
        info.header_offset = infos[0].header_offset + 40

    lying(path, whole, inside)
    refused(path, "overlap")

    def longer(info, infos):
        infos[0].compress_size += 1000

    lying(path, whole, longer)
    refused(path, "overlap")


def test_an_entry_before_the_file_is_refused(whole, path):
    content = bytearray(packed(path, whole).read_bytes())
    end = content.rindex(b"PK\x05\x06")
    (offset,) = struct.unpack_from("<L", content, end + 16)
    struct.pack_into("<L", content, end + 16, offset + 5000)  # where the directory claims to be
    path.write_bytes(content)
    refused(path, "no whole zip")


# Names and kinds

NAMES = [
    "../evil", "a/../../evil", "checkpoints/../spec.json", "/etc/passwd", "//host/share", "a//b",
    "./spec.json", "C:/evil", "C:evil", "a\\b", "..\\evil", "log.txt/", "evil.pt", "evil.pkl",
    "nested.zip", "spec.json.zip", "SPEC.JSON", "metrics.db-journal", "metrics.db.bak", "CON",
    "aux.png", "n" * 4096, "\u202espec.json", "log.txt ", "log.txt\n", "👩‍🔬", "snapshots/x",
    "snapshots/deep/fixed.safetensors", "snapshots/step-١٢٣٤٥٦٧٨٩٠.safetensors",
    "checkpoints/step-0000000001/evil.pkl", "checkpoints/step-1/model.safetensors", "other/",
    "evaluation-test-0.json.exe", "evaluation-../../x-0.json", "conftest.py", "sitecustomize.py",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("top", ["", "a run/"])
def test_a_name_that_is_no_part_of_a_run_is_refused(whole, path, name, top):
    packed(path, whole, prefix=top)
    with ZipFile(path, "a") as archive:
        archive.writestr(ZipInfo(name if name.startswith("/") else top + name), b"")
    refused(path)


def test_a_name_with_an_end_inside_is_refused(whole, path):
    lying(path, whole, lambda info, _: setattr(info, "filename", "log.txt\0.png"))
    refused(path, "not plain")


def test_a_name_twice_is_refused(whole, path):
    lying(path, whole, lambda info, _: setattr(info, "filename", "spec.json"))
    refused(path, "twice")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_no_plain_file_is_refused(whole, path, kind):
    info = ZipInfo("log.txt")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    with_entry(path, whole, info, b"/etc/passwd")
    refused(path, "no plain file")


def test_an_encrypted_entry_is_refused(whole, path):
    lying(path, whole, lambda info, _: setattr(info, "flag_bits", info.flag_bits | 1))
    refused(path, "encrypted")


@pytest.mark.parametrize("kind", [ZIP_BZIP2, ZIP_LZMA])
def test_another_way_of_packing_is_refused(whole, path, kind):
    lying(path, whole, lambda *_: None, kind=kind)
    refused(path, "packed in a way")


# Manifests


def manifest(files, **changed):
    sums = {name: digest(content) for name, content in files.items()}
    values = {"version": 1, "made_by": "0.1.0", "sha256": sums, **changed}
    return {**files, "manifest.json": json.dumps(values).encode()}


def test_what_the_manifest_does_not_say_is_refused(whole, path):
    import_run(packed(path, manifest(whole)), RunStore())
    (run,) = RunStore()
    run.folder.rename(path.parent / "away")
    sums = {name: digest(content) for name, content in whole.items()}
    refused(packed(path, {**manifest(whole), "log.txt": b"x"}), "manifest lists")
    refused(packed(path, manifest(whole, sha256={**sums, "log.txt": "0"})), "manifest lists")
    refused(packed(path, manifest(whole, sha256={**sums, "spec.json": "0"})), "checksum")
    refused(packed(path, manifest(whole, sha256=[])), "manifest lists")
    refused(packed(path, manifest(whole, version=2)), "newer version", NewerVersion)
    refused(packed(path, {**whole, "manifest.json": b"[]"}), "no table")
    refused(packed(path, {**whole, "manifest.json": b"[" * 100_000}), "no JSON")


# Specs


def changed_spec(whole, **changed):
    values = {**json.loads(whole["spec.json"]), **changed}
    return {**whole, "spec.json": json.dumps(values).encode()}


def test_a_spec_that_is_none_is_refused(whole, path):
    for content in (b"", b"{", b"[]", b"3", b"\xff", b"{}", b"[" * 100_000, b"9" * 10_000):
        refused(packed(path, {**whole, "spec.json": content}))
    model = {"latent_dim": 10**9, "likelihood": "mse"}
    for changed in (
        {"schema": 0}, {"schema": "1"}, {"dataset": "nope"}, {"dataset": {}},
        {"variant": "os.system"}, {"variant": ["vae"]}, {"model": model}, {"model": 3},
        {"model": {"__class__": 1}},
        {"learning_rate_changes": [[1, 1e999]]}, {"learning_rate_changes": {"a": 1}},
        {"network": "../mlp"}, {"training": None},
    ):  # fmt: skip
        refused(packed(path, changed_spec(whole, **changed)))
    refused(packed(path, changed_spec(whole, schema=99)), "newer version", NewerVersion)


def test_a_spec_with_more_in_it_is_written_anew(whole, path):
    run = import_run(packed(path, changed_spec(whole, evil="<script>")), RunStore())
    assert "evil" not in (run.folder / "spec.json").read_text()


# Databases


def database(whole, path, *statements):
    """The good files with these changes made to `metrics.db`."""
    place = path.with_name("metrics.db")
    place.write_bytes(whole["metrics.db"])
    with closing(sqlite3.connect(place, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)
    content = place.read_bytes()
    place.unlink()
    return packed(path, {**whole, "metrics.db": content})


BAD_ROWS = [
    "INSERT INTO metric VALUES (-1, 'train', 'x', 1.0, 'number')",
    "INSERT INTO metric VALUES (1 << 60, 'train', 'x', 1.0, 'number')",
    "INSERT INTO metric VALUES (1, '<img src=x onerror=alert(1)>', 'x', 1.0, 'number')",
    "INSERT INTO metric VALUES (1, 'train', x'00ff', 1.0, 'number')",
    "INSERT INTO metric VALUES (1, 'train', 'a' || char(10), 1.0, 'number')",
    "INSERT INTO metric VALUES (1, 'train', '', 1.0, 'number')",
    "INSERT INTO metric VALUES (1, 'train', 'x', 9e999, 'number')",
    "INSERT INTO metric VALUES (1, 'train', 'x', 'text', 'number')",
    "INSERT INTO metric VALUES (1, 'train', 'x', x'00', 'number')",
    "INSERT INTO metric VALUES (1.5, 'train', 'x', 1.0, 'number')",
    "INSERT INTO metric VALUES (1, 'train', 'x', 1.0, replace(hex(zeroblob(5000)), '0', 'y'))",
    "INSERT INTO rate VALUES (99, -3, 0.1)",
    "INSERT INTO change VALUES (99, 'fast')",
    "UPDATE status SET value = '{' WHERE key = 'step'",
]


@pytest.mark.parametrize("statement", BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_row_that_no_run_writes_is_refused(whole, path, statement):
    refused(database(whole, path, statement), "metrics.db")


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
PROGRAMS = {
    "view": ["DROP TABLE rate", f"CREATE VIEW rate (step) AS {ENDLESS}"],
    "status view": ["DROP TABLE status", f"CREATE VIEW status (key, value) AS {ENDLESS}"],
    "no status": ["DROP TABLE status"],
    "no key": ["DROP TABLE rate", "CREATE TABLE rate (epoch)", "INSERT INTO rate VALUES (1)"],
    "computed": [
        "DROP TABLE rate",
        "CREATE TABLE rate (step, epoch, learning_rate AS (length(zeroblob(step))))",
        "INSERT INTO rate VALUES (1, 1)",
    ],
    "virtual": ["DROP TABLE rate", "CREATE VIRTUAL TABLE rate USING fts5(step, epoch)"],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_in_place_of_a_table_is_refused(whole, path, name):
    refused(database(whole, path, *PROGRAMS[name]), "metrics.db")


def test_programs_and_tables_beside_the_known_ones_are_left_behind(whole, path):
    database(
        whole,
        path,
        "CREATE TABLE evil (x)",
        "INSERT INTO evil VALUES ('left behind')",
        f"CREATE VIEW endless AS {ENDLESS}",
        "CREATE TRIGGER t AFTER INSERT ON status BEGIN DELETE FROM metric; END",
        "CREATE INDEX i ON metric (value)",
        "INSERT INTO command (action, value) VALUES ('stop', NULL)",
    )
    run = import_run(path, RunStore())
    fresh = Database(path.with_name("fresh.db"))
    fresh.create()
    query = "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2"
    assert table(run, query) == fresh.rows(query)
    fresh.close()
    assert b"left behind" not in (run.folder / "metrics.db").read_bytes()
    assert table(run, "SELECT * FROM command") == []
    assert len(curves(run)) > 8


def test_a_status_holds_only_what_is_true_here(whole, path):
    evil = json.dumps("\u202e<b>" + "x" * 9999)
    database(
        whole,
        path,
        "UPDATE status SET value = '\"running\"' WHERE key = 'state'",
        "INSERT OR REPLACE INTO status VALUES ('pid', '1'), ('pid_started', '1'), ('evil', '1')",
        "INSERT OR REPLACE INTO status VALUES ('step', '-5'), ('epoch', '1e999')",
        f"INSERT OR REPLACE INTO status VALUES ('total_steps', '1{'0' * 400}')",
        "INSERT OR REPLACE INTO status VALUES ('created', '1e15'), ('demo', 'true')",
        f"INSERT OR REPLACE INTO status VALUES ('message', '{evil}')",
    )
    run = import_run(path, RunStore())
    raw = dict(table(run, "SELECT key, value FROM status"))
    speeds = {"steps_per_second", "images_per_second"}
    assert raw.keys() <= {"state", "created", *speeds}
    status = read_status(run)
    assert (status.state, status.step, status.demo) == ("interrupted", 0, False)
    assert status.created < 1e11


@pytest.mark.parametrize("state", ["queued", "nonsense", None, 3])
def test_a_state_that_cannot_be_here_becomes_a_pause(whole, path, state):
    value = json.dumps(state)
    database(whole, path, f"UPDATE status SET value = '{value}' WHERE key = 'state'")
    assert read_status(import_run(path, RunStore())).state == "paused"


def test_no_database_and_a_newer_one_are_refused(whole, path):
    for content in (b"", b"text" * 1000, whole["metrics.db"][:5000], b"SQLite format 3\0" * 300):
        refused(packed(path, {**whole, "metrics.db": content}), "metrics.db")
    without = {name: content for name, content in whole.items() if name != "metrics.db"}
    refused(packed(path, without), "no metrics.db")
    refused(database(whole, path, "PRAGMA user_version = 99"), "newer version", NewerVersion)


# Weights


def checkpoint(whole, **changed):
    """The good files with parts of the checkpoint changed, and checksums that fit them."""
    (folder,) = {name.rsplit("/", 1)[0] for name in whole if name.startswith("checkpoints/")}
    files = {part: whole[f"{folder}/{part}"] for part in PARTS}
    numbers = {**json.loads(files["numbers.json"]), **changed.pop("numbers", {})}
    files["numbers.json"] = json.dumps(numbers).encode()
    files |= {f"{name}.safetensors": content for name, content in changed.items()}
    sums = {part: digest(content) for part, content in files.items()}
    sums["../../../../../etc/passwd"] = "0" * 64
    files[MANIFEST] = json.dumps({"step": 8, "sha256": sums}).encode()
    return {**whole, **{f"{folder}/{part}": content for part, content in files.items()}}


def tensors(whole, part):
    (name,) = [name for name in whole if name.endswith(f"/{part}.safetensors")]
    return unpack(whole[name], part)


def bad_weights(whole):
    model, rest = tensors(whole, "model"), tensors(whole, "rest")
    first, tensor = next(iter(model.items()))
    yield {"model": pack({**model, "extra": torch.zeros(1)})}
    yield {"model": pack({name: tensor for name, tensor in model.items() if name != first})}
    yield {"model": pack({**model, first: torch.zeros(*tensor.shape, 1)})}
    yield {"model": pack({**model, first: tensor.double()})}
    yield {"model": pack({**model, first: torch.zeros(0)})}
    yield {"model": struct.pack("<Q", 2**62) + b"{}"}
    yield {"model": pack(model) + b"tail"}
    yield {"model": b"<html>"}
    yield {"rest": pack({**rest, "os.system": torch.zeros(1)})}
    yield {"rest": pack({**rest, "best.0": torch.zeros(1)})}
    yield {"numbers": {"step": 9}}
    yield {"numbers": {"step": -8}}
    yield {"numbers": {"step": True}}
    yield {"numbers": {"step": "8"}}
    yield {"numbers": {"evil": 1}}
    yield {"numbers": {"terms": [1]}}
    yield {"numbers": {"learning_rate": "fast"}}
    yield {"numbers": {"stopped_early": 2}}


def test_weights_that_do_not_fit_are_left_out(whole, path):
    count = 0
    for changed in bad_weights(whole):
        run = import_run(packed(path, checkpoint(whole, **changed)), RunStore())
        assert listed(run.checkpoints) == [], changed.keys()
        assert "step-0000000008" in read_about(run).provenance
        count += 1
    assert count == 18


def test_a_manifest_cannot_name_files_elsewhere(whole, path):
    run = import_run(packed(path, checkpoint(whole)), RunStore())
    assert weights(run)
    written = (listed(run.checkpoints)[0] / MANIFEST).read_text()
    assert set(json.loads(written)["sha256"]) == set(PARTS)


def test_snapshots_that_do_not_fit_are_left_out(whole, path):
    name = "snapshots/fixed.safetensors"
    fixed = unpack(whole[name], "fixed")
    for content in (
        b"",
        b"<html>",
        pack({**fixed, "more": torch.zeros(1)}),
        pack({**fixed, "inputs": fixed["inputs"].float()}),
        pack({**fixed, "originals": torch.zeros(1, 3, 90, 90, dtype=torch.uint8)}),
        pack({**fixed, "labels": torch.zeros(1, 1)}),
    ):
        run = import_run(packed(path, {**whole, name: content}), RunStore())
        assert not (run.snapshots / "fixed.safetensors").exists()
        assert "Snapshot fixed" in read_about(run).provenance


# Words and figures


def test_words_are_cleaned_and_the_owner_is_who_takes_it_in(whole, path):
    about = {
        "name": "\u202e" + "n" * 999,
        "note": "a\x1b[2J\nb",
        "tags": ["t"] * 50,
        "owner": "victim",
        "demo": True,
        "provenance": "trust me",
        "more": 1,
    }
    files = {**whole, "about.json": json.dumps(about).encode(), "log.txt": b"\x1b]0;evil\x07line\n"}
    run = import_run(packed(path, files), RunStore(), owner="me")
    kept = read_about(run)
    assert (kept.name, kept.note, kept.tags) == ("n" * 80, "a[2J\nb", ("t",))
    assert (kept.owner, kept.demo) == ("me", False)
    assert "trust me" not in kept.provenance
    assert "\x1b" not in (run.folder / "log.txt").read_text()


@pytest.mark.parametrize(
    "result",
    [
        {},
        [],
        {"metrics": {"mse": "low"}},
        {"metrics": {"mse": 1e999}},
        {"metrics": {"<b>": 1.0}},
        {"n": "many"},
        {"baselines": {"<img src=x>": {}}},
        {"baselines": [1]},
        {"counts": {"mse": 1.5}},
        {"counts": {"<b>": 1}},
        {"per_dimension": {"kl": [1.0, "x"]}},
        {"per_dimension": {"kl": 1.0}},
        {"per_dimension": None},
    ],
    ids=range(13),
)
def test_results_that_are_none_are_left_out(whole, path, result):
    good = {"n": 1, "metrics": {"mse": 0.5}, "baselines": {"pca": {"mse": 0.25}},
            "counts": {"mse": 1}, "per_dimension": {"kl": [0.5]}}  # fmt: skip
    key = {"version": EVALUATION, "step": 8, "weights": "0" * 64}
    files = {**whole, "evaluation-test-0.json": json.dumps({**key, "result": good}).encode()}
    assert (import_run(packed(path, files), RunStore()).folder / "evaluation-test-0.json").exists()
    bad = {**good, **result} if result else result
    files["evaluation-test-0.json"] = json.dumps({**key, "result": bad}).encode()
    run = import_run(packed(path, files), RunStore())
    assert not (run.folder / "evaluation-test-0.json").exists()


# Chance


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bits_do_no_more_than_be_refused_or_left_out(whole, path, seed):
    """Of a whole archive, where checksums see all, and of a database alone, where none does."""
    dice = random.Random(seed)
    checked = seed % 2 == 0
    good = packed(path, manifest(whole)).read_bytes() if checked else whole["metrics.db"]
    names, told = set(tensors(whole, "model")), []
    for _ in range(40):
        content = bytearray(good)
        for _ in range(dice.choice((1, 1, 4))):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        if checked:
            path.write_bytes(content)
        else:
            packed(path, {**whole, "metrics.db": bytes(content)}, ZIP_STORED)
        try:
            run = import_run(path, RunStore())
        except InputError as error:
            told.append(str(error))
            continue
        assert set(weights(run)) == names
        assert table(run, "PRAGMA integrity_check") == [("ok",)]
    assert all(is_sentence(message) for message in told)


# The child


def test_the_sentences_of_the_child_come_through(whole, tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "home"))
    path = tmp_path / "hostile.zip"
    refused(packed(path, {**whole, "log.txt": bytes(BIG)}), "100 times")
    refused(packed(path, changed_spec(whole, schema=99)), "newer version", NewerVersion)
    run = import_run(packed(path, whole), RunStore())
    assert weights(run)


def test_nothing_is_unpacked_before_all_is_judged(whole, path, tmp_path):
    packed(path, {**whole, "z.exe": b"x"})
    with pytest.raises(InputError):
        extract(path, tmp_path / "out", 1 << 30)
    assert not (tmp_path / "out").exists()
