"""Runs the project on one machine: the stand-in of Prediction One, and the whole stack."""
