"""The spec of a map: which projection, of what, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from aecore.config import Knob, Settings, knob, knobs
from aecore.errors import InputError, UnknownName
from aecore.projections import Projection, projections

CODE = "code"
"""The method that draws a code of two numbers as it is."""


class MapConfig(Settings):
    """What every map is asked."""

    of: Literal["code", "pixels"] = knob(
        "code", "Draw what the model made of the images (code), or the images themselves (pixels)."
    )
    fit_on: int = knob(
        10_000,
        "How many training images the map is fitted on at most; more take longer and place new "
        "images a little better.",
        low=10,
        high=10**6,
        log=True,
    )
    map_seed: int = knob(
        0, "Fixes what the map leaves to chance; the same seed draws it again.", low=0, high=10**6
    )


@dataclass(frozen=True)
class MapSpec:
    """Equal specs of equal samples give equal maps.

    method: CODE, or the name of a projection; settings: its config.
    """

    method: str
    config: MapConfig
    settings: Settings

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> MapSpec:
        """The spec that flat names stand for; text values are parsed, what is left out is default.

        Raises UnknownName or InputError for what cannot be used, unknown names included.
        """
        rest = dict(values)
        method = str(rest.pop("method", "umap"))
        parts = [
            kind.parse({k.name: _value(k, rest.pop(k.name)) for k in knobs(kind) if k.name in rest})
            for kind in kinds(method)
        ]
        if rest:
            known = ", ".join(k.name for kind in kinds(method) for k in knobs(kind))
            raise InputError(
                f"There is no setting {next(iter(rest))[:60]!r} of this map; the settings are: "
                f"{known}."
            )
        config, settings = parts
        assert isinstance(config, MapConfig)
        if method == CODE and config.of != "code":
            raise InputError("The map that shows the code itself is not one of the pixels.")
        return cls(method, config, settings)

    def to_flat(self) -> dict[str, Any]:
        """Every setting by its flat name, as plain values."""
        return {"method": self.method, **self.config.model_dump(), **self.settings.model_dump()}

    def with_seed(self, seed: int) -> MapSpec:
        """The same with another seed."""
        return replace(self, config=self.config.model_copy(update={"map_seed": seed}))

    @property
    def title(self) -> str:
        """In a few words, such as "UMAP of the code"."""
        if self.method == CODE:
            return "The code itself"
        return f"{projections[self.method].title} of the {self.config.of}"

    @property
    def settings_line(self) -> str:
        """Every setting in words, such as "Neighbours 15, Quality quick"; "" for none."""
        values = self.settings.model_dump()
        return ", ".join(f"{k.label} {values[k.name]}" for k in knobs(type(self.settings)))

    def projection(self) -> Projection:
        """A new projection as this spec has it; not for the method CODE."""
        return projections[self.method](self.settings, self.config.map_seed)


def kinds(method: str) -> tuple[type[Settings], type[Settings]]:
    """The configs of a method. Raises UnknownName."""
    if method == CODE:
        return MapConfig, Settings
    if method not in projections:
        raise UnknownName("map", method, [CODE, *projections])
    return MapConfig, projections[method].Config


def _value(declared: Knob, value: Any) -> Any:
    return declared.parse(value) if isinstance(value, str) else value
