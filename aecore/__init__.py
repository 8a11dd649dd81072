"""Train autoencoders and look inside them: the package behind Autoencoder Lab.

In a script (run by tests/test_fitting.py):

    import aecore
    from aecore.datasets import from_array
    from aecore.intake import keep_python
    from sklearn.datasets import load_digits

    digits = load_digits()
    data = from_array(digits.images, digits.target, title="My digits")
    fitted = aecore.fit(data, "vae", latent_dim=2, epochs=5)
    z = fitted.encode(data.part("test"))  # codes of images that training never saw
    x_hat = fitted.decode(z)
    name = keep_python(data, "My digits")  # from now on among your data sets in the app
"""

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
