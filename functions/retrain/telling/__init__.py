"""Tells programs and people of what happened to a file."""
