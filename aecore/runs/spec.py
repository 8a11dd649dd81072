"""The spec of a run: every config of it, as JSON for its folder and as flat names for links.

In links and on the command line all knobs share one flat name space (`latent_dim=2&epochs=10`);
tests/test_models.py holds that no two meet. What a link leaves out has its default: the knob's
own, unless the data set or the variant suggests a better one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from aecore.config import Knob, Settings, knobs
from aecore.corruptions import Corruption, corruptions
from aecore.datasets import DataSource, SplitConfig, datasets
from aecore.errors import InputError
from aecore.models import Autoencoder, ModelConfig, variants
from aecore.networks import Network, NetworkConfig, networks
from aecore.runs import migrations
from aecore.runs.parts import network_for, parse_parts, suggested_by
from aecore.training import TrainConfig

CHOICES = {"dataset": "digits", "variant": "vae", "network": "mlp", "corruption": "none"}
"""The four named choices of a run, with what a newcomer starts from."""


@dataclass(frozen=True)
class RunSpec:
    """Everything that decides a run; equal specs give equal runs on the same device.

    learning_rate_changes: (step, value) pairs made by hand while the run went on.
    """

    dataset: str
    variant: str
    network: str
    corruption: str
    source: Settings
    splits: SplitConfig
    model: ModelConfig
    layers: NetworkConfig
    noise: Settings
    training: TrainConfig
    learning_rate_changes: tuple[tuple[int, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for `spec.json`."""
        parts = {name: getattr(self, name).model_dump() for name in PARTS}
        changes = [list(change) for change in self.learning_rate_changes]
        schema = migrations.SCHEMA
        return {"schema": schema, **self.names, **parts, "learning_rate_changes": changes}

    @property
    def names(self) -> dict[str, str]:
        """The four named choices."""
        return {name: getattr(self, name) for name in CHOICES}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RunSpec:
        """The spec that `to_json` wrote, or that of an older version did.

        Raises InputError where it cannot be read, NewerVersion where a newer version wrote it.
        """
        if not isinstance(values, Mapping):
            raise InputError("This run's spec cannot be read: it is no table of settings.")
        values = migrations.migrate(values)
        try:
            names: dict[str, Any] = {name: values[name] for name in CHOICES}
            kinds = part_kinds(**names)
            parts: dict[str, Any] = {n: kind.parse(values[n]) for n, kind in kinds.items()}
            changes = _checked(values["learning_rate_changes"])
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            reason = str(error).rstrip(".")
            raise InputError(f"This run's spec cannot be read: {reason}.") from error
        return cls(**names, **parts, learning_rate_changes=changes)

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> RunSpec:
        """The spec that flat names stand for; text values are parsed.

        Raises UnknownName or InputError for what cannot be used, unknown names included.
        """
        rest = dict(values)
        changes = _parse_changes(rest.pop("learning_rate_changes", ""))
        names = chosen_names(rest)
        for name in CHOICES:
            rest.pop(name, None)
        parts = parse_parts(part_kinds(**names), rest, suggested(names))
        return cls(**{**names, **parts}, learning_rate_changes=changes)

    def to_flat(self) -> dict[str, str]:
        """The shortest flat names that `from_flat` reads back as this spec."""
        plain = dict(self.defaults().values())
        different = {k.name: _text(value) for k, value in self.values() if value != plain[k]}
        if self.learning_rate_changes:
            pairs = (f"{step}:{_text(value)}" for step, value in self.learning_rate_changes)
            different["learning_rate_changes"] = ",".join(pairs)
        # The other two are named where the data set and the variant would not bring them anyway.
        base = {name: self.names[name] for name in ("dataset", "variant")}
        brought = chosen_names(base)
        own = {name: value for name, value in self.names.items() if value != brought[name]}
        return {**base, **own, **different}

    def defaults(self) -> RunSpec:
        """The spec of the same four choices with nothing else chosen."""
        return RunSpec.from_flat(self.names)

    def values(self) -> Iterator[tuple[Knob, Any]]:
        """Every knob with its value in this spec."""
        for part, declared in all_knobs(self.names):
            yield declared, getattr(getattr(self, part), declared.name)

    def with_changes(self, changes: Mapping[int, float]) -> RunSpec:
        """The same spec with these learning rates from these steps on."""
        return replace(self, learning_rate_changes=tuple(sorted(changes.items())))

    def make_network(self, shape: tuple[int, int, int]) -> Network:
        """The network for samples of a shape. Raises InputError where the two do not fit."""
        of = datasets[self.dataset].kind
        return network_for(self.kind, self.network, self.layers, shape, of)

    def make_corruption(self) -> Corruption:
        """The corruption of the training input."""
        return corruptions[self.corruption](self.noise).on(datasets[self.dataset].kind)

    def make_source(self) -> DataSource:
        """The data source; nothing is read yet."""
        return datasets[self.dataset](self.source)

    @property
    def kind(self) -> type[Autoencoder]:
        """The variant's class."""
        return variants[self.variant]


PARTS = ("source", "splits", "model", "layers", "noise", "training")


def part_kinds(
    dataset: str, variant: str, network: str, corruption: str
) -> dict[str, type[Settings]]:
    """The config class of each part, for four choices. Raises UnknownName."""
    return {
        "source": datasets[dataset].Config,
        "splits": SplitConfig,
        "model": variants[variant].Config,
        "layers": networks[network].Config,
        "noise": corruptions[corruption].Config,
        "training": TrainConfig,
    }


def all_knobs(names: Mapping[str, str]) -> Iterator[tuple[str, Knob]]:
    """(part, knob) of everything that can be set, for four choices."""
    for part, kind in part_kinds(**names).items():
        for declared in knobs(kind):
            yield part, declared


def suggested(names: Mapping[str, str]) -> dict[str, Any]:
    """What the data set and the variant suggest, by flat name; the variant has the last word.

    But not where it speaks of images, and the samples are none.
    """
    data = datasets[names["dataset"]]
    layout = data(data.Config()).layout
    return {**data.suggested, **suggested_by(variants[names["variant"]], layout)}


def chosen_names(values: Mapping[str, Any]) -> dict[str, str]:
    """The four choices that flat values make, with suggestions and defaults for what is left."""
    names = {name: str(values.get(name, default)) for name, default in CHOICES.items()}
    hints = suggested(names)
    return {
        name: str(values.get(name, hints.get(name, default))) for name, default in CHOICES.items()
    }


def _text(value: Any) -> str:
    """As a link writes it; `parse` gives the very same value back."""
    return repr(value) if isinstance(value, float) else str(value)


def _parse_changes(text: str) -> tuple[tuple[int, float], ...]:
    try:
        pairs = [pair.split(":") for pair in text.split(",") if pair]
        return _checked(pairs)
    except (AttributeError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            "learning_rate_changes: expected step:value pairs such as 120:0.001,240:0.0005, "
            f"got {str(text)[:60]!r}."
        ) from None


def _checked(pairs: Iterable[Sequence[Any]]) -> tuple[tuple[int, float], ...]:
    """Pairs of a step from 1 on and a learning rate within its bounds."""
    changes = tuple((int(step), float(value)) for step, value in pairs)
    for step, value in changes:
        TrainConfig.parse({"learning_rate": value})
        if step < 1:
            raise InputError(f"learning_rate_changes: steps count from 1, got {step}.")
    return changes
