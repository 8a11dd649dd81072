"""Published figures on MNIST beside ours: `python -m benchmarks.papers`.

Each file here is one paper's experiment. Full settings are run by hand and their table is kept in
`benchmarks/results/papers-DEVICE.json`; short ones (`--short`) run in tests/test_papers.py, on few
images and steps, against a range. A figure that we do not reach stands in the table as such.
"""
