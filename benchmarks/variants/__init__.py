"""Our variants beside pythae's of the same names: `python -m benchmarks.variants`.

Both get the same layers with the same first weights, the same images, batch size, number of steps,
optimiser and learning rate, one processor thread each, by turns. Before a pair is trained, both
sides' gradients of one batch are compared, so that what is compared is one and the same loss. A
thing that is not reached stands in the table as such.
"""
