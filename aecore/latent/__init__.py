"""What a code can tell: paths through it, directions in it, samples of it, what drives it."""
