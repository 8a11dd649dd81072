"""Own data sets as what is odd: who may choose them, and on which scale they are judged."""

import json

import numpy as np
import pytest
import torch
from own_kit import kept, make_table
from pages_kit import ANNA, BEN, become, shown  # noqa: F401  a fixture
from runs_kit import finished, is_sentence, taken_in
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here

from aecore.__main__ import main
from aecore.catalog.data import find, make_link, open_link
from aecore.catalog.people import OWNER, Person
from aecore.catalog.reindex import take_in
from aecore.catalog.reindex_data import reindex_data
from aecore.catalog.removal import remove
from aecore.datasets import datasets, open_data
from aecore.datasets.own import PREFIX
from aecore.errors import InputError, UnknownName
from aecore.intake.base import Taken
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.reports.suspects import as_shape, suspects_of
from aecore.runs.store import new_id
from aecore.samples import Column
from ui.access import catalog
from ui.selection import RUN

(DETECT,) = (page for page in PAGES if page.stem == "detect")
UNKNOWN = "not here, or not yours to see"


def make_images(title="Noise", owner="", shape=(3, 12, 10), count=60):
    draw = torch.Generator().manual_seed(5)
    samples = torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=draw)
    return kept(Taken("image", samples, torch.arange(count) % 2, ("a", "b")), title, owner)


def rows_like(table, numbers, title="Others"):
    """Rows with the columns of `make_table`: these three numbers each, and the soil "loam"."""
    soil = torch.tensor([[0.0, 1.0, 0.0]]).expand(len(numbers), 3)
    samples = torch.cat([numbers, soil], 1)[:, None, None]
    columns = datasets[table].about.columns
    return kept(Taken("table", samples, torch.zeros(len(numbers)).long(), ("x",), columns), title)


class TestScale:
    def test_images_are_made_to_fit_the_run(self):
        name, data = make_images(), open_data("digits")
        found = suspects_of(data, -1, name, 50)
        expected = as_shape(open_data(name).part("test", 50), (1, 8, 8))
        assert torch.equal(found.images[found.odd], expected)
        assert torch.equal(found.images[~found.odd], data.part("test", 50))
        assert found.title == "Noise"

    def test_rows_are_brought_to_the_scale_of_the_runs_training_split(self):
        mine = make_table()
        numbers = 7 + torch.arange(60.0).view(20, 3)
        numbers[:, 1] = torch.nan
        data = open_data(mine)
        found = suspects_of(data, -1, rows_like(mine, numbers), 100)
        odd = found.images[found.odd].flatten(1)
        assert len(odd) == 4  # a fifth of them is the test split
        raw = open_data(mine).columns
        back = odd[:, [0, 2]] * torch.tensor([raw[0].scale, raw[2].scale])
        back += torch.tensor([raw[0].mean, raw[2].mean])
        near = torch.cdist(back.double(), numbers[:, [0, 2]].double()).min(1)
        assert near.values.max() < 1e-2
        assert len(near.indices.unique()) == 4
        assert odd[:, 1].tolist() == [0.0] * 4  # what is missing is the mean of the run's
        assert odd[:, 3:].tolist() == [[0.0, 1.0, 0.0]] * 4

    def test_the_same_rows_are_what_the_run_sees_of_its_own(self):
        """A copy of the run's own data set looks exactly as that does."""
        mine, again = make_table(), make_table(title="Again")
        data = open_data(mine)
        found = suspects_of(data, -1, again, 1000)
        assert torch.equal(found.images[found.odd], found.images[~found.odd])

    def test_what_does_not_fit_is_told(self):
        data = open_data(make_table())
        renamed = make_table("Renamed", names=("height", "width", "depth", "soil"))
        for name, word in ((renamed, "other columns"), ("digits", "other images only")):
            with pytest.raises(InputError, match=word) as told:
                suspects_of(data, -1, name, 10)
            assert is_sentence(told.value)

    def test_what_was_deleted_is_as_unknown_as_what_never_was(self):
        name, absent = make_images(owner=OWNER), PREFIX + new_id()
        run = taken_in(finished(dataset=name, variant="autoencoder", epochs=1))
        remove(catalog(), Person(OWNER, "owner"), find(catalog(), Person(OWNER, "owner"), name))
        data, told = open_data("digits"), []
        for gone in (name, absent):
            with pytest.raises(UnknownName) as caught:
                suspects_of(data, -1, gone, 10)
            told.append(str(caught.value).replace(gone, "…"))
        assert told[0] == told[1]
        assert run.spec.dataset == name


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        yield taken_in(finished(variant="autoencoder", epochs=2, leave_out=3))


@pytest.fixture
def at_home(run, monkeypatch):
    """The home of `run`."""
    monkeypatch.setenv("AECORE_HOME", str(run.folder.parents[1]))


def measured(at):
    """A page once all that was asked for is made."""
    while Reporter(home()).tick():
        pass
    return at.run()


def offered(at):
    return at.selectbox(key="linked:suspects").options


@pytest.mark.usefixtures("at_home")
class TestAsked:
    def test_the_page_offers_ones_own_and_finds_them(self, run):
        name = make_images("My noise", OWNER)
        at = visit(DETECT, {RUN: run.id})
        assert "My noise, your own, its test images" in offered(at)
        assert not at.warning
        at = visit(DETECT, {RUN: run.id, "suspects": name})
        assert not at.warning
        words = shown(measured(at))
        assert "12 of them odd" in words
        assert "odd images are found" in words
        assert "(My noise)" in words

    def test_the_shell_gives_the_same_and_refuses_in_a_sentence(self, run, capsys):
        name = make_images("Noise of the shell")
        assert main(["detect", run.id, "--suspects", name, "--fit-on", "60", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["suspects"], told["what is odd"]) == (name, "Noise of the shell")
        assert told["odd"] == 12
        best = max(row["ROC-AUC"] for row in told["tables"]["scores"])
        assert best > 0.95  # noise is unlike any digit
        assert main(["detect", run.id, "--suspects", PREFIX + new_id()]) == 2
        assert is_sentence(capsys.readouterr().err.strip())

    def test_a_table_is_offered_what_has_its_columns(self):
        mine, other = make_table(), make_table("Other plants")
        make_table("Renamed", names=("height", "width", "depth", "soil"))
        reindex_data(catalog())
        made = taken_in(finished(dataset=mine, variant="autoencoder", network="mlp", epochs=1))
        at = visit(DETECT, {RUN: made.id})
        assert [one for one in offered(at) if "plants" in one or "Renamed" in one] == [
            "Other plants, your own, its test rows"
        ]
        assert not [one for one in offered(at) if "image" in one]
        assert "choose another data set as what is odd" in shown(at)
        at = visit(DETECT, {RUN: made.id, "suspects": other})
        words = shown(measured(at))
        assert "odd rows are found" in words
        assert "image" not in words.split("Find anomalies")[1].split("Your own suspects")[0]


def test_nobody_finds_with_what_is_not_theirs(become):  # noqa: F811
    made = finished(variant="autoencoder", epochs=1, leave_out=3)
    take_in(catalog(), made, BEN)
    name = make_images("[evil](http://x)", ANNA)
    reindex_data(catalog())
    become(BEN)
    pages = [visit(DETECT, {RUN: made.id, "suspects": one}) for one in (name, PREFIX + new_id())]
    said = {shown(at).replace(name, "") for at in pages}
    assert len(said) == 1
    assert UNKNOWN in said.pop()
    assert not any("evil" in option for at in pages for option in offered(at))
    assert pages[0].selectbox(key="linked:suspects").value == "left_out"
    anna = Person(ANNA, "member")
    row = find(catalog(), anna, name)
    open_link(catalog(), Person(BEN, "member"), make_link(catalog(), anna, row))
    at = visit(DETECT, {RUN: made.id, "suspects": name})
    assert UNKNOWN not in shown(at)
    assert any("evil" in option for option in offered(at))


def test_points_of_one_plane_can_be_held_against_those_of_another():
    data = open_data("toy_plane")
    moved = torch.tensor([[100.0, -50.0]]).repeat(20, 1)[:, None, None]
    columns = tuple(Column(column.name) for column in data.columns)
    name = kept(Taken("points", moved, torch.zeros(20).long(), ("far",), columns), "Far")
    odd = suspects_of(data, -1, name, 10)
    x, y = data.columns
    expected = [(100 - x.mean) / x.scale, (-50 - y.mean) / y.scale]
    assert np.allclose(odd.images[odd.odd].flatten(1).numpy(), expected, rtol=1e-5)
