"""Metrics: how good a reconstruction is, and what plain methods reach on the same images."""

from aecore.metrics.pca import PcaBaseline, fit_pca
from aecore.metrics.reconstruction import mse_per_image, psnr_per_image

__all__ = ["PcaBaseline", "fit_pca", "mse_per_image", "psnr_per_image"]
