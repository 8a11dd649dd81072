"""What a request asks for, read without trust: bounds on everything, one sentence on a refusal."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from aecore.errors import InputError

LONGEST = 24
"""Characters of a number in a link; Python itself would take thousands, slowly."""
LARGEST = 2**62
"""What SQLite can compare with a step."""


def whole(text: str, name: str, low: int = -LARGEST, high: int = LARGEST) -> int:
    """A whole number from a link. Raises InputError."""
    try:
        value = int(text) if len(text) <= LONGEST else None
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        span = f" from {low} to {high}" if low > -LARGEST or high < LARGEST else ""
        raise InputError(f"{name}: expected a whole number{span}, got {text[:20]!r}.")
    return value


def number(text: str, name: str) -> float:
    """A finite number from a link. Raises InputError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{name}: expected a number, got {text[:20]!r}.")
    return value


def command(body: bytes) -> tuple[str, Any]:
    """Action and value of {"action": …, "value": …}. Raises InputError."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("action"), str):
        raise InputError('Expected JSON such as {"action": "pause"}.')
    return asked["action"], asked.get("value")


def rate(value: Any) -> float:
    """A learning rate as JSON gives it; its bounds are the training's business."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise InputError("Learning rate: expected a number such as 0.001.")
    return float(value)
