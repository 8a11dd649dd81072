"""Files that somebody made to do harm (H1 to H17, H19 and H26 of the reliability reference),
through the process with limits: refused in a sentence that helps, or harmless, and nothing left
behind.
"""

import os
import struct
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from hostile_files import CASES, TAIL, Watch, csv_of, odd_cells, palettes, polyglots, some_bad
from intake_kit import class_folders, made, noise, npy, npz, zipped
from runs_kit import is_sentence
from table_kit import mixed

from aecore.datasets import datasets
from aecore.errors import InputError
from aecore.intake import intakes
from aecore.intake.sandboxed import keep, look, take_in
from aecore.paths import home

GROWTH = 50_000_000


def everything(folder):
    """All files and folders outside the home."""
    return {found for found in folder.rglob("*") if home() not in (found, *found.parents)}


def beside():
    """What lies where the tests run, but for what pytest itself may write there meanwhile."""
    return set(os.listdir()) - {".pytest_cache"}


def watched(action, intake, path, called="given"):
    """Do it, and see that memory, disk and home stay as they were."""
    before, here, watch = everything(path.parent), beside(), Watch()
    try:
        if action is look:
            return look(intake, [(path, called)], cancelled=watch)
        return take_in(intake, [(path, called)], "Title", cancelled=watch)
    finally:
        assert watch.grown < GROWTH
        assert everything(path.parent) == before
        assert beside() == here
        partial = [found for found in (home() / "datasets").glob("*") if found.name[0] == "."]
        assert partial == []


def file_of(tmp_path, make):
    path = tmp_path / "given"
    make(path)
    return path


def trip_over(intake, path, called):
    """Have a reader look at what is meant for another: it may refuse, and nothing more."""
    try:
        made(intake).look([path], [called])
    except InputError as error:
        told = error
    else:
        return
    assert is_sentence(told), str(told)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_is_refused_or_harmless(tmp_path, case):
    path = file_of(tmp_path, case.make)
    if case.said:
        with pytest.raises(InputError, match=case.said) as caught:
            watched(take_in, case.intake, path, case.called)
        assert is_sentence(caught.value), str(caught.value)
        assert list((home() / "datasets").glob("*")) == []
        with pytest.raises(InputError, match=case.said):
            made(case.intake).look([path], [case.called])
    else:
        assert made(case.intake).look([path], [case.called])["count"] >= 10
        source = datasets[watched(take_in, case.intake, path, case.called)]
        about = source.about
        assert source(source.Config()).read().images.shape == (about.count, *about.shape)
        kept = sorted(found.name for found in (home() / "datasets").rglob("*") if found.is_file())
        assert kept == ["about.json", "samples.safetensors"]
    for other in set(intakes) - {case.intake}:
        trip_over(other, path, case.called)
    assert {found.name for found in tmp_path.iterdir()} <= {"given", home().name}


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        b"PK\x03\x04" + bytes(500),
        b"PK\x05\x06" + b"\xff" * 18,
        b"PK\x05\x06" + bytes(18),
        b"\x93NUMPY\1\0",
        struct.pack("<Q", 2**62) + b'{"a":{"dtype":"F32"}}',
    ],
    ids=["sign", "zeros", "full", "no entries", "npy", "safetensors"],
)
@pytest.mark.parametrize("intake", ["images", "arrays"])
def test_what_is_no_whole_file_is_refused(tmp_path, intake, content):
    path = file_of(tmp_path, lambda path: path.write_bytes(content))
    with pytest.raises(InputError) as caught:
        made(intake).look([path], ["cat.png"])
    assert is_sentence(caught.value)


def test_names_lead_nowhere(tmp_path):
    case = next(case for case in CASES if case.name.startswith("H5 names"))
    taken = made("images").take([file_of(tmp_path, case.make)], [case.called])
    assert taken.skipped == {"a link or no plain file": 1}
    assert taken.samples.shape == (19, 3, 8, 8)  # a folder is no image
    assert all(len(each) <= 80 and each.isprintable() for each in taken.classes)


def test_what_hides_in_images_is_gone_once_they_are_kept(tmp_path):
    taken = made("images").take([file_of(tmp_path, polyglots)], ["given"])
    assert np.array_equal(taken.samples[3].transpose(1, 2, 0), noise(seed=3))
    (tmp_path / "kept").mkdir()
    keep(taken, tmp_path / "kept", "Title")
    kept = [found.read_bytes() for found in (tmp_path / "kept").iterdir()]
    assert len(kept) == 2
    assert not any(TAIL[:10] in content for content in kept)


def test_what_is_bad_among_good_is_left_out_and_told(tmp_path):
    taken = made("images").take([file_of(tmp_path, some_bad)], ["given"])
    assert taken.skipped == {"empty": 1, "an HTML page": 1, "damaged or cut off": 1}
    told = made("images").look([tmp_path / "given"], ["given"])
    assert any(line.startswith("3 of 120 files skipped: ") for line in told["summary"])


def test_images_that_differ_in_their_palette_stay_different(tmp_path):
    images = made("images").take([file_of(tmp_path, palettes)], ["given"]).samples
    assert images[:, :, 0, 0].tolist() == [[20 * i, 255 - 20 * i, 0] for i in range(10)]


def test_odd_cells_are_text_or_missing(tmp_path):
    path = tmp_path / "given"
    path.write_text(csv_of(odd_cells, "=SUM(A1),b,c,d"))
    taken = made("table").take([path], ["given"])
    assert [column.name for column in taken.columns] == ["=SUM(A1)", "b", "c", "d"]
    assert taken.columns[2].values == ("+cmd|' /C calc'!A0", "-2+3", "=1+1", "@SUM(1,2)")
    assert taken.columns[3].values == tuple(f'two lines, "quoted" {i}' for i in range(3))
    missing = np.isnan(taken.samples[:, 0, 0, 0])
    assert missing.tolist() == [row % 7 < 5 for row in range(60)]


# The process itself


def test_the_largest_growth_is_told_though_memory_was_given_back(monkeypatch):
    sizes = iter([100, 100, 100 + 2 * GROWTH, 90])
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: SimpleNamespace(rss=next(sizes)))
    watch = Watch()
    assert watch.grown == 0
    assert not watch()
    assert watch.grown == 2 * GROWTH


def test_no_child_needs_torch(tmp_path):
    """It takes seconds to import and most of the memory that a child would have."""
    zipped(tmp_path / "0", class_folders())
    npz(tmp_path / "1.npz", x=noise(12, 6, 5), y=np.arange(12) % 2)
    (tmp_path / "2").write_text(mixed())
    (tmp_path / "3").write_bytes(npy(np.arange(240.0).reshape(2, 120)))
    code = """
import sys
from aecore.intake.child import look_here, take_here
given = [("images", "0", {}), ("arrays", "1.npz", {}), ("table", "2", {"label": "kind"}),
         ("series", "2", {"window": 6}), ("series", "3", {"window": 8})]
for number, (intake, name, options) in enumerate(given):
    assert look_here(intake, [name], [name], options)["count"]
    assert take_here(intake, [name], [name], options, f"kept {number}")["count"] >= 10
    assert "torch" not in sys.modules, intake
"""
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_a_file_is_that_which_torch_would_write(tmp_path):
    import torch
    from own_kit import as_arrays
    from safetensors.torch import save

    from aecore.intake.base import Taken
    from aecore.intake.keeping import write_samples
    from aecore.samples import Column

    tensors = {"samples": torch.randn(12, 1, 1, 4), "labels": torch.arange(12) % 3,
               "metadata.0": torch.randn(12)}  # fmt: skip
    tensors["samples"][3, 0, 0, 1:] = torch.nan
    beside = ((Column("known"), tensors["metadata.0"]),)
    columns = tuple(Column(name) for name in "abcd")
    taken = as_arrays(Taken("table", tensors["samples"], tensors["labels"], tuple("xyz"), columns,
                            beside))  # fmt: skip
    facts = write_samples(taken, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == save(tensors)
    assert (facts["count"], facts["complete"], facts["bytes"]) == (12, 11, len(save(tensors)))


def test_a_cancelled_look_is_told(tmp_path):
    path = zipped(tmp_path / "z.zip", class_folders())
    with pytest.raises(InputError, match="cancelled"):
        look("images", [(path, "z.zip")], cancelled=lambda: True)
    with pytest.raises(InputError, match="cancelled"):
        take_in("images", [(path, "z.zip")], "Title", cancelled=lambda: True)
    assert list((home() / "datasets").glob("*")) == []


def test_a_good_look_answers_from_the_child(tmp_path):
    path = zipped(tmp_path / "z.zip", class_folders())
    told = watched(look, "images", path, "z.zip")
    assert told == made("images").look([path], ["z.zip"])
