"""Faults of AWS for the functional tests: the errors, how they get into a function's calls, and what is right then."""
