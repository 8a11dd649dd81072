"""The one declaration that forms, flags, validation, links and saved runs all read.

A config is a frozen pydantic model whose every field has a default, a sentence of help and, for
numbers, bounds. `knob(...)` declares a field; `knobs(config)` reads the declarations back.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from aecore.errors import InputError

Kind = Literal["int", "float", "bool", "choice", "text"]
LONGEST_TEXT = 1000


def knob(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    label: str | None = None,
) -> Any:
    """Declare one setting.

    Args:
        default: its value where nobody chose one.
        help: one sentence for a person who has never met it.
        low, high: inclusive bounds; numbers must have both.
        log: whether its scale is logarithmic (a learning rate is).
        label: what a form calls it; the field's name with spaces where left out.
    """
    extra: dict[str, Any] = {"log": log}
    longest = LONGEST_TEXT if isinstance(default, str) else None
    return Field(
        default, description=help, ge=low, le=high, title=label, json_schema_extra=extra,
        max_length=longest,
    )  # fmt: skip


@dataclass(frozen=True)
class Knob:
    """One setting as its readers see it."""

    name: str
    label: str
    help: str
    kind: Kind
    default: Any
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[str, ...] = ()

    def parse(self, text: str) -> Any:
        """The value that `text` (from a link or a flag) stands for.

        Raises InputError where it stands for none; bounds are the config's own business.
        """
        if self.kind == "bool":
            if text.lower() in ("true", "1", "yes", "on"):
                return True
            if text.lower() in ("false", "0", "no", "off"):
                return False
            raise InputError(f"{self.label}: expected true or false, got {text[:40]!r}.")
        if self.kind in ("choice", "text"):
            return text
        try:
            return int(text) if self.kind == "int" else float(text)
        except ValueError:
            noun = "a whole number" if self.kind == "int" else "a number"
            raise InputError(f"{self.label}: expected {noun}, got {text[:40]!r}.") from None


class Settings(BaseModel):
    """Base of every nested `Config`: frozen, closed, without NaN, each field declared by `knob`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            _check_declared(cls, name, field)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Validate `values`. Raises InputError with one sentence where they cannot be used."""
        try:
            return cls(**values)
        except ValidationError as error:
            raise InputError(_sentence(cls, error)) from None


def knobs(config: type[Settings]) -> tuple[Knob, ...]:
    """The declared settings of a config class, in the order of their declaration."""
    return tuple(_knob(name, field) for name, field in config.model_fields.items())


def _knob(name: str, field: FieldInfo) -> Knob:
    kind, choices = _kind(field.annotation)
    bounds = {type(m).__name__: m for m in field.metadata}
    low = getattr(bounds.get("Ge"), "ge", None)
    high = getattr(bounds.get("Le"), "le", None)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    label = field.title or name.replace("_", " ").capitalize()
    log = bool(extra.get("log"))
    help_text = field.description or ""
    return Knob(name, label, help_text, kind, field.default, low, high, log, choices)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    if get_origin(annotation) is Literal:
        return "choice", tuple(str(value) for value in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        raise TypeError(f"a knob is one plain type, got {annotation}")
    if annotation is str:
        return "text", ()
    for kind in (bool, int, float):
        if annotation is kind:
            return kind.__name__, ()
    raise TypeError(f"a knob is bool, int, float, str or Literal, got {annotation}")


def _check_declared(cls: type[Settings], name: str, field: FieldInfo) -> None:
    where = f"{cls.__qualname__}.{name}"
    if field.is_required() or not field.description:
        raise TypeError(f"{where} needs a default and a sentence of help: declare it with knob()")
    declared = _knob(name, field)
    if declared.kind in ("int", "float") and (declared.low is None or declared.high is None):
        raise TypeError(f"{where} is a number without bounds")


def _sentence(cls: type[Settings], error: ValidationError) -> str:
    """The first problem of a ValidationError as one sentence."""
    problem = error.errors()[0]
    name = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        known = ", ".join(cls.model_fields)
        return f"There is no setting {name[:60]!r} here; the settings are: {known or 'none'}."
    if name not in cls.model_fields:
        return str(problem["msg"]).removeprefix("Value error, ")
    declared = _knob(name, cls.model_fields[name])
    given = repr(problem["input"])[:42]  # as Python writes it: control characters stay harmless
    if declared.kind == "choice":
        expected = "one of " + ", ".join(declared.choices)
    elif declared.kind == "bool":
        expected = "true or false"
    elif declared.kind == "text":
        expected = f"text of at most {LONGEST_TEXT} characters"
    else:
        noun = "a whole number" if declared.kind == "int" else "a number"
        expected = f"{noun} from {declared.low:g} to {declared.high:g}"
    return f"{declared.label} ({name}): expected {expected}, got {given}."
