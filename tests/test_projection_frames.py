"""What is seen of a map while it is drawn: first PCA's picture, then the map as it settles."""

import numpy as np
import pytest
from runs_kit import finished

from aecore.maps import MapSpec, draw, samples_of
from aecore.maps.draw import FITTING
from aecore.projections import projections
from aecore.runs.inference import load_model


@pytest.fixture
def run():
    return finished(epochs=1, latent_dim=3)


@pytest.mark.parametrize("method", ["umap", "tsne", "densities"])
def test_the_first_picture_is_there_before_any_neighbour_is_sought(run, monkeypatch, method):
    values = {"method": "umap", "densities": True} if method == "densities" else {"method": method}
    spec = MapSpec.from_flat({**values, "fit_on": 300})
    samples = samples_of(run, load_model(run), spec)

    def sought(*_):
        raise AssertionError("neighbours were sought")

    class Seen(Exception):
        pass

    def follow(share, places):
        known = projections["pca"]().fit(samples.train).transform(samples.held_out)
        assert (share, (places == known).all()) == (0.0, True)
        raise Seen

    monkeypatch.setattr("aecore.projections.neighbours.Search.__init__", sought)
    with pytest.raises(Seen):
        draw(samples, spec, follow)


def test_frames_show_the_held_out_images_while_a_map_is_fitted(run, monkeypatch):
    monkeypatch.setattr("aecore.projections.quick_layout.SECONDS", 0)
    spec = MapSpec.from_flat({"method": "umap", "fit_on": 300})
    shares, frames = [], []

    def follow(share, places):
        shares.append(share)
        if places is not None:
            assert places.shape == (359, 2)
            assert np.isfinite(places).all()
            frames.append(places.copy())

    drawn = draw(samples_of(run, load_model(run), spec), spec, follow)
    assert shares == sorted(shares)
    assert len(frames) > 100
    assert all((one != next).any() for one, next in zip(frames[:50], frames[1:51], strict=True))
    assert (frames[-1] == drawn.held_out).all()
    # Between their neighbours, the images lie near to where they will be placed.
    off = np.linalg.norm(np.stack(frames) - drawn.held_out, axis=2).mean(1)
    assert off[shares.index(FITTING) - 2] < drawn.held_out.std() / 2
