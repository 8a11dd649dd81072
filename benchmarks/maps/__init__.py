"""How fast maps are drawn, beside umap-learn: `python -m benchmarks.maps [projections|page]`."""
