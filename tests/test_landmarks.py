"""Landmarks: which they are, where the others start, what is seen of them, when there are none."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from test_projection_quick import made

from aecore.datasets import open_data
from aecore.maps import MapSpec, draw
from aecore.maps.samples import Samples
from aecore.projections import fuzzy_graph as ours
from aecore.projections import landmarks, quick_layout
from aecore.projections.neighbours import nearest_others
from aecore.projections.pca import PCA
from aecore.projections.quick_layout import QuickLayout

SPEC = MapSpec.from_flat({"method": "umap"})


@pytest.fixture(scope="module")
def digits():
    return open_data("digits").images[:460].flatten(1).numpy().astype(np.float32) / 255


@pytest.fixture
def few(monkeypatch):
    """Landmarks for as few samples as a test has, and every round is heard."""
    monkeypatch.setattr(landmarks, "ABOVE", 300)
    monkeypatch.setattr(landmarks, "COUNT", 60)
    monkeypatch.setattr(quick_layout, "SECONDS", 0)


class Cancelled(Exception):
    pass


def heard(x, seed=0):
    """The map of samples, and (share, places) of each time that it was heard."""
    frames = []

    def watch(share, places):
        frames.append((share, None if places is None else places.copy()))

    return made(seed).fit(x, watch=watch).embedding_, frames


def partial(frames):
    return [f for _, f in frames if f is not None and np.isnan(f).any()]


def test_landmarks_are_what_the_seed_draws():
    for count, seed in ((10_001, 0), (70_000, 3)):
        rows = landmarks.chosen(count, seed)
        assert len(set(rows)) == len(rows) == 5000
        assert (rows == np.sort(rows)).all()
        assert rows[0] >= 0
        assert rows[-1] < count
        assert (rows == landmarks.chosen(count, seed)).all()
        assert (rows != landmarks.chosen(count, seed + 1)).any()
        # Every tenth of the samples has its share of them, within five deviations.
        tenths = np.bincount(rows * 10 // count, minlength=10)
        assert abs(tenths - 500).max() < 5 * np.sqrt(500 * 0.9)


def test_who_has_an_edge_to_landmarks_starts_between_them():
    """0 and 1 are landmarks, 2 lies between, 3 is led to by 2 alone, 4 and 5 by nobody."""
    weights = np.zeros((6, 6), np.float32)
    for one, other, weight in ((0, 2, 0.5), (1, 2, 0.25), (2, 3, 0.1), (4, 5, 1.0)):
        weights[one, other] = weights[other, one] = weight
    shown = np.full((6, 2), np.nan, np.float32)
    shown[:2] = [(0, 0), (3, 6)]
    x = np.arange(6, dtype=np.float32)[:, None]
    start = landmarks.spread_from(shown, csr_matrix(weights), x)
    assert start == pytest.approx(np.array([(0, 0), (3, 6), (1, 2), (1, 2), (1.5, 3), (1.5, 3)]))


def test_the_first_frames_show_landmarks_alone_and_the_whole_starts_from_them(
    digits, few, monkeypatch
):
    starts, run = [], QuickLayout.run

    def started(self, places, *rest):
        starts.append(places.copy())
        return run(self, places, *rest)

    monkeypatch.setattr(QuickLayout, "run", started)
    places, frames = heard(digits)
    rows = landmarks.chosen(len(digits), 0)
    for frame in partial(frames):
        assert (np.flatnonzero(np.isfinite(frame[:, 0])) == rows).all()
    assert [len(start) for start in starts] == [60, 460]
    assert starts[1][rows] == pytest.approx(partial(frames)[-1][rows], abs=1e-3)
    assert np.isfinite(places).all()
    shares = [share for share, _ in frames]
    assert shares == sorted(shares)
    assert len(partial(frames)) == landmarks.EPOCHS + 1


def test_a_frame_of_landmarks_has_each_image_between_the_five_nearest(digits, few):
    samples = Samples(digits[:400], np.zeros(400, np.int64), digits[400:])
    rows = landmarks.chosen(400, 0)
    projected, pictures = [], []

    def watch(share, places):
        if places is not None and np.isnan(places).any():
            projected.append(places[rows].copy())

    def follow(share, places, landmarks=0):
        if places is not None:
            pictures.append((landmarks, places.copy()))

    made().fit(samples.train, watch=watch)
    drawn = draw(samples, SPEC, follow)
    first = [places for count, places in pictures if count]
    assert {count for count, _ in pictures} == {0, 60}
    far = ((samples.held_out[:, None].astype(np.float64) - samples.train[rows]) ** 2).sum(2)
    nearest = np.argsort(far, 1, kind="stable")[:, :5]
    assert len(first) == len(projected)
    for seen, known in zip(first, projected, strict=True):
        assert seen == pytest.approx(known[nearest].mean(1), abs=1e-4)
    assert (pictures[-1][1] == drawn.held_out).all()
    counts = [count for count, _ in pictures[1:]]  # the first is PCA's
    assert counts == sorted(counts, reverse=True)


def test_a_seed_draws_the_same_map_and_another_one_another(digits, few):
    one, same, other = (heard(digits, seed)[0] for seed in (0, 0, 1))
    assert (one == same).all()
    assert (one != other).any()


def test_it_is_as_trustworthy_as_without(digits, few, monkeypatch):
    from sklearn.manifold import trustworthiness

    x = open_data("digits").images.flatten(1).numpy().astype(np.float32) / 255
    monkeypatch.setattr(landmarks, "COUNT", 200)
    found = trustworthiness(x, made().fit(x).embedding_)
    monkeypatch.setattr(landmarks, "ABOVE", len(x))
    assert found == pytest.approx(trustworthiness(x, made().fit(x).embedding_), abs=0.01)


def test_classes_are_minded_among_landmarks_too(digits, few, monkeypatch):
    """Which edges they weaken is umap-learn's business, and test_projections.py's."""
    y, told = open_data("digits").labels[:460].numpy(), []

    def tell(self, graph, classes):
        told.append(classes)
        return graph

    monkeypatch.setattr("aecore.projections.umap.UMAP._told", tell)
    made(supervised=True).fit(digits, y)
    assert (told[0] == y[landmarks.chosen(460, 0)]).all()
    assert (told[1] == y).all()


def test_it_can_be_cancelled_while_only_landmarks_stand(digits, few):
    def watch(share, places):
        if places is not None and np.isnan(places).any():
            raise Cancelled

    with pytest.raises(Cancelled):
        made().fit(digits, watch=watch)


def test_few_samples_are_laid_out_bit_by_bit_as_ever(digits, few, monkeypatch):
    monkeypatch.setattr(landmarks, "ABOVE", len(digits))
    found, frames = heard(digits, seed=5)
    start = PCA().fit(digits).embedding_
    low, high = start.min(0), start.max(0)
    noise = np.random.RandomState(5).normal(scale=1e-4, size=start.shape)
    spread = (10.0 * (start - low) / (high - low) + noise).astype(np.float32)
    graph = ours.fuzzy_graph(nearest_others(digits, 14))
    known = QuickLayout(200, ours.curve(0.1), 5).run(spread, graph, lambda *_: None)
    assert (found == known).all()
    assert partial(frames) == []


def test_umap_learns_own_way_has_no_landmarks(digits, few, monkeypatch):
    frames = []

    def stop(*_):
        raise Cancelled

    monkeypatch.setattr("aecore.projections.umap_learn.fuzzy_graph", stop)
    with pytest.raises(Cancelled):
        made(quality="default").fit(digits, watch=lambda *heard: frames.append(heard))
    assert partial(frames) == []
