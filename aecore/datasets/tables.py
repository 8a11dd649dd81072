"""Three small tables that ship inside scikit-learn, so that they always work."""

from __future__ import annotations

from typing import ClassVar

import torch

from aecore.datasets.base import DataSource, datasets
from aecore.datasets.splits import HELD_OUT_SHARE, Pool
from aecore.samples import Column, Kind


class BundledTable(DataSource):
    """Abstract: a table of scikit-learn, its columns known before it is read."""

    kind: ClassVar[Kind] = "table"
    loader: ClassVar[str]
    """The function of sklearn.datasets that reads it."""
    count: ClassVar[int]
    names: ClassVar[tuple[str, ...]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(1, 1, columns)."""
        return 1, 1, len(self.names)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of numbers."""
        return tuple(Column(name) for name in self.names)

    @property
    def train_size(self) -> int:
        """What `splits.split` leaves."""
        return self.count - 2 * round(HELD_OUT_SHARE * self.count)

    def read(self) -> Pool:
        """All rows, in the units of the source."""
        from sklearn import datasets as bundled  # slow to import, and only this file needs it

        rows, labels = getattr(bundled, self.loader)(return_X_y=True)
        samples = torch.from_numpy(rows).float()[:, None, None].contiguous()
        return Pool(samples, torch.from_numpy(labels).long())


@datasets.register("wine")
class Wine(BundledTable):
    """Chemical analyses of wines from three growers of one region."""

    title = "Wine (a table)"
    summary = "178 Italian wines of three growers: 13 chemical measurements of each."
    licence = "CC BY 4.0 (Aeberhard and Forina 1991, UCI Machine Learning Repository)"
    suggested = {"latent_dim": 3, "width": 64, "batch_size": 16, "epochs": 100, "classes": 3}
    loader = "load_wine"
    count = 178
    classes = ("Grower 1", "Grower 2", "Grower 3")
    names = (
        "alcohol (%)", "malic acid (g/l)", "ash (g/l)", "alkalinity of ash", "magnesium (mg/l)",
        "total phenols", "flavanoids", "non-flavanoid phenols", "proanthocyanins",
        "colour intensity", "hue", "OD280/OD315", "proline (mg/l)",
    )  # fmt: skip


@datasets.register("breast_cancer")
class BreastCancer(BundledTable):
    """Shapes of the cell nuclei in images of breast masses, Wisconsin 1995."""

    title = "Breast cancer (a table)"
    summary = "569 breast masses, malignant or benign: 30 measurements of the cell nuclei of each."
    licence = "CC BY 4.0 (Wolberg, Mangasarian, Street and Street 1995, UCI Repository)"
    suggested = {"latent_dim": 6, "width": 128, "batch_size": 16, "epochs": 100, "classes": 2}
    loader = "load_breast_cancer"
    count = 569
    classes = ("Malignant", "Benign")
    names = tuple(
        f"{which} {what}"
        for which in ("mean", "error of", "worst")
        for what in (
            "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity",
            "concave points", "symmetry", "fractal dimension",
        )
    )  # fmt: skip


@datasets.register("iris")
class Iris(BundledTable):
    """Anderson's irises, as Fisher used them in 1936."""

    title = "Iris (a table)"
    summary = "150 irises of three species: length and width of the sepals and petals of each."
    licence = "CC BY 4.0 (Fisher 1936, UCI Machine Learning Repository)"
    suggested = {"latent_dim": 2, "width": 64, "batch_size": 16, "epochs": 100, "classes": 3}
    loader = "load_iris"
    count = 150
    classes = ("Setosa", "Versicolor", "Virginica")
    names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
