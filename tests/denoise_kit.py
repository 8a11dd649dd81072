"""A denoiser of digits and the reports on it, for the tests of restoring."""

import numpy as np
import pytest
from runs_kit import finished
from skimage.metrics import peak_signal_noise_ratio

from aecore.datasets import open_data
from aecore.reports import ReportSpec
from aecore.reports.base import unheard
from aecore.runs.inference import load_model, reconstruct
from aecore.samples import to_float

COUNT = 60


@pytest.fixture(scope="module")
def denoiser_home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def denoiser(denoiser_home):
    """A run on digits whose noise is not clipped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(denoiser_home))
        return finished(variant="denoising", corruption="gaussian", level=0.4, clip=False, epochs=6)


@pytest.fixture(scope="module")
def found(denoiser):
    """What `denoise` says of it."""
    return made("denoise", denoiser, count=COUNT)


def made(name, run, follow=unheard, beside=(), **values):
    ids = [other.id for other in beside]
    spec = ReportSpec.from_flat({"report": name, "beside": ids, **values})
    others = [(other, load_model(other)) for other in beside]
    return spec.report(others).make(run, load_model(run), follow)


def rows(found, table="methods"):
    return {row["method"]: row for row in found.tables[table]}


def restored(run, seed=0):
    images = open_data("digits").part("test", COUNT)
    seen, out = reconstruct(load_model(run).model, images, run.spec.make_corruption(), seed)
    return to_float(images).numpy(), seen.numpy(), out.numpy()


def psnr(made, clean):
    """Mean over images, by scikit-image."""
    cut = np.clip(made, 0, 1)
    return np.mean(
        [peak_signal_noise_ratio(x, y, data_range=1) for x, y in zip(clean, cut, strict=True)]
    )
