"""Sweep: the error over the size of the code, of runs alike in all else and of PCA."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.metrics.pca import fit_pca
from aecore.metrics.reconstruction import mse_per_image
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.reports.copies import Copier, CountConfig, Tick, of_pca, of_run
from aecore.reports.damaged import with_interval
from aecore.runs.inference import CHUNK, LoadedModel
from aecore.runs.store import Run
from aecore.runs.sweep import Specs, sweep_of
from aecore.samples import to_float


@reports.register("sweep")
class Sweep(Report):
    """Mean squared error of each size over the same test images, and how it differs from PCA's.

    Beside stand runs of the same settings with other sizes of the code.
    """

    title = "Error over the code size"
    idea = "How the error falls with more numbers in the code, beside PCA with as many."

    class Config(CountConfig):
        """On how many test images."""

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Table: sizes, a row each; what no run was given for is None.

        `less` is the mean over images of PCA's error less the run's: above 0, the run is better.
        Raises InputError where the code size says nothing, or a run differs in more than that.
        """
        follow(0.0, "PCA")
        runs = _by_size(sweep_of(run.repeatable_spec()), [*self.beside, (run, loaded)])
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        images = data.part("test", self.config.count)
        whole = fit_pca(data.part("train"), max(runs))
        rows: list[Row] = []
        for place, (size, found) in enumerate(runs.items()):
            tick = partial(follow, 0.1 + 0.9 * place / len(runs), f"Codes of {size} numbers")
            pca = _errors(of_pca(whole, size), images, tick)
            own = _errors(of_run(*found), images, tick) if found else None
            rows.append(
                {
                    "size": size,
                    "run": found[0].id if found else None,
                    **with_interval("mse", own),
                    **with_interval("pca_mse", pca),
                    **with_interval("less", None if own is None else pca - own),
                }
            )
        return Findings({"split": "test", "n": len(images)}, {"sizes": rows})


def _by_size(
    specs: Specs, runs: list[tuple[Run, LoadedModel]]
) -> dict[int, tuple[Run, LoadedModel] | None]:
    """The run of each size, where one was given. Raises InputError for one of other settings."""
    found: dict[int, tuple[Run, LoadedModel] | None] = dict.fromkeys(specs)
    for run, loaded in runs:
        size = run.spec.model.latent_dim
        if specs.get(size) != run.repeatable_spec():
            raise InputError(
                f"Run {run.id} differs from {runs[-1][0].id} in more than the code size; choose "
                "runs of the same settings."
            )
        found[size] = run, loaded
    return found


def _errors(copier: Copier, images: Tensor, tick: Tick) -> Tensor:
    """The mean squared error of each image: (n,) float64."""
    found = []
    for part in images.split(CHUNK):
        found.append(mse_per_image(copier.copy(part, tick), to_float(part)))
    return torch.cat(found)
