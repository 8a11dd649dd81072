"""Draw new ones: images of codes that no image gave, each beside its nearest training image."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st
import torch
from torch import Tensor

from aecore.latent.drawing import (
    Mixture,
    Nearest,
    fit_mixture,
    from_gaussian,
    from_mixture,
    nearest,
)
from aecore.latent.paths import straight
from aecore.models.variational import Variational
from aecore.runs import Run
from aecore.runs.inference import LoadedModel, codes_of
from ui.calm import to_the_end
from ui.decoder_parts import WIDTH, Lab, show, told
from ui.grids import Grid
from ui.linked import choice, whole_number
from ui.resources import of_samples, run_data
from ui.selection import note_in_link
from ui.words import is_image, noun, numbers_word

COUNT, ACROSS = 16, 8
MOST_TRAIN = 10_000
"""Training images that are searched and fitted; the split stands in a random order."""
MOST_MIXED = 5000
"""Training codes that a mixture is fitted to: twice as many take twice as long."""
YARDSTICK = 200
STEPS = 5
"""Frames of a film from one draw to the next."""
MOST_SEED = 10**6
SOURCES = {"prior": "The prior", "gaussian": "A fitted Gaussian", "mixture": "A fitted mixture"}


def draws_view(lab: Lab) -> None:
    """New images, and whether they were copied."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = _choose_source(lab)
        parts = 0
        if source == "mixture":
            parts = whole_number("lab_parts", "Gaussians", (1, 50), 10,
                                 "How many Gaussians the mixture has.")  # fmt: skip
        seed = whole_number("lab_seed", "Seed", (0, MOST_SEED), 0,
                            "The same seed draws the same again.")  # fmt: skip
        following = str((seed + 1) % (MOST_SEED + 1))
        st.button("Draw again", help="Take the next seed.",
                  on_click=to_the_end(note_in_link), args=("lab_seed", following))  # fmt: skip
    with st.spinner("Fitting the codes…", show_time=True):
        codes, said = _drawn(lab, source, parts, seed)
    with st.container(horizontal=True, width=WIDTH):
        codes = told(lab, codes)
    _show_draws(lab, codes, said, seed)


def _choose_source(lab: Lab) -> str:
    """The prior only where there is one."""
    has_prior = isinstance(lab.loaded.model, Variational)
    titles = {key: title for key, title in SOURCES.items() if has_prior or key != "prior"}
    return choice("lab_source", "Draw from", titles, next(iter(titles)),
                  "The prior is what the model was trained to use. The others are fitted to codes "
                  "of training samples, so they go where codes are.", segments=True)  # fmt: skip


def _drawn(lab: Lab, source: str, parts: int, seed: int) -> tuple[Tensor, str]:
    """New codes with labels where the model is told some, (COUNT, d), and whence they are."""
    model = lab.loaded.model
    if source == "prior":
        assert isinstance(model, Variational)
        return model.sample_prior(COUNT, torch.Generator().manual_seed(seed)).clone(), "the prior"
    codes, one = _training_codes(lab.run, lab.loaded), noun(lab.run.spec)
    if source == "gaussian":
        own = from_gaussian(codes[:, : lab.found], COUNT, seed)
        said = f"a Gaussian with the mean and covariance of {len(codes):,} training {one}s' codes"
    else:
        mixture = _mixture(lab.run, lab.loaded, parts)
        own = from_mixture(mixture, COUNT, seed)
        kind = "full" if mixture.covariance == "full" else "diagonal"
        fitted = min(len(codes), MOST_MIXED)
        said = (
            f"{mixture.parts} Gaussians of {kind} covariance, fitted to {fitted:,} training "
            f"{one}s' codes"
        )
    # Labels that occur, since a Gaussian of them would not be labels.
    rows = torch.randint(len(codes), (COUNT,), generator=torch.Generator().manual_seed(seed))
    return torch.cat([own, codes[rows, lab.found :]], 1), said


def _show_draws(lab: Lab, codes: Tensor, said: str, seed: int) -> None:
    train = lab.data.part("train", MOST_TRAIN)
    images = lab.decode(codes)
    raw = images if is_image(lab.run.spec) else lab.raw(codes)
    found = nearest(raw, train)
    usual, one = _usual_distance(lab.run), noun(lab.run.spec)
    st.caption(
        f"{COUNT} draws from {said}; seed {seed}. Below each stands the nearest of "
        f"{len(train):,} training {one}s in {numbers_word(lab.run.spec)}, with the root of the "
        f"mean squared difference{', 0 to 1' if is_image(lab.run.spec) else ''}. Real test {one}s "
        f"are {usual:.3f} from theirs (the median of {min(YARDSTICK, len(lab.axes.codes))}); a "
        f"draw that is much closer may be a copy, or a simple {one}."
    )
    show(lab, "draws", _grid(lab, images, train, found),
         lambda: lab.decode(_tour(codes))[:, None], 1)  # fmt: skip


def _grid(lab: Lab, images: Tensor, train: Tensor, found: Nearest) -> Grid:
    """Rows of draws, each above a row of what is nearest to them."""
    lines, notes, captions = [], [], []
    near = lab.data.pictures(train[found.places])
    for first in range(0, COUNT, ACROSS):
        part = slice(first, first + ACROSS)
        far = [f"{distance:.3f}" for distance in found.distances[part].tolist()]
        lines += [images[part], near[part]]
        notes += [f"draw {first + place + 1}" for place in range(ACROSS)]
        notes += [f"the nearest for training, {text} away" for text in far]
        captions += [*[""] * ACROSS, *far]
    rows = ("New", "Nearest") * (COUNT // ACROSS)
    return Grid(torch.cat(lines), ACROSS, rows, tuple(notes), captions=tuple(captions))


def _tour(codes: Tensor) -> Tensor:
    """From each code straight to the next: (frames, d)."""
    ways = [straight(a, b, STEPS + 1)[:-1] for a, b in zip(codes, codes[1:], strict=False)]
    return torch.cat([*ways, codes[-1:]])


@of_samples
@lru_cache(maxsize=2)
def _training_codes(run: Run, loaded: LoadedModel) -> Tensor:
    return codes_of(loaded.model, run_data(run).part("train", MOST_TRAIN))


@of_samples
@lru_cache(maxsize=8)
def _mixture(run: Run, loaded: LoadedModel, parts: int) -> Mixture:
    codes = _training_codes(run, loaded)[:MOST_MIXED]
    return fit_mixture(codes[:, : codes.shape[1] - loaded.model.label_size], parts)


@of_samples
@lru_cache(maxsize=8)
def _usual_distance(run: Run) -> float:
    """From a test image to its nearest training image: the median of some."""
    data = run_data(run)
    found = nearest(data.part("test", YARDSTICK), data.part("train", MOST_TRAIN))
    return float(found.distances.median())
