"""Jobs: who trains a run, and where."""
