"""Finds landed files whose event never came, and sends them like any other."""
