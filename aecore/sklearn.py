"""Autoencoders as scikit-learn has its estimators: for rows of numbers, in pipelines and searches.

For images, categories and curves of the validation loss use `aecore.fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from torch import Tensor

from aecore.datasets import ImageData, Split
from aecore.datasets.from_python import given_array
from aecore.datasets.scaling import scaled
from aecore.fitting import fit
from aecore.models import Autoencoder
from aecore.samples import Column

SHOWN = 256
"""Rows that validation looks at, of those that train."""
CHUNK = 1000


class AutoencoderTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An autoencoder of rows of numbers.

    Numbers are brought to mean 0 and standard deviation 1 over the rows that it is fitted on; a
    missing number (NaN) counts as the mean. What is computed after the fit is computed in float64,
    so that a row's code does not depend on the rows beside it.

    Args:
        variant: its name, as `python -m aecore variants` lists it.
        latent_dim: numbers of the code.
        network: the layers.
        epochs, batch_size, learning_rate: of training; None is what suits the variant and the
            data.
        kind: "table", where each column has a scale of its own, or "points", where all share one,
            as PCA has it.
        settings: further knobs of the variant, the network and training, by flat name.
        device: where to train.
        random_state: an int repeats the fit exactly on the same machine.

    Attributes:
        model_: the model, on the CPU in float64.
        columns_: mean and scale of each column.
        loss_curve_: the training loss, the sum of its terms, in the order of the steps.
        n_features_in_, feature_names_in_: as scikit-learn has them.
    """

    model_: Autoencoder
    columns_: tuple[Column, ...]
    loss_curve_: list[float]

    def __init__(
        self,
        variant: str = "autoencoder",
        latent_dim: int = 2,
        *,
        network: str = "mlp",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        kind: Literal["table", "points"] = "table",
        settings: Mapping[str, Any] | None = None,
        device: str = "cpu",
        random_state: Any = 0,
    ) -> None:
        self.variant = variant
        self.latent_dim = latent_dim
        self.network = network
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.kind = kind
        self.settings = settings
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:  # noqa: N803, ARG002
        """Train on all rows of X (n, d); what should judge must not be among them.

        Raises UnknownName or InputError (a ValueError) for settings that cannot be used, RunFailed
        where the loss stopped being a number.
        """
        x = validate_data(
            self, X, dtype=(np.float64, np.float32), ensure_all_finite="allow-nan",
            ensure_min_samples=2,
        )  # fmt: skip
        data = self._data(x)
        chosen = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
        }
        settings: dict[str, Any] = {k: value for k, value in chosen.items() if value is not None}
        settings |= self.settings or {}
        seed = int(check_random_state(self.random_state).randint(10**6))
        fitted = fit(
            data,
            self.variant,
            latent_dim=self.latent_dim,
            network=self.network,
            device=self.device,
            seed=seed,
            **settings,
        )
        self.model_ = fitted.model.double()
        self.columns_ = data.columns
        self.loss_curve_ = [
            sum(each.terms.values()) for each in fitted.history if each.split == "train"
        ]
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.floating[Any]]:  # noqa: N803
        """Codes (n, code_size) of rows X (n, d)."""
        x = self._rows(X)
        return self._asked(self.model_.encode, self._scaled(x)).astype(x.dtype)

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.floating[Any]]:  # noqa: N803
        """Rows (n, d), in the units of the data, of codes X (n, code_size)."""
        check_is_fitted(self)
        z = check_array(X, dtype=(np.float64, np.float32))
        if z.shape[1] != self.model_.code_size:
            raise ValueError(
                f"Expected codes of {self.model_.code_size} numbers and got {z.shape[1]}."
            )
        rows = self._asked(self.model_.decode, torch.from_numpy(z.astype(np.float64)))
        return (rows * self._scale + self._mean).astype(z.dtype)

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Of each row (n,): minus the squared error of its copy, over its known numbers.

        In units of the columns' standard deviations, summed over the columns; the higher, the more
        the row is like those of the fit.
        """
        x = self._rows(X).astype(np.float64)
        made = self._asked(self.model_, self._scaled(x))
        off = np.nan_to_num(made - (x - self._mean) / self._scale)
        return np.asarray(-(off**2).sum(1))

    def score(self, X: ArrayLike, y: Any = None) -> float:  # noqa: N803, ARG002
        """The mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.model_.code_size

    @property
    def _mean(self) -> NDArray[np.float64]:
        return np.array([column.mean for column in self.columns_])

    @property
    def _scale(self) -> NDArray[np.float64]:
        return np.array([column.scale for column in self.columns_])

    def _data(self, x: NDArray[np.floating[Any]]) -> ImageData:
        """All rows train. Which are held out is scikit-learn's business, so that those that the
        training loop wants to look at besides are some of the same."""
        given = given_array(x, None, self.kind, "Rows")
        rows = torch.arange(len(x))
        samples, columns = scaled(given.pool.images, rows, given.kind, given.columns)
        splits: dict[Split, Tensor] = {"train": rows, "validation": rows[:SHOWN]}
        splits["test"] = rows[:SHOWN]
        return ImageData(
            "", given.title, "yours", samples, given.pool.labels, given.classes, splits,
            kind=given.kind, columns=columns,
        )  # fmt: skip

    def _rows(self, x: ArrayLike) -> NDArray[np.floating[Any]]:
        check_is_fitted(self)
        return np.asarray(
            validate_data(
                self, x, reset=False, dtype=(np.float64, np.float32), ensure_all_finite="allow-nan"
            )
        )

    def _scaled(self, x: NDArray[np.floating[Any]]) -> Tensor:
        rows = np.nan_to_num((x.astype(np.float64) - self._mean) / self._scale)
        return torch.from_numpy(rows)[:, None, None, :]

    def _asked(self, what: Any, x: Tensor) -> NDArray[np.float64]:
        """What the model says of samples, as rows (n, e)."""
        with torch.inference_mode():
            parts = [what(part).flatten(1) for part in x.split(CHUNK)]
        return torch.cat(parts).numpy()
