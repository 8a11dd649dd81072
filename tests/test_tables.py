"""Samples that are no images: their scale, their losses, their pictures, the bundled tables."""

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from runs_kit import is_sentence
from safetensors.torch import load_file, save_file
from table_kit import mixed, taken, written

from aecore.config import knobs
from aecore.datasets import SPLITS, SplitConfig, datasets, open_data
from aecore.datasets.own import ABOUT, PREFIX, SAMPLES, folder_of
from aecore.datasets.pictures import pictures
from aecore.datasets.scaling import moments, scaled
from aecore.errors import DataUnavailable, InputError, NewerVersion, UnknownName
from aecore.glyphs import AXIS, MARK, SIDE
from aecore.intake.sandboxed import keep, take_in
from aecore.models import empty_model, new_model, outputs, variants
from aecore.models.likelihoods import LIKELIHOODS
from aecore.networks import networks
from aecore.runs import RunSpec
from aecore.runs.store import new_id
from aecore.samples import Column, Layout, groups_of
from aecore.training import TrainConfig, TrainingSession
from tests.kit import corruption_for, play

BUNDLED = {"wine": "load_wine", "breast_cancer": "load_breast_cancer", "iris": "load_iris"}
COLOUR = Column("colour", "category", ("red", "green", "blue"))
MIXED = (Column("a"), COLOUR, Column("b"))
"""Columns that take five numbers; those of the category from 1 to 4."""


@pytest.fixture
def draw():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("name", BUNDLED)
class TestBundled:
    def test_is_what_scikit_learn_has(self, name):
        from sklearn import datasets as theirs

        bunch, source = getattr(theirs, BUNDLED[name])(), datasets[name](datasets[name].Config())
        pool = source.read()
        assert np.allclose(pool.images[:, 0, 0].numpy(), bunch.data)
        assert pool.labels.tolist() == bunch.target.tolist()
        assert len(source.columns) == bunch.data.shape[1] == source.shape[2]
        assert len(source.classes) == len(bunch.target_names)

    def test_names_mean_the_same_as_theirs(self, name):
        from sklearn import datasets as theirs

        bunch = getattr(theirs, BUNDLED[name])()
        ours = [column.name.split()[-1] for column in datasets[name](None).columns]
        if name == "breast_cancer":
            assert ours == [each.removesuffix(" error").split()[-1] for each in bunch.feature_names]
            assert datasets[name](None).classes == ("Malignant", "Benign")
            assert list(bunch.target_names) == ["malignant", "benign"]
        if name == "iris":
            names = [column.name for column in datasets[name](None).columns]
            assert names == bunch.feature_names

    def test_the_scale_is_that_of_a_standard_scaler(self, name):
        from sklearn.preprocessing import StandardScaler

        data = open_data(name)
        raw = datasets[name](None).read().images.flatten(1).double().numpy()
        theirs = StandardScaler().fit(raw[data.splits["train"]])
        assert np.allclose(data.images.flatten(1), theirs.transform(raw), atol=2e-5)
        assert np.allclose([column.mean for column in data.columns], theirs.mean_)
        assert np.allclose([column.scale for column in data.columns], theirs.scale_)

    def test_splits_are_as_promised(self, name):
        data = open_data(name)
        assert data.size("train") == datasets[name](None).train_size
        assert sum(data.size(part) for part in SPLITS) == len(data.images)

    def test_is_ready_to_be_trained_on(self, name):
        spec = RunSpec.from_flat({"dataset": name})
        assert spec.make_source().layout.kind == "table"
        assert spec.model.likelihood in ("mse", "gaussian")


class TestScale:
    def test_only_the_training_split_decides(self, draw):
        samples = torch.randn(50, 1, 1, 3, generator=draw)
        other = samples.clone()
        other[40:] *= 100
        columns, train = (Column("a"), Column("b"), Column("c")), torch.arange(40)
        _, first = scaled(samples, train, "table", columns)
        _, again = scaled(other, train, "table", columns)
        assert first == again

    def test_what_is_missing_is_the_mean_and_does_not_count(self):
        samples = torch.tensor([1.0, math.nan, 3.0, 5.0, 100.0]).view(5, 1, 1, 1)
        known, (column,) = scaled(samples, torch.arange(4), "table", (Column("a"),))
        assert (column.mean, column.scale) == (3.0, pytest.approx(math.sqrt(8 / 3)))
        assert known[1].item() == 0
        assert known[4].item() == pytest.approx(97 / math.sqrt(8 / 3))

    def test_a_constant_and_an_unknown_column_have_the_scale_1(self):
        samples = torch.tensor([[1e6, math.nan], [1e6, math.nan], [1e6 + 2, 7.0]])
        known, columns = scaled(
            samples[:, None, None], torch.arange(2), "table", (Column("a"), Column("b"))
        )
        assert [(c.mean, c.scale) for c in columns] == [(1e6, 1.0), (0.0, 1.0)]
        assert known[:, 0, 0].tolist() == [[0, 0], [0, 0], [2, 7]]

    def test_categories_stay_as_they_are(self, draw):
        samples = torch.randn(30, 1, 1, 5, generator=draw)
        codes = F.one_hot(torch.arange(30) % 3, 3).float()
        samples[:, 0, 0, 1:4] = codes
        known, columns = scaled(samples, torch.arange(30), "table", MIXED)
        assert torch.equal(known[:, 0, 0, 1:4], codes)
        assert columns[1] == COLOUR
        assert known[:, 0, 0, 4].mean().item() == pytest.approx(0, abs=1e-6)

    def test_points_keep_their_shape(self, draw):
        points = torch.randn(40, 1, 1, 2, generator=draw) * torch.tensor([5.0, 1.0]) + 3
        before = points[:, 0, 0].clone()
        known, (x, y) = scaled(points, torch.arange(40), "points", (Column("x"), Column("y")))
        assert x.scale == y.scale == pytest.approx(before.var(0, correction=0).mean().sqrt().item())
        after = known[:, 0, 0].double()
        ours, theirs = torch.pdist(after) * x.scale, torch.pdist(before.double())
        assert torch.allclose(ours, theirs, atol=1e-5)

    def test_series_have_one_scale_a_channel(self, draw):
        series = torch.randn(20, 2, 1, 7, generator=draw) * torch.tensor([1, 9.0])[:, None, None]
        before, train = series.clone(), torch.arange(12)
        known, columns = scaled(series, train, "series", (Column("a"), Column("b")))
        for channel, column in enumerate(columns):
            values = before[:12, channel].double()
            assert column.mean == pytest.approx(values.mean().item(), abs=1e-6)
            assert column.scale == pytest.approx(values.std(correction=0).item(), rel=1e-6)
            undone = known[:, channel] * column.scale + column.mean
            assert torch.allclose(undone, before[:, channel], atol=1e-5)

    def test_parts_do_not_change_it(self, draw, monkeypatch):
        values = torch.randn(100, 3, generator=draw) + 1000
        values[3, 1] = math.nan
        whole = moments(values, torch.arange(100))
        monkeypatch.setattr("aecore.datasets.scaling.CHUNK", 7)
        for ours, theirs in zip(moments(values, torch.arange(100)), whole, strict=True):
            assert torch.allclose(ours, theirs, rtol=1e-12)
        expected = np.nanstd(values.double().numpy(), 0)
        assert np.allclose(whole[1], expected, rtol=1e-10)


class TestOutputs:
    groups = groups_of(MIXED)

    def test_groups(self):
        assert self.groups == ((1, 4),)

    def test_distance_is_cross_entropy_beside_squares(self, draw):
        raw = torch.randn(6, 1, 1, 5, generator=draw, requires_grad=True)
        target = torch.randn(6, 1, 1, 5, generator=draw)
        labels = torch.arange(6) % 3
        target[:, 0, 0, 1:4] = F.one_hot(labels, 3).float()
        ours = outputs.distance(raw, target, self.groups).sum()
        flat = raw.flatten(1)
        theirs = F.cross_entropy(flat[:, 1:4], labels, reduction="sum")
        for place in (0, 4):
            theirs = theirs + (flat[:, place] - target[:, 0, 0, place]).square().sum()
        assert ours.item() == pytest.approx(theirs.item(), rel=1e-6)
        (mine,) = torch.autograd.grad(ours, raw)
        (other,) = torch.autograd.grad(theirs, raw)
        assert torch.allclose(mine, other, atol=1e-6)
        # of a softmax below a cross-entropy: shares minus truth
        by_hand = flat[:, 1:4].softmax(1) - F.one_hot(labels, 3)
        assert torch.allclose(mine.flatten(1)[:, 1:4], by_hand, atol=1e-6)

    def test_a_missing_category_costs_nothing(self, draw):
        raw, target = torch.randn(4, 1, 1, 5, generator=draw), torch.zeros(4, 1, 1, 5)
        assert outputs.distance(raw, target, self.groups)[..., 1:4].abs().max() == 0

    def test_pictures_are_shares_and_the_mean_has_its_raw_numbers(self, draw):
        raw = torch.randn(4, 1, 1, 5, generator=draw)
        shares = outputs.picture(raw, self.groups)
        assert torch.allclose(shares[..., 1:4].sum(-1), torch.ones(4, 1, 1))
        assert torch.equal(shares[..., 0], raw[..., 0])
        mean = torch.tensor([0.5, 0.2, 0.3, 0.5, -1]).view(1, 1, 5)
        back = outputs.picture(outputs.raw_of(mean, self.groups)[None], self.groups)[0]
        assert torch.allclose(back, mean, atol=1e-6)

    @pytest.mark.parametrize("sigma", [0.1, 0.7])
    def test_a_gaussian_with_categories_is_a_density_of_both(self, draw, sigma):
        from torch.distributions import Categorical, Normal

        raw, target = (torch.randn(6, 1, 1, 5, generator=draw) for _ in range(2))
        labels = torch.arange(6) % 3
        target[:, 0, 0, 1:4] = F.one_hot(labels, 3).float()
        likelihood = LIKELIHOODS["mse"](sigma, torch.Size((1, 1, 5)), self.groups)
        distance = likelihood.distance(raw, target).flatten(1).sum(1)
        ours = likelihood.nats(distance) + likelihood.log_normaliser()
        flat, true = raw.flatten(1), target.flatten(1)
        density = Normal(flat[:, [0, 4]], sigma).log_prob(true[:, [0, 4]]).sum(1)
        density += Categorical(logits=flat[:, 1:4]).log_prob(labels)
        assert torch.allclose(ours, -density, rtol=1e-5)


class TestPictures:
    def test_a_row_is_bars_up_and_down(self):
        row = torch.tensor([3.0, 0, 1, 0, -3.0]).view(1, 1, 1, 5)
        (picture,) = pictures(row, "table", MIXED)
        each = SIDE // 3
        assert picture.shape == (1, SIDE, 3 * each)
        up, step, down = (picture[0, :, place * each] for place in range(3))
        assert (up == MARK).nonzero().flatten().tolist() == list(range(SIDE // 2 + 1))
        assert (down == MARK).nonzero().flatten().tolist() == list(range(SIDE // 2, SIDE))
        low, high = SIDE // 3, 2 * SIDE // 3  # the second of three steps
        assert (step == MARK).nonzero().flatten().tolist() == list(range(low, high))
        assert picture[0, SIDE // 2, each - 1] == AXIS

    def test_a_window_is_its_line(self):
        window = torch.tensor([-3.0, 3.0, 3.0]).view(1, 1, 1, 3)
        (picture,) = pictures(window, "series", (Column("a"),))
        assert picture.shape == (1, SIDE, 3)
        lit = [(picture[0, :, step] == MARK).nonzero().flatten().tolist() for step in range(3)]
        assert lit == [[SIDE - 1], list(range(SIDE)), [0]]

    def test_a_point_is_a_dot_in_its_quarter(self):
        (picture,) = pictures(torch.tensor([1.5, 1.5]).view(1, 1, 1, 2), "points", ())
        lit = (picture[0] == MARK).nonzero()
        assert len(lit) == 9
        assert lit.float().mean(0).tolist() == [8, 23]  # up and to the right

    def test_images_are_their_own(self):
        image = torch.arange(4, dtype=torch.uint8).view(1, 1, 2, 2)
        assert torch.equal(pictures(image, "image", ()), image)


@pytest.fixture
def own(tmp_path):
    """The name of a small own table with categories, dates, missing and infinite values."""
    number = new_id()
    folder = folder_of(PREFIX + number)
    folder.mkdir(parents=True)
    keep(taken(tmp_path, mixed(), label="kind"), folder, "Mixed")
    return PREFIX + number


class TestOwnTables:
    def test_is_kept_with_all_that_is_known_of_it(self, own):
        source = datasets[own](datasets[own].Config())
        assert (source.title, source.kind, source.classes) == ("Mixed", "table", ("a", "b", "c"))
        assert source.shape == (1, 1, 6)
        assert source.layout == Layout("table", ((1, 4),))
        assert source.about.suggested["latent_dim"] == 2
        assert (source.about.count, source.about.complete) == (60, 54)

    @pytest.mark.parametrize(("missing", "count"), [("mean", 60), ("drop", 54)])
    def test_missing_values(self, own, missing, count):
        kind = datasets[own]
        options = kind.Config(missing=missing)
        data = open_data(own, options)
        assert len(data.images) == count == len(data.labels)
        assert data.size("train") == kind(options).train_size
        assert data.images.isfinite().all()
        raw = kind(options).read().images
        assert bool(raw.isnan().any()) == (missing == "mean")
        assert (data.images[raw.isnan()] == 0).all()

    def test_a_damaged_file_is_told(self, own):
        path = folder_of(own) / SAMPLES
        content = path.read_bytes()
        for broken in (content[:-9], b"", content[:8] + b"}" + content[9:]):
            path.write_bytes(broken)
            with pytest.raises(DataUnavailable, match="damaged") as told:
                open_data(own)
            assert is_sentence(told.value)
        save_file({"samples": torch.zeros(3, 1, 1, 6), "labels": torch.zeros(3)}, path)
        with pytest.raises(DataUnavailable, match="damaged"):
            open_data(own)
        path.unlink()
        with pytest.raises(DataUnavailable, match="gone"):
            open_data(own)

    def test_comes_the_same_through_the_process_with_limits(self, own, tmp_path):
        ((path,), (name,)) = written(tmp_path, mixed())
        again = take_in("table", [(path, name)], "Mixed", {"label": "kind"})
        assert torch.equal(open_data(again).images, open_data(own).images)
        assert datasets[again](None).about.rules == datasets[own](None).about.rules

    def test_what_a_newer_version_made_is_not_guessed_at(self, own):
        path = folder_of(own) / ABOUT
        path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
        with pytest.raises((NewerVersion, UnknownName)) as told:
            datasets[own]
        assert is_sentence(told.value)


def generated():
    """60 rows of two numbers that depend on a category, beside it: a table without a file."""
    draw = torch.Generator().manual_seed(1)
    labels = torch.randint(3, (240,), generator=draw)
    samples = torch.zeros(240, 1, 1, 5)
    samples[:, 0, 0, 1:4] = F.one_hot(labels, 3).float()
    samples[:, 0, 0, [0, 4]] = labels[:, None] + 0.3 * torch.randn(240, 2, generator=draw)
    data = open_data("wine")
    order = torch.randperm(240, generator=draw)
    splits = {"train": order[:160], "validation": order[160:200], "test": order[200:]}
    known, columns = scaled(samples, splits["train"], "table", MIXED)
    return type(data)(
        "generated", "Generated", "none", known, labels, ("a", "b", "c"), splits,
        kind="table", columns=columns,
    )  # fmt: skip


TABLES = {"wine": lambda: open_data("wine", splits=SplitConfig()), "generated": generated}


def model_on(variant, data, seed=0):
    kind, network = variants[variant], networks["mlp"]
    config = {"latent_dim": 3, "likelihood": "mse"}
    declared = {knob.name for knob in knobs(kind.Config)}
    values = {name: value for name, value in config.items() if name in declared}
    made = network(network.Config(width=32), data.shape)
    return new_model(variant, kind.Config(**values), made, data.mean, seed, data.layout)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("variant", variants)
def test_every_variant_trains_on_tables_or_says_why_not(variant, name, tmp_path):
    data = TABLES[name]()
    if "table" not in variants[variant].kinds:
        with pytest.raises(InputError, match="images") as told:
            model_on(variant, data)
        assert is_sentence(told.value)
        return
    model = model_on(variant, data)
    # 20 steps: of 106 or 160 rows, 5 epochs of 4 batches or 4 of 5
    batch = data.size("train") // 4
    config = TrainConfig(device="cpu", epochs=5, batch_size=batch, schedule="constant", warmup=0)
    corruption = corruption_for(variant).on("table")
    session = TrainingSession(model, data, corruption, config)
    assert session.total_steps == 20
    before = session.validation.terms(session.model)
    play(session)
    after = session.validation.terms(session.model)
    assert sum(after.values()) < sum(before.values())
    trained, x = session.model.eval(), data.part("test", 5)
    shares = trained(x).detach().flatten(1)
    for start, stop in data.layout.groups:
        assert torch.allclose(shares[:, start:stop].sum(1), torch.ones(5), atol=1e-5)
    save_file(trained.state_dict(), tmp_path / "weights.safetensors")
    network = networks["mlp"](networks["mlp"].Config(width=32), data.shape)
    copy = empty_model(variant, model.config, network, "cpu", data.layout).eval()
    copy.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(copy(x), trained(x))


@pytest.mark.parametrize("variant", [name for name in variants if "table" in variants[name].kinds])
def test_gradients_reach_every_parameter_on_a_table(variant):
    data = generated()
    model = model_on(variant, data)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=draw))
    torch.manual_seed(0)
    x = data.part("train", 12)
    sum(model.loss(x + 0.1 * torch.randn(x.shape), x).values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.count_nonzero() > 0, name


def test_categories_take_squared_error_only():
    data, network = generated(), networks["mlp"]
    for likelihood in ("gaussian", "bce", "continuous_bernoulli"):
        config = variants["vae"].Config(likelihood=likelihood)
        made = network(network.Config(), data.shape)
        with pytest.raises(InputError, match="mse") as told:
            new_model("vae", config, made, data.mean, 0, data.layout)
        assert is_sentence(told.value)
