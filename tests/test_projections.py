"""What every projection owes, and that each is the method it says; nothing here draws a picture."""

import numpy as np
import pytest
from sklearn import decomposition
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from aecore.config import knobs
from aecore.errors import InputError
from aecore.projections import neighbours as search
from aecore.projections import projections
from aecore.projections.neighbours import Memory, Neighbours, Search, nearest_others

each = pytest.mark.parametrize("name", projections)


def blobs(per=60, groups=3, size=8, seed=0):
    """Well separated clouds: (rows float32, their group)."""
    dice = np.random.default_rng(seed)
    centres = 12 * np.eye(size)[:groups]
    rows = np.concatenate([centre + dice.normal(size=(per, size)) for centre in centres])
    return rows.astype(np.float32), np.repeat(np.arange(groups), per)


def made(name, seed=0, **values):
    kind = projections[name]
    return kind(kind.Config(**values), seed)


def purity(places, groups, among=None, known=None):
    """Share of samples whose nearest place is one of their own group."""
    among, known = (places, groups) if among is None else (among, known)
    found = NearestNeighbors(n_neighbors=2).fit(among).kneighbors(places)[1]
    column = 1 if among is places else 0
    return (known[found[:, column]] == groups).mean()


@each
def test_it_describes_itself(name):
    kind = projections[name]
    assert all(text.strip() for text in (kind.title, kind.idea, kind.paper))
    assert 1900 <= kind.year < 2100
    assert all(declared.help.endswith(".") for declared in knobs(kind.Config))


@each
def test_places_are_two_finite_numbers_of_the_fitted_and_of_the_new(name):
    x, _ = blobs()
    projection = made(name)
    assert projection.fit(x) is projection
    assert projection.embedding_.shape == (180, 2)
    assert projection.embedding_.dtype == np.float32
    assert projection.places_new
    new = projection.transform(x[:7] + 0.01)
    assert (new.shape, new.dtype) == ((7, 2), np.float32)
    assert np.isfinite(projection.embedding_).all()
    assert np.isfinite(new).all()


@each
def test_groups_stay_together_and_new_samples_join_theirs(name):
    x, groups = blobs()
    new, theirs = blobs(per=20, seed=1)
    projection = made(name).fit(x)
    assert purity(projection.embedding_, groups) > 0.98
    assert purity(projection.transform(new), theirs, projection.embedding_, groups) > 0.95


@each
def test_a_seed_repeats_it_and_the_samples_stay_as_they_are(name):
    x, _ = blobs()
    before = x.copy()
    first, again = (made(name, seed=3).fit(x) for _ in range(2))
    assert (first.embedding_ == again.embedding_).all()
    fitted = first.embedding_.copy()
    assert (first.transform(x[:9]) == again.transform(x[:9])).all()
    assert (first.embedding_ == fitted).all()
    assert (x == before).all()


def test_a_memory_finds_what_a_search_finds_and_finds_it_once(monkeypatch):
    x, new = blobs()[0], blobs(per=20, seed=1)[0]
    memory = Memory()
    made = [memory.others(x, 9), memory.between(new, x, 4)]
    for found, right in zip(made, (nearest_others(x, 9), Search(x).of(new, 4)), strict=True):
        assert (found.places == right.places).all()
        assert (found.distances == right.distances).all()
    monkeypatch.setattr(search, "Search", None)
    assert (memory.others(x.copy(), 5).places == made[0].places[:, :5]).all()
    assert (memory.between(new, x, 4).places == made[1].places).all()
    for unknown in (lambda: memory.others(x + 1, 5), lambda: memory.others(x, 10)):
        with pytest.raises(TypeError):
            unknown()


@each
def test_known_neighbours_give_the_same_map(name):
    x, _ = blobs()
    projection = made(name)
    memory = Memory()
    memory.others(x, projection.neighbours_needed + 5)
    fitted = projection.fit(x, find=memory.others)
    assert (fitted.embedding_ == made(name).fit(x).embedding_).all()
    near = Search(x).of(x[:9] + 0.1, projection.neighbours_of_new + 1)
    placed = projection.transform(x[:9] + 0.1, neighbours=near.first(projection.neighbours_of_new))
    assert (placed == projection.transform(x[:9] + 0.1)).all()


@each
def test_it_can_be_watched_and_what_the_watcher_raises_ends_it(name):
    x, _ = blobs()
    shares = []

    def watch(share, places):
        shares.append(share)
        assert places is None or places.shape == (180, 2)

    made(name).fit(x, watch=watch)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    class Cancelled(Exception):
        pass

    def cancel(share, places):  # noqa: ARG001
        raise Cancelled

    with pytest.raises(Cancelled):
        made(name).fit(x, watch=cancel)


@each
def test_few_equal_and_impossible_samples(name):
    kind = projections[name]
    with pytest.raises(InputError, match=f"at least {kind.fewest} samples"):
        made(name).fit(np.zeros((kind.fewest - 1, 3), np.float32))
    few = np.random.default_rng(0).normal(size=(kind.fewest, 3)).astype(np.float32)
    assert np.isfinite(made(name).fit(few).embedding_).all()
    assert np.isfinite(made(name).fit(np.ones((40, 3), np.float32)).embedding_).all()
    assert np.isfinite(made(name).fit(few[:, :1].repeat(1, 1)).embedding_).all()
    broken = few.copy()
    broken[0, 0] = np.nan
    with pytest.raises(InputError, match="finite numbers only"):
        made(name).fit(broken)


def test_pca_is_that_of_scikit_learn_up_to_signs():
    for shape in ((90, 6), (5, 40)):
        x = np.random.default_rng(0).normal(size=shape).astype(np.float32) * np.arange(
            1, shape[1] + 1
        )
        ours, theirs = made("pca").fit(x), decomposition.PCA(2).fit(x)
        assert np.abs(ours.embedding_) == pytest.approx(
            np.abs(theirs.transform(x)), rel=1e-3, abs=1e-3
        )
        assert ours.explained_variance_ratio_ == pytest.approx(theirs.explained_variance_ratio_)
        assert (ours.axes_[[0, 1], np.abs(ours.axes_).argmax(1)] > 0).all()
        for factor in (1e-20, 1e20):  # squares of these are beyond float32
            far = made("pca").fit(x * np.float32(factor))
            assert far.embedding_ / factor == pytest.approx(ours.embedding_, rel=1e-3, abs=1e-3)


def test_umap_and_tsne_keep_neighbours_as_well_as_the_libraries_own_settings(monkeypatch):
    """UMAP: umap-learn 0.5.12's `UMAP(random_state=0)` reaches 0.9880 on the digits."""
    from aecore.datasets import open_data

    x = (open_data("digits").part("train").flatten(1).numpy() / 255).astype(np.float32)
    found = {name: trustworthiness(x, made(name).fit(x).embedding_) for name in ("umap", "tsne")}
    assert found["umap"] > 0.982
    assert found["tsne"] > 0.990
    assert trustworthiness(x, made("pca").fit(x).embedding_) < 0.85


def test_labels_draw_classes_together_only_where_that_is_wanted():
    x = np.random.default_rng(0).normal(size=(150, 5)).astype(np.float32)
    y = np.arange(150) % 3  # says nothing about x
    assert purity(made("umap").fit(x, y).embedding_, y) < 0.6
    assert purity(made("umap", supervised=True).fit(x, y).embedding_, y) > 0.9
    with pytest.raises(InputError, match="needs classes"):
        made("umap", supervised=True).fit(x)


def test_densities_are_kept_and_new_samples_refused():
    dice = np.random.default_rng(0)
    tight, loose = dice.normal(size=(80, 5)), 8 * dice.normal(size=(80, 5)) + 60
    x = np.concatenate([tight, loose]).astype(np.float32)

    def spread(places):
        return places[80:].std(0).mean() / places[:80].std(0).mean()

    kept = made("umap", densities=True).fit(x)
    assert spread(kept.embedding_) > 1.5 * spread(made("umap").fit(x).embedding_)
    assert not kept.places_new
    with pytest.raises(InputError, match="cannot place new samples"):
        kept.transform(x[:3])


def test_more_rounds_settle_a_map():
    x, _ = blobs()
    for name, knob in (("umap", "quality"), ("tsne", "iterations")):
        slow = []
        made(name, **{knob: "default"}).fit(x, watch=lambda share, _, seen=slow: seen.append(share))
        assert slow[-1] == 1.0


def test_the_nearest_others_are_exact_and_never_oneself():
    x, _ = blobs()
    x[5] = x[4]  # equals: either could be taken for itself
    x += 1000  # far from 0, where products lose the digits
    distances, places = NearestNeighbors(n_neighbors=8).fit(x.astype(np.float64)).kneighbors()
    found = nearest_others(x, 8)
    assert (found.places == places).mean() > 0.99
    assert found.distances == pytest.approx(distances, abs=1e-3)
    assert (found.places != np.arange(len(x))[:, None]).all()
    assert found.distances[4, 0] == 0
    assert isinstance(found.first(3), Neighbours)
    assert found.first(3).places.shape == (180, 3)
    assert nearest_others(x[:3], 8).places.shape == (3, 2)


def test_among_many_nearly_all_of_the_nearest_are_found_and_the_same_again(monkeypatch):
    x = np.random.default_rng(0).normal(size=(12_000, 6)).astype(np.float32)
    exact = nearest_others(x, 10)
    monkeypatch.setattr(search, "EXACT_UP_TO", 1000)
    found, again = nearest_others(x, 10), nearest_others(x, 10)
    assert (found.places == again.places).all()
    shared = [len(set(a) & set(b)) for a, b in zip(exact.places, found.places, strict=True)]
    assert 0.8 < sum(shared) / exact.places.size < 1  # not exact, or the cells were not used
    monkeypatch.setattr(search, "LOOKED_INTO", 1)
    assert (Search(x).of(x[:50], 500).places >= 0).all()
