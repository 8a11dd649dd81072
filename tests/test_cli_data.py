"""`datasets add`, `show` and `delete`: files of one's own from the shell, told in words or JSON."""

import io
import stat
import zipfile

import numpy as np
import pytest
import torch
from data_kit import CLASSES, in_process, zip_of_shapes
from runs_kit import finished, taken_in
from test_cli import refused, shell, strict  # noqa: F401  a fixture

from aecore.catalog.data import listed, used_by
from aecore.catalog.people import OWNER, Person
from aecore.catalog.store import Catalog
from aecore.cli.data import _files
from aecore.datasets import open_data
from aecore.paths import home

ME = Person(OWNER, "owner")
CSV = "size,colour,kind\n" + "".join(
    f"{k / 4},{('red', 'blue')[k % 2]},{('a', 'b', 'c')[k % 3]}\n" for k in range(30)
)


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Intakes in this process: the sandbox has tests of its own."""
    in_process(monkeypatch)


@pytest.fixture
def files(tmp_path):
    """One file of each kind that people bring."""
    (tmp_path / "shapes.zip").write_bytes(zip_of_shapes(10))
    (tmp_path / "things.csv").write_text(CSV)
    images = np.arange(20 * 6 * 5, dtype=np.uint8).reshape(20, 6, 5)
    np.save(tmp_path / "pictures.npy", images)
    return tmp_path


def added(call, *words):
    """The name of a data set that was just taken in."""
    status, out, err = call("datasets", "add", *words)
    assert (status, err) == (0, ""), (out, err)
    return out.strip()


def rows():
    catalog = Catalog()
    try:
        return listed(catalog, ME)
    finally:
        catalog.close()


def test_a_zip_of_class_folders(shell, files):  # noqa: F811
    name = added(shell, files / "shapes.zip", "--name", "My shapes")
    data = open_data(name)
    assert (data.title, data.classes, data.kind) == ("My shapes", CLASSES, "image")
    assert len(data.images) == 20
    status, out, err = shell("datasets", "show", name)
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"{name}  My shapes"
    assert "20 samples (image) of 1×12×12." in out
    assert "2 classes: discs, squares" in out
    assert "Skipped 1:" in out  # the text among the images
    assert out.endswith("Runs trained on it: 0.\n")


def test_a_folder_is_taken_like_its_zip(shell, files):  # noqa: F811
    with zipfile.ZipFile(files / "shapes.zip") as archive:
        for name in archive.namelist():
            target = files / "folder" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
    (files / "folder" / ".hidden.png").write_bytes(b"x")
    (files / "folder" / "discs" / "link.png").symlink_to(files / "things.csv")
    first = open_data(added(shell, files / "shapes.zip"))
    again = open_data(added(shell, files / "folder"))
    assert again.title == "folder"
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    with _files([files / "folder"]) as ((packed, _),):
        assert stat.S_ISREG(packed.stat().st_mode)
    assert not packed.exists()


def test_a_table_with_a_label(shell, files):  # noqa: F811
    out = shell("datasets", "add", files / "things.csv", "--label", "kind", "--json")[1]
    told = strict(out)
    assert (told["kind"], told["title"], told["label"]) == ("table", "things", "kind")
    assert told["classes"] == ["a", "b", "c"]
    assert [column["name"] for column in told["columns"]] == ["size", "colour"]
    assert "owner" not in told
    data = open_data(told["name"])
    assert torch.bincount(data.labels).tolist() == [10, 10, 10]
    assert data.columns[1].values == ("blue", "red")


def test_an_array_of_images(shell, files):  # noqa: F811
    data = open_data(added(shell, files / "pictures.npy"))
    expected = torch.arange(600).to(torch.uint8).view(20, 1, 6, 5)
    assert torch.equal(data.images, expected)


def test_show_and_delete_tell_machines_the_same(shell, files):  # noqa: F811
    name = added(shell, files / "pictures.npy", "--name", "Pictures")
    told = strict(shell("datasets", "show", name, "--json")[1])
    assert (told["name"], told["title"], told["count"], told["runs"]) == (name, "Pictures", 20, 0)
    assert told["shape"] == [1, 6, 5]
    listed_names = [item["name"] for item in strict(shell("datasets", "--json")[1])]
    assert listed_names[0] == name
    assert strict(shell("datasets", "delete", name, "--json")[1]) == {"deleted": name, "runs": 0}
    assert rows() == []
    for action in ("show", "delete"):
        assert "no data set" in refused(shell("datasets", action, name))


def test_delete_says_which_runs_stay(shell, files):  # noqa: F811
    name = added(shell, files / "pictures.npy")
    run = taken_in(finished(dataset=name, variant="autoencoder", epochs=1))
    catalog = Catalog()
    assert used_by(catalog, name) == 1
    catalog.close()
    status, out, err = shell("datasets", "delete", name)
    assert (status, err) == (0, "")
    assert out == f"{name} is deleted. Runs that were trained on it and stay: 1.\n"
    assert not list((home() / "datasets").rglob("samples.safetensors"))
    assert "was deleted" in refused(shell("evaluate", run.id))


def test_two_of_one_name_are_two(shell, files):  # noqa: F811
    """A name is a title for people; what tells data sets apart is the id."""
    names = {added(shell, files / "pictures.npy", "--name", "Same") for _ in range(2)}
    assert len(names) == 2
    assert [row.title for row in rows()] == ["Same", "Same"]
    shell("datasets", "delete", names.pop())
    assert [row.name for row in rows()] == list(names)


def npy_of_objects():
    target = io.BytesIO()
    np.save(target, np.array([{}] * 20), allow_pickle=True)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words", "part"),
    [
        ("broken.zip", b"PK nonsense", [], "broken.zip"),
        ("objects.npy", npy_of_objects(), [], "objects"),
        ("few.csv", b"a,b\n1,2\n3,4\n", [], "at least 10"),
        ("things.csv", CSV.encode(), ["--label", "colourr"], "colourr"),
        ("things.csv", CSV.encode(), ["--fit", "crop"], "no setting 'fit'"),
        ("things.csv", CSV.encode(), ["--wings", "2"], "--wings"),
        ("things.csv", CSV.encode(), ["--as", "magic"], "magic"),
        ("notes.docx", b"x", [], "notes.docx"),
    ],
)
def test_what_is_refused_leaves_nothing(shell, tmp_path, name, content, words, part):  # noqa: F811
    (tmp_path / name).write_bytes(content)
    answer = shell("datasets", "add", tmp_path / name, *words)
    assert part in refused(answer)
    assert answer[1] == ""
    assert rows() == []
    folder = home() / "datasets"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_paths_and_names_that_are_not_there(shell, tmp_path):  # noqa: F811
    assert "There is no file or folder" in refused(shell("datasets", "add", tmp_path / "no.zip"))
    (tmp_path / "empty").mkdir()
    assert "no file in" in refused(shell("datasets", "add", tmp_path / "empty"))
    assert "PATH" in refused(shell("datasets", "add"))
    for action in ("show", "delete"):
        for name in ("own-" + "0" * 20, "own-../../etc", "digits"):
            assert "no data set" in refused(shell("datasets", action, name))
        assert "NAME" in refused(shell("datasets", action))
