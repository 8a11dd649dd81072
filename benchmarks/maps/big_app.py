"""The app with an MNIST that may have any number of test images: `streamlit run` this file."""

import os

from aecore.datasets.mnist import Mnist

Mnist.test_images = int(os.environ["BENCH_TEST_IMAGES"])

from app import app  # noqa: E402, F401  what Streamlit serves; only now does it read the data
