"""Train autoencoders and look inside them: the package behind Autoencoder Lab."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aecore.fitting import Fitted, fit

__version__ = "0.1.0"
__all__ = ["Fitted", "fit"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from aecore import fitting  # slow to import

        return getattr(fitting, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
