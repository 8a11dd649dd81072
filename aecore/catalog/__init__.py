"""The catalogue: which runs exist, whose they are, who waits, who may look."""
