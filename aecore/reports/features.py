"""Which features single units of the code stand for, and in how many directions it moves."""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.datasets import ImageData, open_data
from aecore.errors import InputError
from aecore.latent.drives import Quantised
from aecore.latent.features import (
    Units,
    as_pictures,
    drawn_by,
    on_a_scale,
    strongest,
    units_of,
)
from aecore.metrics.jacobian import singular_values
from aecore.models import Autoencoder
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.runs.inference import CHUNK, LoadedModel, codes_of, without_label
from aecore.runs.store import Run
from aecore.samples import to_float

STRONGEST = 8
AT_ONCE = 8
"""Images whose Jacobians are worked out between two words."""


@reports.register("features")
class Features(Report):
    """Decoder columns, strongest images, dead units, and the spectrum of the encoder's Jacobian."""

    title = "Features"
    idea = "What each unit of the code draws, and which test images have the most of it."

    class Config(Settings):
        count: int = knob(
            2000,
            "How many test images the units are looked at on, the first of the split.",
            low=10,
            high=100_000,
            log=True,
            label="Test images",
        )
        slopes: int = knob(
            32,
            "How many of them the Jacobian is worked out at; the time grows with the code.",
            low=1,
            high=1000,
            label="Images for the Jacobian",
        )

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Tables: units. Arrays: drawn (d, C, H, W) uint8, strongest (d, 8), spectrum (m, r)."""
        model = loaded.model
        if not model.has_code:
            raise InputError(f"{model.title} has no code whose units could be looked at.")
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        images = data.part("test", self.config.count)
        codes = self._codes(model, images, follow)
        size = codes.shape[1] - model.label_size
        found = units_of(codes[:, :size])
        follow(0.3, "what each unit draws")
        drawn = drawn_by(model.decode, codes, list(range(size)))
        rows = strongest(codes[:, :size], STRONGEST)
        spectrum = self._spectrum(model, images, follow)
        scope = {
            "split": "test",
            "n": len(images),
            "step": loaded.step,
            "dead": int((found.active == 0).sum()),
            "jacobians": len(spectrum),
            "effective_rank": float(_ranks(spectrum).mean()),
        }
        drawn = as_pictures(drawn) if data.kind == "image" else data.pictures(on_a_scale(drawn))
        arrays = {"drawn": drawn, "strongest": rows, "spectrum": spectrum}
        return Findings(
            scope,
            {"units": _table(found, rows, data)},
            {name: array.numpy() for name, array in arrays.items()},
        )

    def _codes(self, model: Autoencoder, images: Tensor, follow: Follow) -> Tensor:
        parts: list[Tensor] = []
        for part in images.split(CHUNK):
            follow(0.3 * CHUNK * len(parts) / len(images), "the codes of the test images")
            parts.append(codes_of(model, part))
        codes = torch.cat(parts)
        if not bool(codes.isfinite().all()):
            raise InputError(
                "The codes of this run are no finite numbers; look at one whose training went well."
            )
        return codes

    def _spectrum(self, model: Autoencoder, images: Tensor, follow: Follow) -> Tensor:
        def encode(x: Tensor) -> Tensor:
            if isinstance(model, Quantised):  # what is looked up in a book has no slope
                return model.vectors(x).flatten(1)
            return without_label(model, model.encode(x).flatten(1))

        some = images[: self.config.slopes]
        parts: list[Tensor] = []
        for part in some.split(AT_ONCE):
            share = 0.4 + 0.6 * AT_ONCE * len(parts) / len(some)
            follow(share, "the encoder's Jacobian")
            parts.append(singular_values(encode, to_float(part)))
        return torch.cat(parts)


def _ranks(spectrum: Tensor) -> Tensor:
    squares = spectrum.square()
    return squares.sum(1).square() / squares.square().sum(1).clamp_min(1e-300)


def _table(found: Units, rows: Tensor, data: ImageData) -> list[Row]:
    labels = data.part_labels("test")[rows]
    usual = labels.mode(1)
    shares = (labels == usual.values[:, None]).double().mean(1)
    return [
        {
            "unit": f"z{unit + 1}",
            "active": float(found.active[unit]),
            "mean": float(found.mean[unit]),
            "deviation": float(found.deviation[unit]),
            "class of strongest": data.classes[int(usual.values[unit])],
            "share of that class": float(shares[unit]),
        }
        for unit in range(len(rows))
    ]
