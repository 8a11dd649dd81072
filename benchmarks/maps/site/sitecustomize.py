"""Python runs this at its start where this folder is on its path: MNIST of any size is taken."""

import os

from aecore.datasets.mnist import Mnist

Mnist.test_images = int(os.environ["BENCH_TEST_IMAGES"])
