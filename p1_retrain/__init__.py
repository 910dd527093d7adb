"""The command line for whoever operates a stack: what is wrong with a file, and what to do about it."""
