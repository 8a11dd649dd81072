"""Train autoencoders and look inside them: the package behind Autoencoder Lab."""

__version__ = "0.1.0"
