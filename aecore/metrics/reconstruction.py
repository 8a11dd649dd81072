"""Distance between images and their reconstructions, one number an image.

MSE = mean over pixels and channels of (x_hat − x)², and PSNR = 10 · log10(R² / MSE) decibels with
data range R = 1 (pixels run from 0 to 1): an MSE of 0.01 is 20 dB. Binary cross-entropy is
−Σ (x log x_hat + (1 − x) log(1 − x_hat)) over pixels and channels.
"""

import torch
from torch import Tensor

from aecore.errors import InputError

HIGHEST_PSNR = 100.0
"""Decibels that stand for a perfect copy, whose true PSNR is infinite (MSE 1e-10 or less)."""
CLOSEST = 1e-7


def mse_per_image(x_hat: Tensor, x: Tensor) -> Tensor:
    """Mean squared error of each image: (n,) float64.

    x_hat is taken as it is, also where it leaves [0, 1].

    Args:
        x_hat, x: (n, ...) float of the same shape; x in [0, 1].

    Raises InputError where the shapes differ (they would broadcast into nonsense).
    """
    check_shapes(x_hat, x)
    # Doubled first: a diverged model may be so far off that float32 overflows when squared.
    return (x_hat.double() - x.double()).square().flatten(1).mean(1)


def psnr_per_image(x_hat: Tensor, x: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB, at most 100: (n,) float64.

    Average these over images; the PSNR of the average MSE is another, lower number. Arguments
    and errors as in `mse_per_image`.
    """
    return decibels(mse_per_image(x_hat, x))


def explained_variance(errors: Tensor, x: Tensor, mean: Tensor) -> dict[str, float]:
    """The share of how samples differ that their copies keep, R² = 1 − Σ |x_hat − x|² / Σ |x − m|².

    1 is a perfect copy, 0 is as good as giving back the average training sample m each time.

    Args:
        errors: (n,), what `mse_per_image` says of each; x: (n, C, H, W) float; mean: (C, H, W).

    Returns {"explained_variance": R²}; nothing where no sample differs from m.
    """
    around = float((x.double() - mean.double()).square().mean())
    return {"explained_variance": 1 - float(errors.mean()) / around} if around > 0 else {}


def bce_above_floor(x_hat: Tensor, x: Tensor) -> Tensor:
    """Binary cross-entropy minus what a perfect copy has, in nats: (n,) float64, 0 or more.

    Grey pixels have a cross-entropy even with themselves, H(x) = −x log x − (1 − x) log(1 − x).
    Without this floor the sum over pixels of KL(Bernoulli(x) || Bernoulli(x_hat)) is left: 0 for
    a perfect copy, and comparable between data sets. x_hat is kept 1e-7 away from 0 and 1, more
    than which float32 cannot tell from them: a pixel costs 16 nats at most.

    Args:
        x_hat, x: (n, …) float of the same shape, in [0, 1].

    Raises InputError where the shapes differ.
    """
    check_shapes(x_hat, x)
    p, whole = x_hat.double().clamp(CLOSEST, 1 - CLOSEST), x.double()
    ones = torch.xlogy(whole, whole) - torch.xlogy(whole, p)
    zeros = torch.xlogy(1 - whole, 1 - whole) - torch.xlogy(1 - whole, 1 - p)
    return (ones + zeros).flatten(1).sum(1)


def check_shapes(x_hat: Tensor, x: Tensor) -> None:
    """Raises InputError where there is not one reconstruction for each image."""
    if x_hat.shape != x.shape:
        raise InputError(
            f"Images of shape {tuple(x.shape)} cannot be compared with {tuple(x_hat.shape)}; "
            "give one reconstruction for each image."
        )


def decibels(mse: Tensor) -> Tensor:
    """PSNR of mean squared errors, for images in [0, 1]; no error at all counts as 100 dB."""
    return mse.clamp_min(10 ** (-HIGHEST_PSNR / 10)).log10().mul(-10)
