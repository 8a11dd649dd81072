"""The command line, one idea a file: it reads flags and shows results, and knows nothing more."""
