"""What each figure of an evaluation says: for the page, the shell and the README."""

from __future__ import annotations

from typing import Literal, NamedTuple

Group = Literal["copies", "cleaning", "code", "factors", "likelihood"]


class Description(NamedTuple):
    """A measure in words.

    group: beside which others it stands; unit: what its values are in, nothing for plain numbers;
    better: whether higher or lower is better, nothing where neither is; digits: behind the point;
    meaning: one or two sentences on what it says and where it is blind.
    """

    title: str
    group: Group
    unit: str
    better: Literal["higher", "lower", ""]
    digits: int
    meaning: str

    def say(self, value: float) -> str:
        """A value with its unit, as a table shows it."""
        return f"{value:.{self.digits}f} {self.unit}".strip()


MEASURES = {
    "mse": Description(
        "MSE", "copies", "", "lower", 5,
        "Mean squared error over pixels, which cares for brightness and not for edges; of what is "
        "no image over its numbers, in standard deviations squared.",
    ),
    "explained_variance": Description(
        "Explained variance (R²)", "copies", "", "higher", 4,
        "The share of how samples differ that the copies keep: 1 is a perfect copy, 0 is no "
        "better than the average training sample each time. Columns that vary much count most.",
    ),
    "psnr": Description(
        "PSNR", "copies", "dB", "higher", 2,
        "The mean of the images' own peak signal-to-noise ratios; the MSE on a log scale.",
    ),
    "ssim": Description(
        "SSIM", "copies", "", "higher", 3,
        "Structural similarity: brightness, contrast and pattern in small windows; 1 is a copy. "
        "Images with a side below 11 pixels have another window, and below 7 none.",
    ),
    "bce_above_floor": Description(
        "BCE above its floor", "copies", "nats", "lower", 2,
        "Binary cross-entropy of an image minus what a perfect copy has; 0 is a copy.",
    ),
    "denoising_mse": Description(
        "MSE", "cleaning", "", "lower", 5,
        "The same from damaged input, against the clean image.",
    ),
    "denoising_psnr": Description(
        "PSNR", "cleaning", "dB", "higher", 2,
        "The same from damaged input, against the clean image.",
    ),
    "knn_accuracy": Description(
        "5-NN accuracy", "code", "", "higher", 3,
        "Share of images whose class the five nearest training codes vote for. Blind to scale: a "
        "code that collapsed almost to a point can still score well.",
    ),
    "linear_accuracy": Description(
        "Linear probe", "code", "", "higher", 3,
        "Accuracy of a logistic regression on standardised codes: what straight cuts tell apart.",
    ),
    "silhouette": Description(
        "Silhouette", "code", "", "higher", 3,
        "How far classes lie apart, from -1 to 1. Favours round clusters; says little of others.",
    ),
    "trustworthiness": Description(
        "Trustworthiness", "code", "", "higher", 3,
        "Whether the 5 nearest in the code were near as images; 1 is perfect, chance is 0.5.",
    ),
    "continuity": Description(
        "Continuity", "code", "", "higher", 3,
        "Whether the 5 nearest images stay near in the code; 1 is perfect. Most methods come close "
        "to 1, so it tells few apart.",
    ),
    "neighbourhood_area": Description(
        "Neighbourhood area", "code", "", "higher", 3,
        "Overlap of neighbourhoods of all sizes beyond chance, the area under R_NX over ln K; "
        "1 is perfect, 0 is chance. Only ranks count.",
    ),
    "distance_correlation": Description(
        "Distance correlation", "code", "", "higher", 3,
        "Spearman's correlation of pixel and code distances: the large-scale shape. Pixel "
        "distances are a poor guide to what images show.",
    ),
    "mig": Description(
        "MIG", "factors", "", "higher", 3,
        "Mutual information gap: how much more the best number of the code tells of a factor than "
        "the second best. A factor that is spread over two numbers counts as lost.",
    ),
    "sap": Description(
        "SAP", "factors", "", "higher", 3,
        "By how much the best number of the code predicts a factor better than the second best; "
        "noisy where all are poor.",
    ),
    "disentanglement": Description(
        "DCI disentanglement", "factors", "", "higher", 3,
        "Whether each number of the code matters for one factor only, by random forests of 20 "
        "trees; other forests give other figures.",
    ),
    "completeness": Description(
        "DCI completeness", "factors", "", "higher", 3,
        "Whether each factor needs one number of the code only, by the same forests.",
    ),
    "informativeness": Description(
        "DCI informativeness", "factors", "", "higher", 3,
        "How often the same forests predict the exact step of a factor; it says nothing of order.",
    ),
    "factor_vae_score": Description(
        "FactorVAE score", "factors", "", "higher", 3,
        "Where one factor is held still, whether the same number of the code holds still each "
        "time. Blind to a number that follows several factors a little.",
    ),
    "modularity": Description(
        "Modularity", "factors", "", "higher", 3,
        "Whether each number of the code knows one factor alone; it may know little of it.",
    ),
    "sparsity": Description(
        "Share of zeros", "code", "", "", 3,
        "Numbers of the code that are exactly 0; told where there are any.",
    ),
    "dead_units": Description(
        "Dead units", "code", "", "lower", 0,
        "Numbers of the code that are 0 in every image looked at; a rare one looks dead too.",
    ),
    "perplexity": Description(
        "Code book perplexity", "code", "", "higher", 1,
        "How many entries of the code book are in use, weighed by how often.",
    ),
    "elbo": Description(
        "ELBO", "likelihood", "nats", "higher", 2,
        "Lower bound on the log-likelihood of an image, with one draw. Comparable only between "
        "runs with the same loss and pixel noise; grey images have no normalised likelihood under "
        "cross-entropy.",
    ),
    "nll": Description(
        "NLL", "likelihood", "nats", "lower", 2,
        "Negative log-likelihood of an image by importance sampling, 200 draws: an upper bound, "
        "closer than -ELBO. The same limits.",
    ),
    "reconstruction_nats": Description(
        "Reconstruction", "likelihood", "nats", "lower", 2,
        "The part of -ELBO that copying badly costs.",
    ),
    "kl": Description(
        "KL", "likelihood", "nats", "", 2,
        "The part of -ELBO that the code costs: what it tells of an image. Near 0 it is collapsed.",
    ),
    "active_units": Description(
        "Active units", "likelihood", "", "higher", 0,
        "Axes of the code whose mean varies by more than 0.01 over images; the others are unused.",
    ),
}  # fmt: skip
"""By the name that `aecore.runs.evaluate` gives them, in the order in which they are shown."""
