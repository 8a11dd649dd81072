"""Data sets: what every source promises, the splits, and what is special about single ones."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from aecore.config import knobs
from aecore.datasets import SPLITS, DataSource, ImageData, SplitConfig, datasets, open_data
from aecore.datasets.splits import Pool, split
from aecore.errors import AecoreError, DataUnavailable, InputError, StoreError
from aecore.paths import data_root, home

BUNDLED = [name for name, kind in datasets.items() if kind.fetch is DataSource.fetch]
KNOWN = {"mnist": "mnist_or_like"}
"""Sources whose files a fixture has."""


@pytest.fixture(params=[*BUNDLED, *KNOWN])
def offline(request, monkeypatch):
    """Each source that can be read without a network, by name."""
    if request.param in KNOWN:
        root = request.getfixturevalue(KNOWN[request.param])
        monkeypatch.setenv("AECORE_DATA", str(root))
    return request.param


@pytest.fixture
def data(offline):
    return open_data(offline)


def source(name, **settings):
    kind = datasets[name]
    return kind(kind.Config(**settings))


def turned(samples):
    """Others of the same type, each pixel and each number."""
    return 255 - samples if samples.dtype == torch.uint8 else 1 - samples


def numbers(data, part):
    return set(data.splits[part].tolist())


@pytest.mark.parametrize("name", list(datasets))
class TestEverySource:
    def test_tells_people_what_it_is(self, name):
        kind = datasets[name]
        assert kind.name == name
        assert kind.title.strip()
        assert kind.summary.endswith(".")
        assert kind.licence.strip()

    def test_is_known_before_it_is_read(self, name):
        it = source(name)
        channels, height, width = it.shape
        if it.kind == "image":
            assert channels in (1, 3)
            assert min(height, width) >= 8
        else:
            wide = width if it.kind == "series" else 1
            assert sum(column.width for column in it.columns) * wide == channels * height * width
        assert it.train_size > 0
        assert len(set(it.classes)) == len(it.classes) > (it.kind == "image")

    def test_suggests_only_plain_values(self, name):
        assert all(
            isinstance(value, int | float | str) for value in datasets[name].suggested.values()
        )

    def test_declares_its_settings(self, name):
        assert all(knob.help for knob in knobs(datasets[name].Config))

    def test_refuses_the_settings_of_another(self, name):
        with pytest.raises(InputError, match="Config"):
            open_data(name, SplitConfig())


class TestContract:
    def test_samples_are_of_the_promised_shape_and_use_their_range(self, data, offline):
        assert data.images.is_contiguous()
        assert data.shape == source(offline).shape
        assert data.kind == datasets[offline].kind
        if data.kind == "image":
            assert data.images.dtype == torch.uint8
            assert data.images.max() > 200
        else:
            assert data.images.dtype == torch.float32
            assert data.images.isfinite().all()
            assert float(data.part("train").square().mean()) == pytest.approx(1, abs=1e-3)

    def test_what_is_known_besides_has_a_number_for_each_sample(self, data, offline):
        assert tuple(data.metadata) == tuple(c.name for c in source(offline).metadata)
        for values in data.metadata.values():
            assert values.shape == (len(data.images),)
            assert values.dtype == torch.float32
            assert values.std() > 0

    def test_labels_are_classes(self, data):
        assert data.labels.dtype == torch.int64
        assert len(data.labels) == len(data.images)
        assert set(data.labels.unique().tolist()) == set(range(len(data.classes)))

    def test_train_size_is_as_promised(self, data, offline):
        assert data.size("train") == source(offline).train_size

    def test_splits_cover_and_do_not_overlap(self, data):
        every = torch.cat([data.splits[part] for part in SPLITS])
        assert torch.equal(every.sort().values, torch.arange(len(data.images)))

    def test_same_seed_same_cut(self, data, offline):
        again = open_data(offline)
        assert all(torch.equal(data.splits[part], again.splits[part]) for part in SPLITS)

    def test_other_seed_other_cut(self, data, offline):
        other = open_data(offline, splits=SplitConfig(split_seed=1))
        assert numbers(data, "train") != numbers(other, "train")

    def test_train_limit_leaves_the_rest_alone(self, data, offline):
        few = open_data(offline, splits=SplitConfig(train_limit=50))
        assert torch.equal(few.splits["train"], data.splits["train"][:50])
        assert numbers(few, "test") == numbers(data, "test")

    def test_mean_and_std_are_those_of_the_training_images(self, offline):
        data = open_data(offline, splits=SplitConfig(train_limit=5000))
        x = data.part("train").double() / (255 if data.kind == "image" else 1)
        assert torch.allclose(data.mean.double(), x.mean(0), atol=1e-6)
        assert torch.allclose(data.std.double(), x.std((0, 2, 3), correction=0), atol=1e-6)

    def test_other_splits_do_not_change_mean_and_std(self, data):
        images = data.images.clone()
        for part in ("validation", "test"):
            images[data.splits[part]] = turned(images[data.splits[part]])
        changed = ImageData(
            data.name, data.title, data.licence, images, data.labels, data.classes, data.splits
        )
        assert torch.equal(changed.mean, data.mean)
        assert torch.equal(changed.std, data.std)

    def test_training_images_do_change_the_mean(self, data):
        images = data.images.clone()
        images[data.splits["train"][0]] = turned(images[data.splits["train"][0]])
        changed = ImageData(
            data.name, data.title, data.licence, images, data.labels, data.classes, data.splits
        )
        assert not torch.equal(changed.mean, data.mean)

    def test_part_and_labels_belong_together(self, data):
        rows = data.splits["validation"][:7]
        assert torch.equal(data.part("validation", 7), data.images[rows])
        assert torch.equal(data.part_labels("validation", 7), data.labels[rows])


class TestSplit:
    @pytest.mark.parametrize("count", [5, 7, 99, 1797])
    def test_without_an_official_test_split(self, count):
        pool = Pool(torch.zeros(count, 1, 2, 2, dtype=torch.uint8), torch.zeros(count).long())
        parts = split(pool, SplitConfig(), ("one",))
        assert len(parts["test"]) == len(parts["validation"]) == round(0.2 * count)
        assert sorted(torch.cat(list(parts.values())).tolist()) == list(range(count))

    def test_official_test_images_never_train(self):
        test = torch.tensor([0, 3, 9])
        pool = Pool(torch.zeros(10, 1, 2, 2, dtype=torch.uint8), torch.zeros(10).long(), test)
        for seed in range(20):
            parts = split(pool, SplitConfig(split_seed=seed), ("one",))
            assert parts["test"].tolist() == [0, 3, 9]
            assert not {0, 3, 9} & set(torch.cat([parts["train"], parts["validation"]]).tolist())


class TestImagePatches:
    @pytest.mark.parametrize("size", [8, 11, 16, 33, 64])
    def test_sizes_are_known_before_reading(self, size):
        it = source("image_patches", patch_size=size)
        data = open_data("image_patches", it.config)
        assert data.shape == it.shape == (3, size, size)
        assert data.size("train") == it.train_size

    @pytest.mark.parametrize("size", [7, 65, 16.5, "many"])
    def test_refuses_other_sizes(self, size):
        with pytest.raises(InputError, match="from 8 to 64"):
            datasets["image_patches"].Config.parse({"patch_size": size})

    def test_no_pixel_is_in_two_splits(self, monkeypatch):
        """Give every pixel of both photographs its own colour, then look where each one went."""
        pixels = np.arange(2 * 427 * 640, dtype=np.int64).reshape(2, 427, 640)
        colours = np.stack([pixels % 256, pixels // 256 % 256, pixels // 65536], -1)
        photos = type("Photos", (), {"images": list(colours.astype(np.uint8))})
        monkeypatch.setattr("sklearn.datasets.load_sample_images", lambda: photos)
        data = open_data("image_patches", source("image_patches", patch_size=11).config)
        seen = {}
        for part in SPLITS:
            red, green, blue = data.part(part).long().unbind(1)
            seen[part] = (red + 256 * green + 65536 * blue).flatten()
        every = torch.cat(list(seen.values()))
        assert len(every.unique()) == len(every)

    def test_patches_are_pieces_of_the_photographs(self):
        from sklearn.datasets import load_sample_images

        china, flower = load_sample_images().images
        pool = source("image_patches", patch_size=64).read()
        assert np.array_equal(pool.images[0].permute(1, 2, 0), china[:64, :64])
        assert np.array_equal(pool.images[11].permute(1, 2, 0), china[64:128, 64:128])
        assert np.array_equal(pool.images[60].permute(1, 2, 0), flower[:64, :64])
        assert pool.labels.tolist() == [0] * 60 + [1] * 60


class TestMnist:
    @pytest.fixture(autouse=True)
    def _root(self, mnist_root, monkeypatch):
        monkeypatch.setenv("AECORE_DATA", str(mnist_root))

    def test_is_the_published_one(self):
        data = open_data("mnist", splits=SplitConfig(split_seed=3))
        assert [data.size(part) for part in SPLITS] == [54_000, 6_000, 10_000]
        assert data.splits["test"].tolist() == list(range(60_000, 70_000))
        assert data.labels[:5].tolist() == [5, 0, 4, 1, 9]
        assert data.part_labels("test", 5).tolist() == [7, 2, 1, 0, 4]
        train = data.images[:60_000].float() / 255
        assert float(train.mean()) == pytest.approx(0.1307, abs=1e-4)
        assert float(train.std()) == pytest.approx(0.3081, abs=1e-4)


class TestMissing:
    @pytest.fixture(params=sorted(set(datasets) - set(BUNDLED)))
    def downloaded(self, request):
        return source(request.param)

    def test_is_not_ready_and_says_so(self, downloaded):
        assert not downloaded.ready()
        with pytest.raises(DataUnavailable, match="AECORE_DATA"):
            downloaded.read()

    def test_asking_creates_nothing(self, downloaded):
        downloaded.ready()
        assert not data_root().exists()

    def test_damaged_files_end_in_one_sentence(self, downloaded):
        for file in downloaded.files:
            path = data_root() / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\x00\x00\x08\x03\x00")
        assert downloaded.ready()
        with pytest.raises(DataUnavailable, match="damaged .* delete them") as caught:
            downloaded.read()
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.99])
    def test_truncated_images(self, share, mnist_or_like):
        raw = data_root() / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for path in (mnist_or_like / "MNIST" / "raw").iterdir():
            (raw / path.name).write_bytes(path.read_bytes())
        images = raw / "t10k-images-idx3-ubyte"
        images.write_bytes(images.read_bytes()[: int(share * images.stat().st_size)])
        with pytest.raises(DataUnavailable, match="damaged"):
            open_data("mnist")


class TestPaths:
    def test_environment_decides(self, tmp_path, monkeypatch):
        monkeypatch.setenv("AECORE_DATA", str(tmp_path / "a"))
        monkeypatch.setenv("AECORE_HOME", str(tmp_path / "b"))
        assert data_root() == tmp_path / "a"
        assert home() == tmp_path / "b"

    @pytest.mark.parametrize("value", ["", " ", None])
    def test_empty_counts_as_unset(self, value, tmp_path, monkeypatch):
        monkeypatch.setattr("aecore.paths.user_data_path", lambda app, appauthor: tmp_path / app)
        for variable in ("AECORE_DATA", "AECORE_HOME"):
            monkeypatch.delenv(variable) if value is None else monkeypatch.setenv(variable, value)
        assert home() == tmp_path / "autoencoder-lab"
        assert data_root() == tmp_path / "autoencoder-lab" / "data"

    def test_a_relative_folder_stays_where_it_is(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("AECORE_DATA", "sets")
        assert data_root() == tmp_path / "sets"

    def test_home_is_private(self):
        assert home().stat().st_mode & 0o777 == 0o700

    def test_home_that_cannot_be_made(self, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("AECORE_HOME", str(tmp_path / "file" / "home"))
        with pytest.raises(StoreError, match=r"^Cannot write to .*: set AECORE_HOME to"):
            home()

    def test_home_that_is_read_only(self, monkeypatch):
        home().chmod(0o500)
        monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
        with pytest.raises(StoreError, match="AECORE_HOME"):
            home()


def test_torchvision_is_imported_only_where_it_is_needed():
    """It costs more than a second, and most pages need only the names of the data sets."""
    code = (
        "import sys; from aecore.datasets import datasets;"
        "[k(k.Config()).ready() for k in datasets.values()];"
        "sys.exit('torchvision' in sys.modules or 'sklearn' in sys.modules)"
    )
    repository = Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=repository, check=True)


def test_unknown_name_suggests():
    with pytest.raises(AecoreError, match="did you mean 'mnist'"):
        open_data("mnisst")
